//! The chain that proves a journal whole, against figures computed by other means.

use chrono::DateTime;
use keeptill_domain::{DeviceSeq, Money, Sale, Tender, TenderType};
use keeptill_sync::journal::{FIRST_PREV_HASH, append_sale, chain_hash, content_hash};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn sale(number: u128, total: i64) -> Sale {
    Sale {
        client_id: Uuid::from_u128(number).into(),
        receipt_number: None,
        shift_id: None,
        cashier_id: None,
        offline_created_at: Some(DateTime::UNIX_EPOCH),
        currency: None,
        prices_include_tax: None,
        items: Vec::new(),
        tenders: vec![Tender {
            kind: TenderType::cash(),
            amount_minor: Money(total),
            change_minor: Money(0),
            reference: None,
        }],
        net_minor: Money(total),
        tax_minor: Money(0),
        total_minor: Money(total),
        cash_rounding_minor: None,
        tip_minor: None,
    }
}

/// `printf '%064d{"a":1.5,"prevHash":"%064d","type":"sale"}' 0 0 | sha256sum`
#[test]
fn the_hash_is_taken_over_the_previous_hash_and_the_canonical_event() {
    let event = json!({"type": "sale", "a": 1.50, "prevHash": FIRST_PREV_HASH, "hash": "ignored"});
    assert_eq!(chain_hash(&event).unwrap(), "bec571a50ce0223cf9c810e41f173876b509ec3bac26f863d81e6cbe1f7a0fcf");
}

#[test]
fn entries_follow_each_other_without_a_gap() {
    let first = append_sale(&sale(1, 100), None, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(first.device_seq, DeviceSeq::FIRST);
    assert_eq!(first.event["prevHash"], FIRST_PREV_HASH);
    let second = append_sale(&sale(2, 100), Some((first.device_seq, &first.hash)), DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(second.device_seq, DeviceSeq(2));
    assert_eq!(second.event["prevHash"], first.hash);
    assert_eq!(chain_hash(&second.event).unwrap(), second.hash);
    assert_eq!(second.sale().unwrap(), sale(2, 100));
}

#[test]
fn content_is_the_same_whatever_the_order_the_spelling_and_the_empty_fields() {
    let one: Value = serde_json::from_str(r#"{"b": 2.0, "a": {"x": null, "y": [1, null]}}"#).unwrap();
    let other: Value = serde_json::from_str(r#"{"a": {"y": [1.0, null]}, "b": 2, "c": null}"#).unwrap();
    assert_eq!(content_hash(&one).unwrap(), content_hash(&other).unwrap());
    let different: Value = serde_json::from_str(r#"{"a": {"y": [1]}, "b": 2}"#).unwrap();
    assert_ne!(content_hash(&one).unwrap(), content_hash(&different).unwrap());
}

#[test]
fn what_is_no_object_has_no_hash() {
    for value in [json!(1), json!([]), json!(null), json!("x")] {
        assert!(chain_hash(&value).is_err() && content_hash(&value).is_err());
    }
}

proptest! {
    #[test]
    fn a_change_anywhere_breaks_the_chain(total in 1_i64..1_000_000, other in 1_i64..1_000_000) {
        prop_assume!(total != other);
        let entry = append_sale(&sale(1, total), None, DateTime::UNIX_EPOCH).unwrap();
        let mut forged = entry.event.clone();
        forged["totalMinor"] = other.into();
        prop_assert_ne!(chain_hash(&forged).unwrap(), entry.hash);
    }

    #[test]
    fn an_entry_survives_being_stored(total in 0_i64..1_000_000) {
        let entry = append_sale(&sale(1, total), None, DateTime::UNIX_EPOCH).unwrap();
        let stored = serde_json::to_string(&entry).unwrap();
        let read: keeptill_sync::journal::JournalEntry = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(chain_hash(&read.event).unwrap(), entry.hash);
    }
}

//! The journal's numbers and hashes, as the server watches them.

use crate::{harness::TestServer, selling::*};
use serde_json::{Value, json};

#[tokio::test]
async fn an_unbroken_chain_verifies_in_any_order() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 100).await;
    let mut journal = Journal::new();
    let made: Vec<Value> = (0..6).map(|_| journal.append(&sale(&[(&oats, 260, 1)]))).collect();

    for (push, acked, missing) in [(&made[3..5], 0, json!([1, 2, 3])), (&made[0..1], 1, json!([2, 3]))] {
        let (_, answer) = till.push(json!({"events": push})).await;
        assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(acked), &missing), "{answer}");
        assert!(answer["results"].as_array().unwrap().iter().all(|result| result["status"] == "synced"), "{answer}");
    }
    let (_, status) = till.get("/api/sync/status").await;
    assert_eq!((&status["ackedSeq"], &status["missingSeqs"]), (&json!(1), &json!([2, 3])));
    let (_, answer) = till.push(json!({"events": [made[2], made[1], made[5], made[0]]})).await;
    assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(6), &json!([])));
    assert!(answer["results"].as_array().unwrap().iter().all(|result| result["status"] == "synced"), "{answer}");
}

#[tokio::test]
async fn a_push_without_events_tells_up_to_where_the_journal_is_here() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 100).await;
    let (_, nothing) = till.push(json!({"events": []})).await;
    assert_eq!(
        (&nothing["ackedSeq"], &nothing["missingSeqs"], &nothing["results"]),
        (&json!(0), &json!([]), &json!([]))
    );
    assert_eq!(nothing.get("ackedHash").unwrap_or(&Value::Null), &Value::Null, "{nothing}");

    let mut journal = Journal::new();
    let made: Vec<Value> = (0..4).map(|_| journal.append(&sale(&[(&oats, 260, 1)]))).collect();
    till.push(json!({"events": [made[0], made[1], made[3]]})).await;
    let (_, answer) = till.push(json!({"events": []})).await;
    assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(2), &json!([3])));
    assert_eq!(answer["ackedHash"], made[1]["hash"]);
    let (_, pulled) = till.pull(json!({"collections": ["settings"]})).await;
    assert_eq!(answer["epoch"], pulled["epoch"]);
}

#[tokio::test]
async fn a_link_that_does_not_follow_is_marked_and_its_stock_moves() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 100).await;
    let one = || sale(&[(&oats, 260, 1)]);

    let till = shop.device("changed after it was hashed").await;
    let mut journal = Journal::new();
    let tampered = with(&journal.append(&one()), json!({"receiptNumber": "T1-000009"}));
    assert_broken(&till.push(json!({"events": [tampered]})).await.1["results"][0]);

    let till = shop.device("begins elsewhere").await;
    let mut journal = Journal { seq: 0, hash: "a".repeat(64) };
    assert_broken(&till.push(json!({"events": [journal.append(&one())]})).await.1["results"][0]);

    let till = shop.device("follows another").await;
    let mut journal = Journal::new();
    let first = journal.append(&one());
    journal.hash = "b".repeat(64);
    let (_, answer) = till.push(json!({"events": [first, journal.append(&one())]})).await;
    assert_eq!(answer["results"][0]["status"], json!("synced"));
    assert_broken(&answer["results"][1]);

    let till = shop.device("comes after its follower").await;
    let mut journal = Journal::new();
    let first = journal.append(&one());
    journal.hash = "c".repeat(64);
    let second = journal.append(&one());
    let (_, answer) = till.push(json!({"events": [second]})).await;
    assert_eq!(answer["results"][0]["status"], json!("synced"), "no verdict while the first is missing");
    assert_broken(&till.push(json!({"events": [first]})).await.1["results"][0]);

    let till = shop.device("has no hash to follow").await;
    let hashed = with(&event(&one()), json!({"deviceSeq": 1, "hash": "d".repeat(64)}));
    assert_broken(&till.push(json!({"events": [hashed]})).await.1["results"][0]);
    assert_eq!(on_hand(&shop, &oats).await, 93.0, "all of them moved");
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_number_used_twice_keeps_both_sales() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    let numbered = |seq: i64| with(&event(&sale(&[(&oats, 260, 1)])), json!({"deviceSeq": seq}));
    let (_, answer) = till.push(json!({"events": [numbered(1), numbered(2)]})).await;
    assert_eq!(answer["ackedSeq"], json!(2));
    let (_, answer) = till.push(json!({"events": [numbered(2)]})).await;
    assert_broken(&answer["results"][0]);
    assert_eq!(answer["ackedSeq"], json!(2));
    assert_eq!(on_hand(&shop, &oats).await, 7.0);
    let other = shop.device("Till 2").await;
    let (_, answer) = other.push(json!({"events": [numbered(1)]})).await;
    assert_eq!(answer["results"][0]["status"], json!("synced"), "numbers are each device's own");
}

#[tokio::test]
async fn a_number_that_is_none_is_marked_and_huge_gaps_are_named_in_part() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 10).await;
    let numbered = |seq: Value| with(&event(&sale(&[(&oats, 260, 1)])), json!({"deviceSeq": seq}));
    for seq in [json!(0), json!(-1), json!("1"), json!(1.5), json!((1_i64 << 53) + 1)] {
        let (_, answer) = till.push(json!({"events": [numbered(seq)]})).await;
        assert_broken(&answer["results"][0]);
        assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(0), &json!([])));
    }
    let (_, answer) = till.push(json!({"events": [numbered(json!(1)), numbered(json!(1_i64 << 53))]})).await;
    assert_eq!(answer["results"][1]["status"], json!("synced"), "{answer}");
    let missing = answer["missingSeqs"].as_array().unwrap();
    assert_eq!((missing.len(), &missing[0], &missing[999]), (1_000, &json!(2), &json!(1_001)));
    assert_eq!(answer["ackedSeq"], json!(1));
}

#[track_caller]
fn assert_broken(result: &Value) {
    assert_eq!(result["status"], json!("conflict"), "{result}");
    assert_eq!(reasons(result), ["chain_broken"], "{result}");
    assert!(result["conflicts"][0]["detail"].is_string(), "{result}");
}

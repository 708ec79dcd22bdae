//! A sale's figures always agree, and a sale whose figures don't is always noticed.

use chrono::DateTime;
use keeptill_domain::{
    Cart, CartLine, Currency, Money, Ppm, Quantity, Sale, Tender, TenderType, cart::Payment, sale::InvalidTotals,
};
use proptest::prelude::*;
use uuid::Uuid;

fn line() -> impl Strategy<Value = CartLine> {
    (1_i64..50_000, 0_i64..1_000_000, 0_u32..300_000, 0_u8..=100).prop_map(|(milli, price, rate, discount)| {
        let mut line = CartLine {
            product_id: Uuid::from_u128(u128::from(rate)).into(),
            name: "Flat white".into(),
            sku: None,
            category_id: None,
            unit: "each".into(),
            quantity: Quantity::from_milli(milli),
            unit_price: Money(price),
            discount: Money::ZERO,
            tax_rate: Ppm(rate),
            catalog_version: 1,
            stock_seen: None,
        };
        line.discount = Money(line.amount().0 * i64::from(discount) / 100);
        line
    })
}

fn paid(lines: Vec<CartLine>, prices_include_tax: bool, given: i64) -> Sale {
    let cart = Cart { id: None, lines };
    let total = cart.totals(prices_include_tax).total;
    let tender = Tender {
        kind: TenderType::cash(),
        amount_minor: total + Money(given),
        change_minor: Money(given),
        reference: None,
    };
    cart.pay(Payment {
        client_id: Uuid::from_u128(1).into(),
        receipt_number: "T1-000001".into(),
        shift_id: None,
        cashier_id: None,
        at: DateTime::UNIX_EPOCH,
        currency: Currency::EUR,
        prices_include_tax,
        tenders: vec![tender],
    })
}

proptest! {
    #[test]
    fn a_paid_cart_always_adds_up(lines in prop::collection::vec(line(), 1..20), included: bool, given in 0_i64..10_000) {
        let sale = paid(lines.clone(), included, given);
        prop_assert_eq!(sale.check_totals(Currency::EUR, !included), Ok(()));
        prop_assert_eq!(sale.net_minor + sale.tax_minor, sale.total_minor);
        let by_rate: Money = Cart { id: None, lines }.tax_by_rate(included).into_iter().map(|(_, tax)| tax).sum();
        prop_assert_eq!(by_rate, sale.tax_minor);
    }

    #[test]
    fn a_wrong_total_is_always_noticed(lines in prop::collection::vec(line(), 1..5), included: bool, by in 1_i64..1000) {
        let sale = paid(lines, included, 0);
        let mut wrong = sale.clone();
        wrong.total_minor += Money(by);
        prop_assert_eq!(wrong.check_totals(Currency::EUR, included), Err(InvalidTotals::Sum));
        let mut wrong = sale.clone();
        wrong.items[0].total_minor += Money(by);
        prop_assert!(wrong.check_totals(Currency::EUR, included).is_err());
        let mut wrong = sale;
        wrong.tenders[0].change_minor += Money(by);
        prop_assert_eq!(wrong.check_totals(Currency::EUR, included), Err(InvalidTotals::Tenders));
    }

    /// CONTRACT.md gives a client's line tax one minor unit of grace, and not two.
    #[test]
    fn line_tax_may_be_one_unit_off_and_not_two(one_line in line(), up: bool) {
        let sale = paid(vec![one_line], true, 0);
        let nudge = |by: i64| {
            let mut nudged = sale.clone();
            let by = Money(if up { by } else { -by });
            nudged.items[0].tax_minor += by;
            nudged.tax_minor += by;
            nudged.net_minor = nudged.net_minor - by;
            nudged.check_totals(Currency::EUR, true)
        };
        prop_assert_eq!(nudge(1), Ok(()));
        prop_assert_eq!(nudge(2), Err(InvalidTotals::LineTax(0)));
    }

    #[test]
    fn a_sale_survives_the_wire(lines in prop::collection::vec(line(), 1..5), included: bool) {
        let sale = paid(lines, included, 5);
        let wire = serde_json::to_string(&sale).unwrap();
        prop_assert_eq!(serde_json::from_str::<Sale>(&wire).unwrap(), sale);
    }
}

#[test]
fn another_currency_and_an_empty_sale_are_noticed() {
    let mut sale = paid(Vec::new(), true, 0);
    assert_eq!(sale.check_totals(Currency::EUR, true), Err(InvalidTotals::NoItems));
    sale = serde_json::from_value(contract_example()).unwrap();
    assert_eq!(sale.check_totals(Currency::EUR, true), Ok(()));
    assert_eq!(sale.check_totals("USD".parse().unwrap(), true), Err(InvalidTotals::Currency));
}

/// The sale printed in CONTRACT.md, its dots filled in.
fn contract_example() -> serde_json::Value {
    serde_json::json!({
        "clientId": Uuid::from_u128(7), "deviceSeq": 41, "receiptNumber": "T3-000041",
        "offlineCreatedAt": "2026-11-22T13:02:00Z", "currency": "EUR",
        "items": [{ "productId": Uuid::from_u128(8), "name": "Flat white", "quantity": 2, "unitPriceMinor": 350,
                    "catalogVersion": 918, "discountMinor": 0, "taxRatePpm": 190_000, "taxMinor": 112, "totalMinor": 700 }],
        "tenders": [{ "type": "cash", "amountMinor": 1000, "changeMinor": 300 }],
        "netMinor": 588, "taxMinor": 112, "totalMinor": 700
    })
}

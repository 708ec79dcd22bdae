use super::*;
use crate::{
    journal::append_sale,
    pull::{PullPosition, PullStep, read_answer},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{Epoch, LineItem, Money, Ppm, Sale, Unit};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const AT: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn id(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

fn product(number: u32, name: &str) -> Product {
    Product {
        id: ProductId(id(number)),
        name: name.into(),
        sku: None,
        barcode: None,
        category_id: None,
        tax_id: None,
        price_minor: Money(100),
        unit: Unit::each(),
        track_stock: true,
        image_url: None,
        archived: false,
        sync_version: 1,
        last_modified: AT,
    }
}

fn on_hand(number: u32, units: i32) -> StockLevel {
    let on_hand = Quantity::from_units(units);
    StockLevel { product_id: ProductId(id(number)), on_hand, sync_version: 1, last_modified: AT }
}

fn answer(products: Vec<Product>, stock: Vec<StockLevel>, deleted: Vec<Uuid>) -> PullResponse {
    PullResponse {
        epoch: Epoch(Uuid::nil()),
        cursor: "next".into(),
        server_time: AT,
        has_more: false,
        must_resync: false,
        products: Some(products),
        categories: None,
        taxes: None,
        staff: None,
        settings: None,
        stock: Some(stock),
        deleted_ids: DeletedIds { products: Some(deleted), ..DeletedIds::default() },
    }
}

fn page(answer: PullResponse, generation: u32, sweep: bool) -> Page {
    let from = PullPosition::default();
    Page { answer, from, position: PullPosition { generation, ..PullPosition::default() }, sweep }
}

fn sold(client: u32, product: u32, units: i32) -> JournalEntry {
    let item = LineItem {
        product_id: ProductId(id(product)),
        name: None,
        sku: None,
        category_id: None,
        quantity: Quantity::from_units(units),
        unit_price_minor: Money(100),
        catalog_version: None,
        discount_minor: Money::ZERO,
        tax_rate_ppm: Ppm(0),
        tax_minor: Money::ZERO,
        total_minor: Money(100),
        stock_seen: None,
    };
    let sale = Sale {
        client_id: ClientId(id(client)),
        receipt_number: None,
        shift_id: None,
        cashier_id: None,
        offline_created_at: None,
        currency: None,
        prices_include_tax: None,
        items: vec![item],
        tenders: vec![],
        net_minor: Money(100),
        tax_minor: Money::ZERO,
        total_minor: Money(100),
        cash_rounding_minor: None,
        tip_minor: None,
    };
    append_sale(&sale, None, AT).expect("an entry")
}

#[test]
fn a_product_that_comes_back_still_has_its_stock() {
    let mut rows = CatalogueRows::default();
    rows.apply(page(answer(vec![product(1, "Tea"), product(2, "Milk")], vec![on_hand(1, 5)], vec![]), 1, true));
    rows.apply(page(answer(vec![], vec![], vec![id(1)]), 1, false));
    let names = |rows: &CatalogueRows| -> Vec<String> {
        rows.picture(&Sold::default()).products.iter().map(|product| product.name.clone()).collect()
    };
    assert_eq!(names(&rows), ["Milk"]);
    // A sale of it that moves no stock: it waits for a manager.
    rows.apply(page(answer(vec![product(1, "Tea")], vec![], vec![]), 1, false));
    assert_eq!(names(&rows), ["Milk", "Tea"]);
    assert_eq!(rows.stock(&Sold::default()).get(&ProductId(id(1))), Some(&Quantity::from_units(5)));
}

#[test]
fn stock_shown_is_what_was_pulled_less_what_was_sold_since() {
    let mut rows = CatalogueRows::default();
    rows.apply(page(answer(vec![product(1, "Tea")], vec![on_hand(1, 5)], vec![]), 1, true));
    let tea = ProductId(id(1));
    let shown = |rows: &CatalogueRows, sold: &Sold| rows.stock(sold).get(&tea).copied();

    let mut sales = Sold::default();
    sales.add(&sold(7, 1, 2));
    sales.add(&sold(8, 2, 1));
    assert_eq!(shown(&rows, &sales), Some(Quantity::from_units(3)));
    // Sent, but the pulled figure is still the old one.
    sales.sent(ClientId(id(7)));
    assert_eq!(shown(&rows, &sales), Some(Quantity::from_units(3)));
    rows.apply(page(answer(vec![], vec![on_hand(1, 3)], vec![]), 1, false));
    sales.settled();
    assert_eq!(shown(&rows, &sales), Some(Quantity::from_units(3)));
    assert_eq!(rows.stock(&sales).len(), 1, "what has no figure gets none");
}

#[test]
fn entries_that_another_tab_sent_count_until_the_next_pull() {
    let mut rows = CatalogueRows::default();
    rows.apply(page(answer(vec![product(1, "Tea")], vec![on_hand(1, 5)], vec![]), 1, true));
    let (first, second) = (sold(7, 1, 2), sold(8, 1, 1));
    let mut sales = Sold::default();
    sales.replace([&first, &second].into_iter());
    sales.replace([&second].into_iter());
    let tea = ProductId(id(1));
    assert_eq!(rows.stock(&sales)[&tea], Quantity::from_units(2));
    sales.settled();
    assert_eq!(rows.stock(&sales)[&tea], Quantity::from_units(4));
}

proptest! {
    /// Whatever pages come, pulled from nothing or as changes, the rows at the end are the server's.
    #[test]
    fn following_the_pages_gives_the_rows_that_stand(
        steps in prop::collection::vec((prop::collection::vec((0..12_u32, any::<bool>()), 0..6), any::<bool>()), 1..12),
    ) {
        let mut server: BTreeMap<u32, String> = BTreeMap::new();
        let mut rows = CatalogueRows::default();
        let mut position = PullPosition::default().begin();
        for (step, (changes, restored)) in steps.into_iter().enumerate() {
            let name = |number: u32| format!("{number} of step {step}");
            let mut changed = BTreeMap::new();
            for (number, stays) in changes {
                changed.insert(number, stays);
                if stays { server.insert(number, name(number)); } else { server.remove(&number); }
            }
            let from_nothing = restored || position.full;
            if restored {
                position = position.start_over();
            }
            let products = server
                .iter()
                .filter(|(number, _)| from_nothing || changed.get(number) == Some(&true))
                .map(|(number, name)| product(*number, name))
                .collect();
            let deleted = changed.iter().filter(|(_, stays)| !**stays && !from_nothing).map(|(n, _)| id(*n)).collect();
            let PullStep::Store(page) = read_answer(&position, answer(products, vec![], deleted)) else {
                panic!("a page");
            };
            position = page.position.clone();
            rows.apply(*page);
            let mut have: Vec<_> =
                rows.picture(&Sold::default()).products.iter().map(|product| product.name.clone()).collect();
            let mut stand: Vec<_> = server.values().cloned().collect();
            have.sort();
            stand.sort();
            prop_assert_eq!(have, stand);
        }
    }
}

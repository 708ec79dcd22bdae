//! Pushes at the same moment: nothing recorded twice, nothing sold that was not there, nobody stuck.

use crate::{
    harness::TestServer,
    selling::{self, *},
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashMap;

/// As many connections as CONTRACT.md's promise is tried with.
const AT_ONCE: usize = 16;
/// More than the server has connections to its database.
const MANY_AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_push_on_sixteen_connections_is_recorded_once() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 100).await;
    let haircut = shop.product(json!({"name": "Haircut", "priceMinor": 2500, "trackStock": false})).await;
    let haircut = haircut["id"].as_str().unwrap();
    for by_manager in [false, true] {
        // Sales that share no stock with each other have nothing but their names to wait for.
        for lines in [vec![(oats.as_str(), 260, 2)], vec![(haircut, 2500, 1)]] {
            let body = events(&[sale(&lines), sale(&lines), sale(&lines)]);
            let answers = at_once(AT_ONCE, |_| {
                let (shop, till, body) = (shop.clone(), till.clone(), body.clone());
                async move { if by_manager { shop.post("/api/sync/push", body).await } else { till.push(body).await } }
            })
            .await;
            for place in 0..3 {
                let results: Vec<&Value> = answers.iter().map(|(_, answer)| &answer["results"][place]).collect();
                let first = results.iter().filter(|result| result["duplicate"] == json!(false)).count();
                assert_eq!(first, 1, "{answers:?}");
                assert!(results.iter().all(|result| result["saleId"] == results[0]["saleId"]));
            }
        }
    }
    assert_eq!(count(&server, "select count(*) from sales").await, 12);
    assert_eq!(on_hand(&shop, &oats).await, 88.0);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_tills_racing_for_ten_items_sell_exactly_ten() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (oats, tea) = (stocked(&shop, 260, 10).await, stocked(&shop, 120, 1_000).await);
    let mut tills = Vec::new();
    for number in 0..AT_ONCE {
        tills.push(shop.device(&format!("Till {number}")).await);
    }
    let answers = at_once(AT_ONCE, |number| {
        let (till, oats, tea) = (tills[number].clone(), oats.clone(), tea.clone());
        async move { till.push(events(&[sale(&[(&tea, 120, 1)]), sale(&[(&tea, 120, 1), (&oats, 260, 1)])])).await }
    })
    .await;
    let sold = answers.iter().filter(|(_, answer)| answer["results"][1]["status"] == "synced").count();
    assert_eq!(sold, 10, "{answers:?}");
    assert!(answers.iter().all(|(_, answer)| answer["results"][0]["status"] == "synced"));
    let waiting = answers.iter().filter(|(_, answer)| answer["results"][1]["conflicts"][0]["available"] == 0).count();
    assert_eq!(waiting, 6);
    assert_eq!((on_hand(&shop, &oats).await, on_hand(&shop, &tea).await), (0.0, 974.0));
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pushes_that_want_the_same_things_in_other_orders_all_get_through() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let mut products = Vec::new();
    for _ in 0..6 {
        products.push(stocked(&shop, 100, 10_000).await);
    }
    let shared: Vec<Value> = (0..6).map(|place| sale(&[(&products[place], 100, 1)])).collect();
    let answers = at_once(AT_ONCE, |number| {
        let (shop, products, mut sales) = (shop.clone(), products.clone(), shared.clone());
        async move {
            let mut lines: Vec<Line<'_>> = products.iter().map(|product| (product.as_str(), 100, 1)).collect();
            if number % 2 == 0 {
                lines.reverse();
                sales.reverse();
            }
            lines.rotate_left(number % 6);
            sales.push(sale(&lines));
            shop.post("/api/sync/push", events(&sales)).await
        }
    })
    .await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK), "{answers:?}");
    assert_eq!(count(&server, "select count(*) from sales where sync_status = 'synced'").await, 22);
    for product in &products {
        assert_eq!(on_hand(&shop, product).await, 9_983.0);
    }
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

/// Every batch shares half of its sales with the one before and half with the one after.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_connections_with_overlapping_batches_record_each_sale_once() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let mut products = Vec::new();
    for _ in 0..4 {
        products.push(stocked(&shop, 100, 10_000).await);
    }
    let scarce = stocked(&shop, 100, 50).await;
    let mut tills = Vec::new();
    for number in 0..4 {
        tills.push(shop.device(&format!("Till {number}")).await);
    }
    // Of each four sales in a row, one wants what there is too little of.
    let sales: Vec<Value> = (0..MANY_AT_ONCE * 2 + 2)
        .map(|place| {
            let other = if place % 4 == 0 { &scarce } else { &products[(place + 1) % 4] };
            sale(&[(&products[place % 4], 100, 1), (other, 100, 2)])
        })
        .collect();
    let answers = at_once(MANY_AT_ONCE, |number| {
        let (till, mut batch) = (tills[number % 4].clone(), sales[number * 2..number * 2 + 4].to_vec());
        if number % 2 == 0 {
            batch.reverse();
        }
        async move { till.push(events(&batch)).await }
    })
    .await;
    let mut firsts = 0;
    let mut outcomes: HashMap<String, Value> = HashMap::new();
    for (status, answer) in &answers {
        assert_eq!(*status, StatusCode::OK, "{answer}");
        for result in answer["results"].as_array().unwrap() {
            firsts += usize::from(result["duplicate"] == json!(false));
            let said = json!([result["status"], result["saleId"], result["conflicts"]]);
            let id = result["clientId"].as_str().unwrap().to_owned();
            assert_eq!(outcomes.entry(id).or_insert_with(|| said.clone()), &said);
        }
    }
    assert_eq!((firsts, outcomes.len()), (sales.len(), sales.len()));
    assert_eq!(count(&server, "select count(*) from sales").await, sales.len() as i64);
    let moved = count(&server, "select count(*) from sales where stock_moved").await;
    // 33 sales want two each of fifty.
    assert_eq!(moved, sales.len() as i64 - 8);
    assert_eq!(on_hand(&shop, &scarce).await, 0.0);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_contents_under_one_name_at_once_are_all_kept() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 100).await;
    let name = new_id();
    let contents: Vec<Value> =
        (1..=4).map(|quantity| with(&sale(&[(&oats, 260, quantity)]), json!({"clientId": name}))).collect();
    let answers = at_once(AT_ONCE, |number| {
        let (shop, sale) = (shop.clone(), contents[number % 4].clone());
        async move { shop.post("/api/sync/push", events(&[sale])).await }
    })
    .await;
    let results: Vec<&Value> = answers.iter().map(|(_, answer)| &answer["results"][0]).collect();
    assert_eq!(results.iter().filter(|result| result["duplicate"] == json!(false)).count(), 4, "{results:?}");
    assert_eq!(
        results.iter().filter(|result| result["status"] == json!("synced")).count(),
        4,
        "one content, four times"
    );
    assert_eq!(count(&server, "select count(*) from sales").await, 4);
    assert_eq!(count(&server, "select max(copy)::bigint from sales").await, 3);
    assert_eq!(count(&server, "select count(*) from stock_movements where reason = 'sale'").await, 1);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_decision_taken_on_many_connections_is_taken_once() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 1).await;
    let sold = sale(&[(&oats, 260, 3)]);
    push_one(&shop, &sold).await;
    let path = format!("/api/sync/resolve/{}", sold["clientId"].as_str().unwrap());
    let answers = at_once(AT_ONCE, |number| {
        let (shop, path) = (shop.clone(), path.clone());
        let action = if number % 2 == 0 { "accept" } else { "void" };
        async move { shop.post(&path, json!({"action": action, "note": "counted"})).await }
    })
    .await;
    let done = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
    let refused = answers.iter().filter(|(status, _)| *status == StatusCode::CONFLICT).count();
    assert_eq!((done, refused), (AT_ONCE / 2, AT_ONCE / 2), "{answers:?}");
    assert_eq!(count(&server, "select count(*) from audit_log where action = 'sale.resolve'").await, 1);
    assert!([-2.0, 1.0].contains(&on_hand(&shop, &oats).await));
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

/// Batches drawn at random, replays among them, pushed one after the other and judged by a model of ten lines.
#[tokio::test]
async fn random_batches_agree_with_a_model() {
    let seed = std::env::var("KEEPTILL_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| u64::from_be_bytes(uuid::Uuid::new_v4().as_bytes()[..8].try_into().unwrap()));
    println!("KEEPTILL_SEED={seed}");
    let mut random = Random(seed);
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let mut shelves: HashMap<String, i64> = HashMap::new();
    let mut products = Vec::new();
    for _ in 0..5 {
        let on_hand = random.below(40);
        let product = stocked(&shop, 100, on_hand).await;
        shelves.insert(product.clone(), on_hand);
        products.push(product);
    }
    let mut known: Vec<(Value, &str)> = Vec::new();
    for _ in 0..12 {
        let mut batch = Vec::new();
        let mut expected = Vec::new();
        for _ in 0..random.below(9) {
            if !known.is_empty() && random.below(3) == 0 {
                let (sale, status) = &known[random.below(known.len() as i64) as usize];
                batch.push(sale.clone());
                expected.push((*status, true));
                continue;
            }
            let lines: Vec<Line<'_>> = (0..1 + random.below(4))
                .map(|_| (products[random.below(5) as usize].as_str(), 100, 1 + random.below(3)))
                .collect();
            let mut asked: HashMap<&str, i64> = HashMap::new();
            for (product, _, quantity) in &lines {
                *asked.entry(product).or_default() += quantity;
            }
            let fits = asked.iter().all(|(product, quantity)| shelves[*product] >= *quantity);
            if fits {
                asked.iter().for_each(|(product, quantity)| *shelves.get_mut(*product).unwrap() -= quantity);
            }
            let status = if fits { "synced" } else { "conflict" };
            let sale = selling::sale(&lines);
            known.push((sale.clone(), status));
            batch.push(sale);
            expected.push((status, false));
        }
        let results = results(&shop, events(&batch)).await;
        let got: Vec<(&str, bool)> = results
            .iter()
            .map(|result| (result["status"].as_str().unwrap(), result["duplicate"].as_bool().unwrap()))
            .collect();
        assert_eq!(got, expected, "KEEPTILL_SEED={seed}");
    }
    for (product, left) in &shelves {
        assert_eq!(on_hand(&shop, product).await, *left as f64, "KEEPTILL_SEED={seed}");
    }
    assert_eq!(count(&server, "select count(*) from sales").await, known.len() as i64);
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

/// splitmix64: enough to draw a test from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as i64
    }
}

/// Starts `count` requests at the same moment and waits for all of their answers.
async fn at_once<F>(count: usize, request: impl Fn(usize) -> F) -> Vec<(StatusCode, Value)>
where
    F: Future<Output = (StatusCode, Value)> + Send + 'static,
{
    let gate = std::sync::Arc::new(tokio::sync::Barrier::new(count));
    let started: Vec<_> = (0..count)
        .map(|number| {
            let (gate, request) = (gate.clone(), request(number));
            tokio::spawn(async move {
                gate.wait().await;
                request.await
            })
        })
        .collect();
    let mut answers = Vec::with_capacity(count);
    for answer in started {
        answers.push(answer.await.unwrap());
    }
    answers
}

//! A tablet that is wiped and paired again: its numbers begin anew, and nobody is alarmed without a reason.

use crate::{
    harness::{Client, Shop, TestDevice, TestServer},
    selling::{Journal, events, reasons, sale, stocked},
};
use axum::http::StatusCode;
use serde_json::{Value, json};

struct Wiped {
    till: Client,
    prefix: String,
}

/// Pairs another browser as the same device, as it happens when a tablet was cleared.
async fn pair_again(server: &TestServer, shop: &Shop, till: &TestDevice) -> Wiped {
    let offer = shop.made(&format!("/api/devices/{}/pairing-code", till.id), json!({})).await;
    let (status, paired) = server.post("/api/devices/pair", json!({ "pairingCode": offer["pairingCode"] })).await;
    assert_eq!(status, StatusCode::OK, "{paired}");
    Wiped {
        till: server.as_device(paired["deviceToken"].as_str().unwrap()),
        prefix: paired["receiptPrefix"].as_str().unwrap().to_owned(),
    }
}

async fn push(till: &Client, body: Value) -> Value {
    let (status, answer) = till.post("/api/sync/push", body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn assert_all_synced(answer: &Value) {
    for result in answer["results"].as_array().unwrap() {
        assert_eq!((&result["status"], reasons(result).len()), (&json!("synced"), 0), "{answer}");
    }
}

fn made(journal: &mut Journal, product: &str, sales: usize) -> Vec<Value> {
    (0..sales).map(|_| journal.append(&sale(&[(product, 260, 1)]))).collect()
}

async fn status(shop: &Shop, till: &TestDevice) -> Value {
    shop.get(&format!("/api/sync/status/{}", till.id)).await.1
}

#[tokio::test]
async fn a_wiped_tablet_numbers_anew_and_nothing_counts_as_broken() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Tablet 3").await;
    let oats = stocked(&shop, 260, 100).await;
    let mut journal = Journal::new();
    assert_all_synced(&push(&till, events(&made(&mut journal, &oats, 5))).await);

    let again = pair_again(&server, &shop, &till).await;
    let mut anew = Journal::new();
    let first = made(&mut anew, &oats, 3);
    let answer = push(&again.till, events(&first)).await;
    assert_all_synced(&answer);
    assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(3), &json!([])));
    let repeated = push(&again.till, events(&first)).await;
    assert!(repeated["results"].as_array().unwrap().iter().all(|result| result["duplicate"] == json!(true)));
    // A gap of the new numbers is one, whatever the old ones were.
    let mut later = made(&mut anew, &oats, 2);
    let answer = push(&again.till, events(&[later.pop().unwrap()])).await;
    assert_eq!((&answer["ackedSeq"], &answer["missingSeqs"]), (&json!(3), &json!([4])));
    push(&again.till, events(&later)).await;

    let now = status(&shop, &till).await;
    assert_eq!((&now["ackedSeq"], &now["highestSeq"], &now["chainBroken"]), (&json!(5), &json!(5), &json!(0)));
    let restart = &now["restarts"][0];
    assert_eq!((&restart["lastSeq"], &restart["missingSeqs"]), (&json!(5), &json!([])));
    assert_eq!((&restart["unsentCount"], &now["restarts"][1]), (&json!(0), &Value::Null));
    let page = shop.get(&format!("/office/devices/{}", till.id)).await.1;
    let page = page.as_str().unwrap();
    assert!(page.contains("after sale 5; numbering began again. Everything from before is here."), "{page}");
    let today = shop.get("/office").await.1;
    assert!(!today.as_str().unwrap().contains("was wiped"), "nothing is lost, so nobody is asked to look");
}

#[tokio::test]
async fn what_a_wiped_tablet_still_held_is_said_until_it_arrives() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Tablet 3").await;
    let oats = stocked(&shop, 260, 100).await;
    let mut journal = Journal::new();
    let sold = made(&mut journal, &oats, 8);
    // It holds six when it sends 1, 2, 4 and 5 of them; a third number is lost on the way.
    let mut body = events(&[sold[0].clone(), sold[1].clone(), sold[3].clone(), sold[4].clone()]);
    body["pendingCount"] = json!(6);
    push(&till, body).await;

    let again = pair_again(&server, &shop, &till).await;
    let mut anew = Journal::new();
    assert_all_synced(&push(&again.till, events(&made(&mut anew, &oats, 1))).await);
    let restart = status(&shop, &till).await["restarts"][0].clone();
    assert_eq!((&restart["lastSeq"], &restart["missingSeqs"]), (&json!(5), &json!([3])));
    assert_eq!(restart["unsentCount"], json!(2));
    let today = shop.get("/office").await.1;
    let today = today.as_str().unwrap();
    assert!(today.contains("after sale 5; numbering began again"), "{today}");
    assert!(today.contains("two more sales waited on it, which have not arrived"), "{today}");
    assert!(today.contains("Of before, sale 3 has not arrived."), "{today}");

    // Somebody had saved them to a file, and a manager brings them in.
    let mut body = events(&[sold[2].clone(), sold[5].clone(), sold[6].clone()]);
    body["deviceId"] = json!(till.id);
    assert_all_synced(&push(&shop, body).await);
    let now = status(&shop, &till).await;
    let restart = &now["restarts"][0];
    assert_eq!((&restart["missingSeqs"], &restart["unsentCount"]), (&json!([]), &json!(0)), "{now}");
    assert_eq!((&now["ackedSeq"], &now["missingSeqs"], &now["chainBroken"]), (&json!(1), &json!([]), &json!(0)));
}

#[tokio::test]
async fn a_browser_that_was_not_wiped_goes_on_where_it_was() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Tablet 3").await;
    let oats = stocked(&shop, 260, 100).await;
    let mut journal = Journal::new();
    push(&till, events(&made(&mut journal, &oats, 2))).await;
    let again = pair_again(&server, &shop, &till).await;
    let answer = push(&again.till, events(&made(&mut journal, &oats, 2))).await;
    assert_all_synced(&answer);
    assert_eq!((&answer["ackedSeq"], &status(&shop, &till).await["restarts"]), (&json!(4), &json!([])));
    // And one that only seemed lost: another has begun anew in its place when it comes back with what it holds.
    let held = made(&mut journal, &oats, 2);
    let other = pair_again(&server, &shop, &till).await;
    assert_all_synced(&push(&other.till, events(&made(&mut Journal::new(), &oats, 1))).await);
    let back = pair_again(&server, &shop, &till).await;
    assert_all_synced(&push(&back.till, events(&held)).await);
    assert_eq!(status(&shop, &till).await["restarts"][0]["lastSeq"], json!(4));
}

#[tokio::test]
async fn without_a_new_pairing_a_second_beginning_is_a_broken_chain() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Tablet 3").await;
    let oats = stocked(&shop, 260, 100).await;
    push(&till, events(&made(&mut Journal::new(), &oats, 2))).await;
    let answer = push(&till, events(&made(&mut Journal::new(), &oats, 1))).await;
    assert_eq!(reasons(&answer["results"][0]), ["chain_broken"]);
    let now = status(&shop, &till).await;
    assert_eq!((&now["chainBroken"], &now["restarts"]), (&json!(1), &json!([])));
    // A pairing is good for one beginning.
    let again = pair_again(&server, &shop, &till).await;
    assert_all_synced(&push(&again.till, events(&made(&mut Journal::new(), &oats, 1))).await);
    let answer = push(&again.till, events(&made(&mut Journal::new(), &oats, 1))).await;
    assert_eq!(reasons(&answer["results"][0]), ["chain_broken"]);
}

#[tokio::test]
async fn each_pairing_has_its_own_series_of_receipts() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Tablet 1").await;
    let mut prefixes = vec!["T1".to_owned()];
    for _ in 0..2 {
        prefixes.push(pair_again(&server, &shop, &till).await.prefix);
    }
    assert_eq!(prefixes, ["T1", "T1B", "T1C"]);
    let (_, listed) = shop.get("/api/devices").await;
    assert_eq!(listed["items"][0]["receiptPrefix"], json!("T1C"));
}

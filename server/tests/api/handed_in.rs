//! Sales that somebody else brings than the device that recorded them: another till, or a manager with a file.

use crate::{
    harness::{Client, Shop, TestServer, assert_refused},
    selling::*,
};
use keeptill_sync::sale_file::{FILE_BYTES_MAX, FORMAT, FORMAT_VERSION};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PASSPHRASE: &str = "three sacks of flour";
const BOUNDARY: &str = "a-line-that-no-file-holds";

/// A file as a till writes it, before it is encrypted.
fn file(shop: &Shop, device: &str, events: &[Value]) -> Value {
    let entry = |event: &Value| {
        json!({
            "deviceId": device, "deviceSeq": event["deviceSeq"], "clientId": event["clientId"], "hash": event["hash"],
            "recordedAt": event["offlineCreatedAt"], "event": event.to_string(),
        })
    };
    json!({
        "format": FORMAT, "formatVersion": FORMAT_VERSION, "savedAt": now(), "tenantId": shop.tenant_id,
        "deviceId": device, "deviceName": "Tablet 3", "entries": events.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn sealed(file: &Value) -> Vec<u8> {
    keeptill_seal::seal(file.to_string().as_bytes(), PASSPHRASE).unwrap()
}

/// Sent as a browser sends the office's form; the page that answers.
async fn bring_in(client: &Client, file: &[u8], passphrase: &str) -> (u16, String) {
    let mut body = Vec::new();
    let head = |name: &str, more: &str| {
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n").into_bytes()
    };
    body.extend(head("do", ""));
    body.extend(b"bring-in\r\n");
    body.extend(head("file", "; filename=\"sales.age\""));
    body.extend(file);
    body.extend(b"\r\n");
    body.extend(head("passphrase", ""));
    body.extend(format!("{passphrase}\r\n--{BOUNDARY}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let response = client
        .send(Method::POST, "/office/bring-in", |request| {
            request.header("sec-fetch-site", "same-origin").header("content-type", kind).body(body)
        })
        .await;
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn audited(server: &TestServer) -> Vec<(String, Option<String>, Value)> {
    sqlx::query_as(
        "select a.subject, d.name, a.after from audit_log a left join devices d using (tenant_id, device_id)
         where a.action = 'sales.hand_in' order by a.at",
    )
    .fetch_all(&server.owner_pool())
    .await
    .unwrap()
}

#[tokio::test]
async fn a_till_hands_in_what_another_recorded_and_it_stays_the_others() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (broken, working) = (shop.device("Tablet 3").await, shop.device("Tablet 4").await);
    let oats = stocked(&shop, 260, 100).await;
    let mut journal = Journal::new();
    let made: Vec<Value> = (0..4).map(|_| journal.append(&sale(&[(&oats, 260, 1)]))).collect();
    broken.push(json!({ "events": [made[0]], "pendingCount": 4 })).await;
    let (_, before) = shop.get(&format!("/api/sync/status/{}", broken.id)).await;

    let body = json!({ "deviceId": broken.id, "pendingCount": 3, "deviceTime": "2001-01-01T00:00:00Z", "events": &made[1..3] });
    for duplicate in [false, true] {
        let (status, answer) = working.push(body.clone()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        for result in answer["results"].as_array().unwrap() {
            assert_eq!((&result["status"], &result["duplicate"]), (&json!("synced"), &json!(duplicate)), "{answer}");
            assert_eq!(notices(result), [""; 0], "the clock that is off is not the one that the sale was made by");
        }
        assert_eq!(answer["ackedSeq"], json!(3), "the chain is the other till's");
    }
    // By itself, after all.
    let (_, answer) = broken.push(json!({ "events": made })).await;
    let duplicates: Vec<_> = answer["results"].as_array().unwrap().iter().map(|r| r["duplicate"].clone()).collect();
    assert_eq!(duplicates, [true, true, true, false]);
    assert_eq!(on_hand(&shop, &oats).await, 96.0);

    let (_, after) = shop.get(&format!("/api/sync/status/{}", broken.id)).await;
    assert_eq!(after["ackedSeq"], json!(4));
    assert_eq!(before["pendingCount"], json!(3));
    let rows = audited(&server).await;
    assert_eq!(rows.len(), 1, "what was sent again is not audited again: {rows:?}");
    assert_eq!((&rows[0].0, rows[0].1.as_deref()), (&broken.id, Some("Tablet 4")));
    assert_eq!(rows[0].2, json!({ "deviceId": broken.id, "events": 2 }));
    assert_stock_is_the_sum_of_its_movements(&server).await;
}

#[tokio::test]
async fn a_till_that_is_handed_in_for_does_not_count_as_heard() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (broken, working) = (shop.device("Tablet 3").await, shop.device("Tablet 4").await);
    let oats = stocked(&shop, 260, 100).await;
    let mut journal = Journal::new();
    let first = journal.append(&sale(&[(&oats, 260, 1)]));
    let second = journal.append(&sale(&[(&oats, 260, 1)]));
    broken.push(json!({ "events": [first], "pendingCount": 2 })).await;
    let status = async || shop.get(&format!("/api/sync/status/{}", broken.id)).await.1;
    let before = status().await;
    working.push(json!({ "deviceId": broken.id, "appVersion": "9", "pendingCount": 0, "events": [second] })).await;
    let after = status().await;
    assert_eq!(after["ackedSeq"], json!(2));
    for field in ["lastSeenAt", "lastPushAt", "pendingCount", "clockOffsetMs", "appVersion"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

#[tokio::test]
async fn for_a_device_of_another_shop_nothing_is_handed_in_and_the_sale_is_taken_from_the_sender() {
    let server = TestServer::start().await;
    let (shop, other) = (server.shop().await, server.shop().await);
    let (till, foreign) = (shop.device("Tablet 4").await, other.device("Tablet 3").await);
    let oats = stocked(&shop, 260, 100).await;
    let event = Journal::new().append(&sale(&[(&oats, 260, 1)]));
    for device in [&foreign.id, &new_id()] {
        let answer = till.push(json!({ "deviceId": device, "events": [event] })).await;
        assert_refused(answer, StatusCode::NOT_FOUND, "not_found");
    }
    assert_eq!(count(&server, "select count(*) from events").await, 0);
    assert_eq!(audited(&server).await, []);

    // What a till then does: in its own name, where the number belongs to no chain of its own yet.
    let (status, answer) = till.push(json!({ "events": [event] })).await;
    assert_eq!((status, &answer["results"][0]["status"]), (StatusCode::OK, &json!("synced")), "{answer}");
    assert_eq!(on_hand(&shop, &oats).await, 99.0);
}

#[tokio::test]
async fn what_a_disconnected_till_hands_in_waits_for_a_manager() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (broken, revoked) = (shop.device("Tablet 3").await, shop.device("Tablet 4").await);
    let oats = stocked(&shop, 260, 100).await;
    shop.delete(&format!("/api/devices/{}", revoked.id)).await;
    let event = Journal::new().append(&sale(&[(&oats, 260, 1)]));
    let (status, answer) = revoked.push(json!({ "deviceId": broken.id, "events": [event] })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(reasons(&answer["results"][0]), ["device_revoked"]);
}

#[tokio::test]
async fn a_file_is_brought_in_by_the_office_once_and_again() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Tablet 3").await;
    let oats = stocked(&shop, 260, 100).await;
    let mut journal = Journal::new();
    let made: Vec<Value> = (0..12).map(|_| journal.append(&sale(&[(&oats, 260, 1)]))).collect();
    till.push(json!({ "events": &made[..2] })).await;

    let file = sealed(&file(&shop, &till.id, &made));
    let (status, page) = bring_in(&shop, &file, PASSPHRASE).await;
    assert_eq!(status, 200);
    assert!(page.contains("12 sales of Tablet 3: 10 new, 2 were here already."), "{page}");
    let (_, page) = bring_in(&shop, &file, PASSPHRASE).await;
    assert!(page.contains("12 sales of Tablet 3: 0 new, 12 were here already."), "{page}");
    till.push(json!({ "events": made })).await;

    assert_eq!(on_hand(&shop, &oats).await, 88.0);
    assert_eq!(count(&server, "select count(*) from sales").await, 12);
    assert_eq!(count(&server, "select count(*) from sales where sync_status <> 'synced'").await, 0);
    let rows = audited(&server).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].2, json!({ "deviceId": till.id, "events": 10 }));
    let log = shop.send(Method::GET, "/office/audit", |request| request).await.text().await.unwrap();
    assert!(log.contains("Sales of another till handed in"), "{log}");
}

#[tokio::test]
async fn a_file_that_is_none_changes_nothing_and_says_why() {
    let server = TestServer::start().await;
    let (shop, other) = (server.shop().await, server.shop().await);
    let till = shop.device("Tablet 3").await;
    let oats = stocked(&shop, 260, 100).await;
    let event = Journal::new().append(&sale(&[(&oats, 260, 1)]));
    let good = file(&shop, &till.id, std::slice::from_ref(&event));
    let newer = with(&good, json!({ "formatVersion": FORMAT_VERSION + 1 }));
    let foreign = file(&other, &till.id, std::slice::from_ref(&event));
    let whole = sealed(&good);
    for (bytes, passphrase, words) in [
        (whole.clone(), "three sacks of floor", "The passphrase is not the one the file was saved with."),
        (b"PK\x03\x04 a photograph".to_vec(), PASSPHRASE, "This is not a file of saved sales."),
        (Vec::new(), PASSPHRASE, "Choose the file that the till saved."),
        (whole[..whole.len() - 9].to_vec(), PASSPHRASE, "The file is damaged or not complete."),
        (sealed(&newer), PASSPHRASE, "saved by a newer Keeptill"),
        (sealed(&foreign), PASSPHRASE, "This file holds sales of another shop."),
        (sealed(&json!(["not", "sales"])), PASSPHRASE, "This is not a file of saved sales."),
    ] {
        let (status, page) = bring_in(&shop, &bytes, passphrase).await;
        assert_eq!(status, 422, "{words}");
        assert!(page.contains(words), "{words}: {page}");
        assert!(!page.contains(PASSPHRASE), "a passphrase is never shown again");
    }
    let (status, page) = bring_in(&shop, &vec![b'x'; FILE_BYTES_MAX + 1], PASSPHRASE).await;
    assert_eq!(status, 413);
    assert!(page.contains("The file is larger than 32 MB"), "{page}");
    assert_eq!(count(&server, "select count(*) from events").await, 0);

    let nobody = server.as_device(&till.token);
    let (_, page) = bring_in(&nobody, &whole, PASSPHRASE).await;
    assert!(!page.contains("1 new"), "a till's token opens no page of the office");
    assert_eq!(count(&server, "select count(*) from events").await, 0);
}

#[tokio::test]
async fn sales_of_a_till_that_is_gone_are_taken_all_the_same() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 100).await;
    let event = Journal::new().append(&sale(&[(&oats, 260, 1)]));
    let (status, page) = bring_in(&shop, &sealed(&file(&shop, &new_id(), &[event])), PASSPHRASE).await;
    assert_eq!(status, 200);
    assert!(page.contains("1 sale of Tablet 3: 1 new, 0 were here already."), "{page}");
    assert_eq!(on_hand(&shop, &oats).await, 99.0);
}

//! The document says of push and pull what they really take and give.

use crate::{
    harness::TestServer,
    selling::{Journal, events, sale, stocked},
};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The schema of a body, whatever it refers to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(document, document.pointer(&reference[1..]).expect(reference)),
        None => schema,
    }
}

fn property<'a>(document: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    let schema = resolved(document, schema);
    let parts = ["allOf", "oneOf"].iter().flat_map(|kind| schema[kind].as_array().into_iter().flatten());
    schema["properties"].get(name).or_else(|| parts.filter_map(|part| property(document, part, name)).next())
}

/// Every field of `value` stands in the schema, in lists and objects all the way down.
fn assert_described(document: &Value, schema: &Value, value: &Value, place: &str) {
    match value {
        Value::Object(fields) => {
            let schema = resolved(document, schema);
            // Described as some object and no more.
            let open = ["properties", "allOf", "oneOf"].iter().all(|part| schema.get(*part).is_none());
            for (name, value) in fields.iter().filter(|_| !open) {
                let place = format!("{place}.{name}");
                let found = property(document, schema, name);
                assert_described(document, found.unwrap_or_else(|| panic!("{place} is not described")), value, &place);
            }
        }
        Value::Array(values) => {
            let items = &resolved(document, schema)["items"];
            assert!(items.is_object(), "{place} is no list in {schema}");
            values.iter().for_each(|value| assert_described(document, items, value, place));
        }
        _ => {}
    }
}

fn schema<'a>(document: &'a Value, path: &str, place: &str) -> &'a Value {
    let pointer = format!("/paths/{}/post/{place}/content/application~1json/schema", path.replace('/', "~1"));
    document.pointer(&pointer).expect(&pointer)
}

#[tokio::test]
async fn bodies_of_push_pull_and_sale_are_described_as_they_are() {
    let server = TestServer::start().await;
    let (_, document) = server.get("/api/openapi.json").await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let oats = stocked(&shop, 260, 1).await;
    let mut journal = Journal::new();
    // A conflict, a notice, a gap and an event that can't be read.
    let sold = [journal.append(&sale(&[(&oats, 250, 2)])), journal.append(&sale(&[(&oats, 260, 1)]))];
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/events/version_1.json")).unwrap();
    let mut body = events(&[sold[1].clone(), sold[0].clone(), fixture["events"][0].clone()]);
    body["events"].as_array_mut().unwrap().push(json!({ "type": "sale" }));
    for (name, value) in [
        ("deviceTime", json!("2026-11-22T09:30:00Z")),
        ("pendingCount", json!(4)),
        ("oldestPendingAt", json!("2026-11-22T09:30:00Z")),
        ("appVersion", json!("1.0.0")),
        ("deviceId", json!(till.id)),
    ] {
        body[name] = value;
    }
    let (status, answer) = till.push(body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let path = "/api/sync/push";
    // The last of them is no event, and none is described.
    body["events"].as_array_mut().unwrap().pop();
    assert_described(&document, schema(&document, path, "requestBody"), &body, "push");
    assert_described(&document, schema(&document, path, "responses/200"), &answer, "push's answer");

    let (_, asked) = till.push(json!({ "events": [] })).await;
    assert_described(&document, schema(&document, path, "responses/200"), &asked, "an empty push's answer");

    let lone = sale(&[(&oats, 260, 1)]);
    let (status, made) = shop.post("/api/sales", lone.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_described(&document, schema(&document, "/api/sales", "requestBody"), &lone, "sale");
    assert_described(&document, schema(&document, "/api/sales", "responses/201"), &made, "sale's answer");

    let all = json!({ "collections": ["products", "categories", "taxes", "staff", "settings", "stock"], "limit": 10 });
    let (_, pulled) = till.pull(all.clone()).await;
    let path = "/api/sync/pull";
    assert_described(&document, schema(&document, path, "requestBody"), &all, "pull");
    assert_described(&document, schema(&document, path, "responses/200"), &pulled, "pull's answer");
}

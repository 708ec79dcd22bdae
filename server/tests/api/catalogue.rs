//! Products, categories and taxes as the office edits them.

use crate::harness::{Shop, TestServer, assert_refused};
use axum::http::StatusCode;
use serde_json::{Value, json};

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

fn path(kind: &str, row: &Value) -> String {
    format!("/api/{kind}/{}", row["id"].as_str().unwrap())
}

async fn names(shop: &Shop, query: &str) -> Vec<String> {
    let (status, page) = shop.get(&format!("/api/products?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_product_is_made_with_what_was_left_out_filled_in() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let made = shop.product(json!({ "name": " Flat white ", "priceMinor": 350 })).await;
    assert_eq!((&made["name"], &made["priceMinor"]), (&json!("Flat white"), &json!(350)));
    assert_eq!((&made["unit"], &made["trackStock"], &made["archived"]), (&json!("each"), &json!(true), &json!(false)));
    for absent in ["sku", "barcode", "categoryId", "taxId", "imageUrl"] {
        assert_eq!(made[absent], Value::Null, "{absent}");
    }
    assert!(made["syncVersion"].as_i64().unwrap() > 0 && made["lastModified"].as_str().unwrap().ends_with('Z'));
    assert_eq!(shop.get(&path("products", &made)).await, (StatusCode::OK, made));
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_null_clears() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let tax = shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    let category = shop.made("/api/categories", json!({ "name": "Coffee" })).await;
    let full = json!({
        "name": "House blend", "sku": "HB", "barcode": "4006381333931", "categoryId": category["id"],
        "taxId": tax["id"], "priceMinor": 2800, "unit": "kg", "trackStock": false,
        "imageUrl": "https://shop.test/hb.jpg",
    });
    let made = shop.product(full.clone()).await;
    for (name, value) in full.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let at = path("products", &made);
    let (_, cheaper) = shop.patch(&at, json!({ "priceMinor": 0 })).await;
    assert_eq!((&cheaper["priceMinor"], &cheaper["sku"]), (&json!(0), &json!("HB")));
    assert!(cheaper["syncVersion"].as_i64() > made["syncVersion"].as_i64());
    // Nothing new is no new version.
    assert_eq!(shop.patch(&at, json!({ "priceMinor": 0 })).await, (StatusCode::OK, cheaper.clone()));
    assert_eq!(shop.patch(&at, json!({})).await.1, cheaper);
    let cleared = json!({ "sku": null, "barcode": " ", "categoryId": null, "taxId": null, "imageUrl": null });
    let (_, bare) = shop.patch(&at, cleared).await;
    for absent in ["sku", "barcode", "categoryId", "taxId", "imageUrl"] {
        assert_eq!(bare[absent], Value::Null, "{absent}");
    }
    assert_eq!(bare["unit"], json!("kg"));
}

#[tokio::test]
async fn a_deleted_product_is_not_there_any_more() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let at = path("products", &shop.product(json!({ "name": "Tea", "priceMinor": 290 })).await);
    assert_eq!(shop.delete(&at).await.0, StatusCode::NO_CONTENT);
    assert_refused(shop.get(&at).await, StatusCode::NOT_FOUND, "not_found");
    assert_refused(shop.delete(&at).await, StatusCode::NOT_FOUND, "not_found");
    assert_refused(shop.patch(&at, json!({ "name": "T" })).await, StatusCode::NOT_FOUND, "not_found");
    assert!(names(&shop, "").await.is_empty());
    let row: (bool, Value) = sqlx::query_as(
        "select p.deleted_at is not null, a.before from products p join audit_log a
            on a.subject = p.product_id::text and a.action = 'product.delete'",
    )
    .fetch_one(&server.owner_pool())
    .await
    .unwrap();
    assert_eq!((row.0, &row.1["name"]), (true, &json!("Tea")));
}

#[tokio::test]
async fn a_catalogue_is_read_page_by_page_and_in_order() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    // Two of one name, and names whose case differs, have their place all the same.
    for name in ["banana", "Apple", "cherry", "Banana", "apple", "Éclair"] {
        shop.product(json!({ "name": name, "priceMinor": 100 })).await;
    }
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let (_, page) = shop.get(&format!("/api/products?{query}")).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        match page["cursor"].as_str() {
            Some(cursor) => query = format!("limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, names(&shop, "").await);
    let folded: Vec<String> = seen.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded, ["apple", "apple", "banana", "banana", "cherry", "éclair"]);
    // The second reads ["\u0000", a UUID].
    let nul = "WyJcdTAwMDAiLCIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ";
    for cursor in ["!", nul] {
        for kind in ["products", "categories", "taxes"] {
            let answer = shop.get(&format!("/api/{kind}?cursor={cursor}")).await;
            assert_refused(answer, StatusCode::BAD_REQUEST, "bad_cursor");
        }
    }
    assert_refused(shop.get("/api/products?limit=0").await, StatusCode::UNPROCESSABLE_ENTITY, "out_of_range");
    assert_eq!(names(&shop, "limit=100000").await.len(), 6);
}

#[tokio::test]
async fn products_are_found_by_name_sku_and_barcode() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    shop.product(json!({ "name": "Oat milk 100 %", "sku": "OM-1", "barcode": "4006381333931", "priceMinor": 1 })).await;
    shop.product(json!({ "name": "Flat white", "sku": "FW-1", "priceMinor": 1 })).await;
    for (query, found) in [
        ("OAT", vec!["Oat milk 100 %"]),
        ("milk", vec!["Oat milk 100 %"]),
        ("100%20%25", vec!["Oat milk 100 %"]),
        ("%25", vec!["Oat milk 100 %"]),
        ("_", vec![]),
        ("fw-", vec!["Flat white"]),
        ("4006381333931", vec!["Oat milk 100 %"]),
        ("400638133393", vec![]),
        ("%00", vec![]),
        ("%20", vec!["Flat white", "Oat milk 100 %"]),
    ] {
        assert_eq!(names(&shop, &format!("query={query}")).await, found, "{query}");
    }
}

#[tokio::test]
async fn product_fields_are_held_to_their_limits() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let product = json!({ "name": "Tea", "priceMinor": 290 });
    let at = path("products", &shop.product(product.clone()).await);
    for (field, value, code) in [
        ("name", json!(""), "empty"),
        ("name", json!("n".repeat(201)), "too_long"),
        ("name", json!("a\nb"), "control_character"),
        ("sku", json!("s".repeat(65)), "too_long"),
        ("barcode", json!("b".repeat(65)), "too_long"),
        ("unit", json!("u".repeat(17)), "too_long"),
        ("imageUrl", json!(format!("https://{}", "u".repeat(2000))), "too_long"),
        ("imageUrl", json!("javascript:alert(1)"), "invalid_url"),
        ("priceMinor", json!(-1), "out_of_range"),
        ("priceMinor", json!(1_000_000_000_001_i64), "out_of_range"),
        ("categoryId", json!(NOBODY), "unknown_category"),
        ("taxId", json!(NOBODY), "unknown_tax"),
    ] {
        let mut body = product.clone();
        body[field] = value.clone();
        for (status, answer) in [shop.post("/api/products", body).await, shop.patch(&at, json!({ field: value })).await]
        {
            assert_eq!(answer["error"]["field"], field, "{answer}");
            assert_refused((status, answer), StatusCode::UNPROCESSABLE_ENTITY, code);
        }
    }
    for (field, value) in [
        ("name", json!("é".repeat(200))),
        ("sku", json!("s".repeat(64))),
        ("unit", json!("u".repeat(16))),
        ("priceMinor", json!(1_000_000_000_000_i64)),
    ] {
        let (status, answer) = shop.patch(&at, json!({ field: value })).await;
        assert_eq!((status, &answer[field]), (StatusCode::OK, &value), "{answer}");
    }
    for body in
        [json!({ "name": "Tea" }), json!({ "name": "Tea", "priceMinor": 2.5 }), json!({ "name": 1, "priceMinor": 1 })]
    {
        assert_refused(shop.post("/api/products", body).await, StatusCode::BAD_REQUEST, "malformed_body");
    }
}

#[tokio::test]
async fn categories_and_taxes_are_made_listed_changed_and_deleted() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    for (kind, body, change) in [
        ("categories", json!({ "name": "Tea" }), json!({ "name": "Teas" })),
        ("taxes", json!({ "name": "VAT 7 %", "ratePpm": 70000 }), json!({ "ratePpm": 75000 })),
    ] {
        let made = shop.made(&format!("/api/{kind}"), body.clone()).await;
        let at = path(kind, &made);
        assert_eq!(shop.get(&at).await, (StatusCode::OK, made.clone()));
        assert_eq!(shop.get(&format!("/api/{kind}")).await.1["items"], json!([made]));
        let (status, changed) = shop.patch(&at, change.clone()).await;
        assert_eq!(status, StatusCode::OK, "{changed}");
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(&changed[name], value);
        }
        assert!(changed["syncVersion"].as_i64() > made["syncVersion"].as_i64());
        assert_eq!(shop.patch(&at, change).await.1, changed);
        assert_eq!(shop.delete(&at).await.0, StatusCode::NO_CONTENT);
        for gone in [shop.get(&at).await, shop.delete(&at).await, shop.patch(&at, json!({ "name": "X" })).await] {
            assert_refused(gone, StatusCode::NOT_FOUND, "not_found");
        }
        assert_eq!(shop.get(&format!("/api/{kind}")).await.1["items"], json!([]));
        for (name, code) in [("", "empty"), (&*"n".repeat(201), "too_long")] {
            let mut refused = body.clone();
            refused["name"] = json!(name);
            let answer = shop.post(&format!("/api/{kind}"), refused).await;
            assert_refused(answer, StatusCode::UNPROCESSABLE_ENTITY, code);
        }
    }
    for (rate, status) in [(-1, 422), (0, 201), (10_000_000, 201), (10_000_001, 422)] {
        let answer = shop.post("/api/taxes", json!({ "name": "T", "ratePpm": rate })).await;
        assert_eq!(answer.0.as_u16(), status, "{rate}");
    }
}

#[tokio::test]
async fn deleting_a_category_or_a_tax_leaves_its_products_without() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let category = shop.made("/api/categories", json!({ "name": "Tea" })).await;
    let tax = shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    let body = json!({ "name": "Sencha", "priceMinor": 310, "categoryId": category["id"], "taxId": tax["id"] });
    let product = shop.product(body).await;
    let (mut before, at) = (product.clone(), path("products", &product));
    for (kind, row, field) in [("categories", &category, "categoryId"), ("taxes", &tax, "taxId")] {
        assert_eq!(shop.delete(&path(kind, row)).await.0, StatusCode::NO_CONTENT);
        let (_, after) = shop.get(&at).await;
        assert_eq!(after[field], Value::Null);
        assert!(after["syncVersion"].as_i64() > before["syncVersion"].as_i64());
        before = after;
    }
}

#[tokio::test]
async fn another_tenants_catalogue_is_not_there() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let product = shop.product(json!({ "name": "Tea", "priceMinor": 290 })).await;
    let category = shop.made("/api/categories", json!({ "name": "Tea" })).await;
    let tax = shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    for (kind, row) in [("products", &product), ("categories", &category), ("taxes", &tax)] {
        let at = path(kind, row);
        for id in [at.as_str(), &format!("/api/{kind}/{NOBODY}"), &format!("/api/{kind}/x")] {
            assert_refused(stranger.get(id).await, StatusCode::NOT_FOUND, "not_found");
            assert_refused(stranger.patch(id, json!({ "name": "X" })).await, StatusCode::NOT_FOUND, "not_found");
            assert_refused(stranger.delete(id).await, StatusCode::NOT_FOUND, "not_found");
        }
        assert_eq!(stranger.get(&format!("/api/{kind}")).await.1["items"], json!([]));
        assert_eq!(shop.get(&at).await.1, *row);
    }
    for (field, row, code) in [("categoryId", &category, "unknown_category"), ("taxId", &tax, "unknown_tax")] {
        let answer = stranger.post("/api/products", json!({ "name": "X", "priceMinor": 1, field: row["id"] })).await;
        assert_refused(answer, StatusCode::UNPROCESSABLE_ENTITY, code);
    }
}

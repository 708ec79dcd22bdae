//! Opening a shop.

use crate::harness::{PASSWORD, TestServer, assert_refused, sign_up};
use axum::http::StatusCode;
use keeptill_server::config::Signup;
use serde_json::{Value, json};

fn with(field: &str, value: Value) -> Value {
    let mut body = sign_up("new@shop.test");
    body[field] = value;
    body
}

#[tokio::test]
async fn a_shop_opens_with_one_store_and_an_owner_who_can_log_in() {
    let server = TestServer::start().await;
    let (status, ids) = server.post("/api/tenants", sign_up("Ada@Shop.test")).await;
    assert_eq!(status, StatusCode::CREATED, "{ids}");
    let owner = server.log_in("ada@shop.TEST", PASSWORD).await;
    let (_, me) = owner.get("/api/auth/me").await;
    assert_eq!((&me["userId"], &me["tenantId"], &me["role"]), (&ids["userId"], &ids["tenantId"], &json!("owner")));
    let (_, stores) = owner.get("/api/stores").await;
    assert_eq!(stores, json!({ "items": [{ "storeId": ids["storeId"], "name": "Corner & Crumb" }], "cursor": null }));
}

#[tokio::test]
async fn only_the_first_shop_opens_where_sign_up_is_for_the_first() {
    let server = TestServer::start_with(|config| config.signup = Signup::First).await;
    let mut racing = tokio::task::JoinSet::new();
    for number in 0..8 {
        let client = (*server).clone();
        let body = sign_up(&format!("owner{number}@shop.test"));
        racing.spawn(async move { client.post("/api/tenants", body).await });
    }
    let answers = racing.join_all().await;
    let opened = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    assert_eq!(opened, 1, "{answers:?}");
    assert_refused(
        server.post("/api/tenants", sign_up("late@shop.test")).await,
        StatusCode::FORBIDDEN,
        "signup_closed",
    );
}

#[tokio::test]
async fn no_shop_opens_where_sign_up_is_closed() {
    let server = TestServer::start_with(|config| config.signup = Signup::Closed).await;
    assert_refused(server.post("/api/tenants", sign_up("a@shop.test")).await, StatusCode::FORBIDDEN, "signup_closed");
}

#[tokio::test]
async fn an_address_logs_in_to_one_shop_only() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let again = server.post("/api/tenants", sign_up(&shop.email.to_uppercase())).await;
    assert_refused(again, StatusCode::CONFLICT, "email_taken");
}

#[tokio::test]
async fn each_field_is_held_to_its_limits() {
    let server = TestServer::start().await;
    for (field, value, code) in [
        ("name", json!(" "), "empty"),
        ("name", json!("n".repeat(201)), "too_long"),
        ("name", json!("a\u{0}b"), "control_character"),
        ("currency", json!("eur"), "unknown_currency"),
        ("timeZone", json!("Europe/Atlantis"), "unknown_time_zone"),
        ("timeZone", json!("a\u{0}"), "control_character"),
        ("email", json!("nobody"), "invalid_email"),
        ("email", json!(format!("{}@b", "a".repeat(253))), "invalid_email"),
        ("password", json!("1234567"), "password_too_short"),
        ("password", json!("p".repeat(201)), "too_long"),
    ] {
        let (status, body) = server.post("/api/tenants", with(field, value.clone())).await;
        assert_eq!(body["error"]["field"], field, "{value} {body}");
        assert_refused((status, body), StatusCode::UNPROCESSABLE_ENTITY, code);
    }
    for (field, value) in [("name", json!("n".repeat(200))), ("password", json!("p".repeat(200)))] {
        let mut body = with(field, value);
        body["email"] = json!(format!("{field}@shop.test"));
        assert_eq!(server.post("/api/tenants", body).await.0, StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_by_field() {
    let server = TestServer::start().await;
    let (status, body) = server.post("/api/tenants", with("pricesIncludeTax", json!("yes"))).await;
    assert_eq!((status, &body["error"]["field"]), (StatusCode::BAD_REQUEST, &json!("pricesIncludeTax")));
    for text in ["", "{", "[]", "{} {}", "null"] {
        let answer = server.post_text("/api/tenants", text.into()).await;
        assert_refused(answer, StatusCode::BAD_REQUEST, "malformed_body");
    }
}

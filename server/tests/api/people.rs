//! Logging in and out, and the staff.

use crate::harness::{PASSWORD, Shop, TestServer, assert_refused};
use axum::http::StatusCode;
use keeptill_server::auth::slow_down::ACCOUNT_FAILURES_MAX;
use serde_json::{Value, json};
use std::sync::Arc;

const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// A person with a log-in, and that person logged in.
async fn person(server: &TestServer, shop: &Shop, role: &str) -> (String, crate::harness::Client) {
    let email = format!("{role}-{}@shop.test", uuid::Uuid::new_v4().simple());
    let body = json!({ "name": role, "role": role, "email": email, "password": PASSWORD });
    let id = shop.made("/api/staff", body).await["userId"].as_str().unwrap().to_owned();
    (id, server.log_in(&email, PASSWORD).await)
}

fn log_in(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[tokio::test]
async fn a_session_begins_with_the_right_password_and_ends_with_log_out() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let wrong = server.post("/api/auth/login", log_in(&shop.email, "wrong password")).await;
    assert_refused(wrong, StatusCode::UNAUTHORIZED, "wrong_credentials");
    for email in ["nobody@shop.test", "", "a\0@b", &"a@".repeat(1000)] {
        let unknown = server.post("/api/auth/login", log_in(email, PASSWORD)).await;
        assert_refused(unknown, StatusCode::UNAUTHORIZED, "wrong_credentials");
    }
    assert_eq!(shop.get("/api/auth/me").await.0, StatusCode::OK);
    assert_eq!(shop.post("/api/auth/logout", json!({})).await.0, StatusCode::NO_CONTENT);
    assert_refused(shop.get("/api/auth/me").await, StatusCode::UNAUTHORIZED, "not_logged_in");
    assert_eq!(server.post("/api/auth/logout", json!({})).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_sessions_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    for (proto, secure) in [("http", false), ("https", true)] {
        let response = server.send(reqwest::Method::POST, "/api/auth/login", |request| {
            request.header("x-forwarded-proto", proto).json(&log_in(&shop.email, PASSWORD))
        });
        let response = response.await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"));
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn a_session_survives_a_restart_of_the_server() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    server.stop().await;
    let next = TestServer::start_on(Arc::clone(&server.db)).await;
    assert_eq!(shop.at(&next).get("/api/auth/me").await.0, StatusCode::OK);
    let pull = json!({ "collections": ["settings"] });
    assert_eq!(till.at(&next).post("/api/sync/pull", pull).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_expired_session_is_over() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    sqlx::query("update sessions set expires_at = now()").execute(&server.owner_pool()).await.unwrap();
    assert_refused(shop.get("/api/auth/me").await, StatusCode::UNAUTHORIZED, "not_logged_in");
}

#[tokio::test]
async fn failed_log_ins_slow_an_account_down_and_good_ones_are_not_counted() {
    let server = TestServer::start().await;
    let (shop, other) = (server.shop().await, server.shop().await);
    for _ in 0..ACCOUNT_FAILURES_MAX * 2 {
        assert_eq!(server.post("/api/auth/login", log_in(&shop.email, PASSWORD)).await.0, StatusCode::OK);
    }
    for _ in 0..ACCOUNT_FAILURES_MAX {
        let (status, _) = server.post("/api/auth/login", log_in(&shop.email, "wrong password")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    // The right password has to wait as well: the answer must not tell.
    let email = shop.email.to_uppercase();
    let response =
        server.send(reqwest::Method::POST, "/api/auth/login", |request| request.json(&log_in(&email, PASSWORD))).await;
    assert_eq!(response.status().as_u16(), 429);
    let wait: u32 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(server.post("/api/auth/login", log_in(&other.email, PASSWORD)).await.0, StatusCode::OK);
    // The wait passes.
    let past = "update login_failures set failed_at = failed_at - interval '1 minute'";
    sqlx::query(past).execute(&server.owner_pool()).await.unwrap();
    assert_eq!(server.post("/api/auth/login", log_in(&shop.email, PASSWORD)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn failed_log_ins_slow_an_address_down_whatever_the_account() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let failures = "insert into login_failures (subject) select 'address 203.0.113.9' from generate_series(1, 30)";
    sqlx::query(failures).execute(&server.owner_pool()).await.unwrap();
    for (address, expected) in [("203.0.113.9", 429), ("203.0.113.10", 200)] {
        let response = server.send(reqwest::Method::POST, "/api/auth/login", |request| {
            request.header("x-forwarded-for", address).json(&log_in(&shop.email, PASSWORD))
        });
        assert_eq!(response.await.status().as_u16(), expected, "{address}");
    }
}

#[tokio::test]
async fn a_cashier_may_log_in_and_may_not_manage() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (id, cashier) = person(&server, &shop, "cashier").await;
    let (_, me) = cashier.get("/api/auth/me").await;
    assert_eq!((&me["userId"], &me["role"]), (&json!(id), &json!("cashier")));
    for path in ["/api/products", "/api/staff", "/api/devices", "/api/stock", "/api/stores", "/api/sync/status"] {
        assert_refused(cashier.get(path).await, StatusCode::FORBIDDEN, "managers_only");
        assert_refused(server.get(path).await, StatusCode::UNAUTHORIZED, "not_logged_in");
    }
    let pull = json!({ "collections": ["staff"] });
    assert_refused(cashier.post("/api/sync/pull", pull).await, StatusCode::FORBIDDEN, "managers_only");
}

#[tokio::test]
async fn staff_are_made_changed_and_removed() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let made = shop.made("/api/staff", json!({ "name": " Mira ", "role": "cashier", "pin": "1234" })).await;
    let path = format!("/api/staff/{}", made["userId"].as_str().unwrap());
    let (_, listed) = shop.get("/api/staff").await;
    assert_eq!(
        listed["items"][0],
        json!({ "userId": made["userId"], "name": "Mira", "role": "cashier", "email": null, "hasPin": true })
    );
    let change = json!({ "name": "Mira K", "email": "Mira@shop.test", "password": "mira's own words" });
    let (status, changed) = shop.patch(&path, change).await;
    assert_eq!(
        (status, &changed["email"], &changed["hasPin"]),
        (StatusCode::OK, &json!("mira@shop.test"), &json!(true))
    );
    let mira = server.log_in("mira@shop.test", "mira's own words").await;
    // A new password ends what the old one began.
    assert_eq!(shop.patch(&path, json!({ "password": "other words" })).await.0, StatusCode::OK);
    assert_eq!(mira.get("/api/auth/me").await.0, StatusCode::UNAUTHORIZED);
    let mira = server.log_in("mira@shop.test", "other words").await;
    let (_, changed) = shop.patch(&path, json!({ "pin": null, "email": null })).await;
    assert_eq!((&changed["hasPin"], &changed["email"]), (&json!(false), &Value::Null));
    assert_eq!(mira.get("/api/auth/me").await.0, StatusCode::UNAUTHORIZED);

    assert_eq!(shop.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_refused(shop.delete(&path).await, StatusCode::NOT_FOUND, "not_found");
    assert_refused(shop.patch(&path, json!({ "name": "Ghost" })).await, StatusCode::NOT_FOUND, "not_found");
    // The address is free again.
    let body = json!({ "name": "Mira", "role": "cashier", "email": "mira@shop.test", "password": PASSWORD });
    shop.made("/api/staff", body).await;
}

#[tokio::test]
async fn staff_fields_are_held_to_their_limits() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    for (body, code, field) in [
        (json!({ "name": "", "role": "cashier" }), "empty", "name"),
        (json!({ "name": "n".repeat(201), "role": "cashier" }), "too_long", "name"),
        (json!({ "name": "A", "role": "cashier", "pin": "123" }), "invalid_pin", "pin"),
        (json!({ "name": "A", "role": "cashier", "pin": "123456789" }), "invalid_pin", "pin"),
        (json!({ "name": "A", "role": "cashier", "pin": "12a4" }), "invalid_pin", "pin"),
        (json!({ "name": "A", "role": "manager", "email": "a" }), "invalid_email", "email"),
        (json!({ "name": "A", "role": "manager", "email": "a@b" }), "password_required", "password"),
        (json!({ "name": "A", "role": "manager", "password": PASSWORD }), "email_required", "email"),
        (
            json!({ "name": "A", "role": "manager", "email": "a@b", "password": "short" }),
            "password_too_short",
            "password",
        ),
    ] {
        let (status, answer) = shop.post("/api/staff", body.clone()).await;
        assert_eq!(answer["error"]["field"], field, "{body}");
        assert_refused((status, answer), StatusCode::UNPROCESSABLE_ENTITY, code);
    }
    for pin in ["1234", "12345678"] {
        shop.made("/api/staff", json!({ "name": "n".repeat(200), "role": "cashier", "pin": pin })).await;
    }
    let no_role = shop.post("/api/staff", json!({ "name": "A", "role": "janitor" })).await;
    assert_refused(no_role, StatusCode::BAD_REQUEST, "malformed_body");
    let taken = json!({ "name": "A", "role": "manager", "email": shop.email, "password": PASSWORD });
    assert_refused(shop.post("/api/staff", taken).await, StatusCode::CONFLICT, "email_taken");
}

#[tokio::test]
async fn only_an_owner_looks_after_managers_and_owners() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let (manager_id, manager) = person(&server, &shop, "manager").await;
    let (other_id, _) = person(&server, &shop, "manager").await;
    let cashier = manager.post("/api/staff", json!({ "name": "Jo", "role": "cashier" })).await;
    assert_eq!(cashier.0, StatusCode::CREATED);
    let cashier = format!("/api/staff/{}", cashier.1["userId"].as_str().unwrap());
    let (own, other) = (format!("/api/staff/{manager_id}"), format!("/api/staff/{other_id}"));
    let owner = format!("/api/staff/{}", shop.user_id);
    for refused in [
        manager.post("/api/staff", json!({ "name": "A", "role": "manager" })).await,
        manager.patch(&cashier, json!({ "role": "manager" })).await,
        manager.patch(&other, json!({ "name": "B" })).await,
        manager.patch(&owner, json!({ "password": "taken over!" })).await,
        manager.patch(&own, json!({ "role": "owner" })).await,
        manager.delete(&other).await,
        manager.delete(&owner).await,
    ] {
        assert_refused(refused, StatusCode::FORBIDDEN, "owner_only");
    }
    assert_eq!(manager.patch(&own, json!({ "name": "Me" })).await.0, StatusCode::OK);
    assert_eq!(manager.delete(&cashier).await.0, StatusCode::NO_CONTENT);
    assert_eq!(shop.patch(&other, json!({ "role": "owner" })).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_shop_keeps_an_owner() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let own = format!("/api/staff/{}", shop.user_id);
    assert_refused(shop.delete(&own).await, StatusCode::CONFLICT, "last_owner");
    assert_refused(shop.patch(&own, json!({ "role": "manager" })).await, StatusCode::CONFLICT, "last_owner");
    let (second_id, second) = person(&server, &shop, "owner").await;
    let theirs = format!("/api/staff/{second_id}");
    // Both remove each other at one moment; one stays.
    let (one, two) = tokio::join!(shop.delete(&theirs), second.delete(&own));
    let gone = [one, two].iter().filter(|(status, _)| *status == StatusCode::NO_CONTENT).count();
    assert_eq!(gone, 1);
}

#[tokio::test]
async fn another_tenants_people_are_not_there() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    for id in [shop.user_id.as_str(), NOBODY, "not-an-id"] {
        let path = format!("/api/staff/{id}");
        assert_refused(stranger.patch(&path, json!({ "name": "X" })).await, StatusCode::NOT_FOUND, "not_found");
        assert_refused(stranger.delete(&path).await, StatusCode::NOT_FOUND, "not_found");
    }
}

//! The wall between tenants, as the database itself keeps it, and the wall against other sites' pages.

use crate::{
    harness::{TestServer, sign_up},
    selling,
};
use axum::http::StatusCode;
use serde_json::json;

/// Every table that has a tenant.
async fn tables(server: &TestServer) -> Vec<String> {
    let tables = "select c.table_name::text from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = 'public' and c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE'
            and table_name not in ('logins', 'pairing_codes')
        order by 1";
    sqlx::query_scalar(tables).fetch_all(&server.owner_pool()).await.unwrap()
}

#[tokio::test]
async fn a_transaction_of_one_tenant_sees_no_row_of_another_in_any_table() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let till = shop.device("Till 1").await;
    let oats = selling::stocked(&shop, 260, 5).await;
    shop.made("/api/categories", json!({ "name": "Tea" })).await;
    shop.made("/api/taxes", json!({ "name": "VAT", "ratePpm": 190000 })).await;
    let sold = selling::sale(&[(&oats, 260, 9)]);
    till.push(selling::events(&[selling::sale(&[(&oats, 260, 1)]), sold.clone()])).await;
    let id = sold["clientId"].as_str().unwrap();
    let void = json!({ "action": "void", "note": "never left the shop" });
    assert_eq!(shop.post(&format!("/api/sync/resolve/{id}"), void).await.0, StatusCode::OK);

    assert_eq!(till.post("/api/sync/products/pull", json!({ "format": "chunks" })).await.0, StatusCode::OK);
    // What comes into being only with time.
    let later = format!(
        "insert into tombstone_floors values ('{tenant}', 'products', 1, gen_random_uuid(), now());
         insert into device_restarts (tenant_id, device_id, journal, acked_seq, last_seq, paired_at)
         values ('{tenant}', '{}', 1, 0, 0, now())",
        till.id,
        tenant = shop.tenant_id
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(later)).execute(&server.owner_pool()).await.unwrap();

    let tables = tables(&server).await;
    assert!(tables.len() >= 20, "{tables:?}");
    let db = server.database();
    for table in &tables {
        let own = format!("select count(*) from {table} where tenant_id = '{}'", shop.tenant_id);
        let all = format!("select count(*) from {table} where tenant_id <> '{}'", stranger.tenant_id);
        let owner: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(own)).fetch_one(&server.owner_pool()).await.unwrap();
        assert!(owner > 0, "the test puts nothing in {table}");
        let mut tx = db.begin(stranger.tenant()).await.unwrap();
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(all.clone())).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, 0, "{table}");
        let mut nobody = db.begin_anonymous().await.unwrap();
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(all)).fetch_one(&mut *nobody).await.unwrap();
        assert_eq!(seen, 0, "{table}, before the tenant is known");
    }
}

#[tokio::test]
async fn every_tenants_table_has_its_wall_and_the_server_may_not_reach_the_rest() {
    let server = TestServer::start().await;
    let db = server.database();
    let open: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
            and not relrowsecurity order by 1",
    )
    .fetch_all(&server.owner_pool())
    .await
    .unwrap();
    assert_eq!(open, ["_sqlx_migrations", "login_failures", "logins", "pairing_codes"]);
    for table in ["_sqlx_migrations", "logins", "pairing_codes"] {
        let mut tx = db.begin_anonymous().await.unwrap();
        let read = format!("select count(*) from {table}");
        let refused = sqlx::query(sqlx::AssertSqlSafe(read)).execute(&mut *tx).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"), "{table}");
    }
    for change in
        ["delete from stock_movements", "update stock_movements set note = 'x'", "update audit_log set subject = 'x'"]
    {
        let mut tx = db.begin_anonymous().await.unwrap();
        let refused = sqlx::query(change).execute(&mut *tx).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"), "{change}");
    }
}

#[tokio::test]
async fn another_tenants_row_can_not_be_written() {
    let server = TestServer::start().await;
    let (shop, stranger) = (server.shop().await, server.shop().await);
    let db = server.database();
    let mut tx = db.begin(stranger.tenant()).await.unwrap();
    let insert = "insert into stores (tenant_id, store_id, name) values ($1, gen_random_uuid(), 'Trojan')";
    let refused = sqlx::query(insert).bind(shop.tenant().0).execute(&mut *tx).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"));
    let mut tx = db.begin(stranger.tenant()).await.unwrap();
    let update = "update stores set name = 'Trojan' where tenant_id = $1";
    let updated = sqlx::query(update).bind(shop.tenant().0).execute(&mut *tx).await.unwrap();
    assert_eq!(updated.rows_affected(), 0);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_with_the_managers_cookie() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let host = server.address.to_string();
    let own = format!("http://{host}");
    let category = json!({ "name": "Tea" });
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "same-origin", 201),
        ("sec-fetch-site", "none", 201),
        ("origin", "https://evil.test", 403),
        ("origin", "null", 403),
        ("origin", own.as_str(), 201),
    ] {
        let response = shop
            .send(reqwest::Method::POST, "/api/categories", |request| request.header(name, value).json(&category))
            .await;
        assert_eq!(response.status().as_u16(), status, "{name}: {value}");
        if status == 403 {
            let body: serde_json::Value = response.json().await.unwrap();
            assert_eq!(body["error"]["code"], json!("cross_site"));
        }
    }
    let read = shop.send(reqwest::Method::GET, "/api/categories", |r| r.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(read.status().as_u16(), 200);
    // Without a cookie there is nothing to borrow: a till, and somebody who has none.
    let foreign = |request: reqwest::RequestBuilder| request.header("sec-fetch-site", "cross-site");
    let pull = json!({ "collections": [] });
    let till = till.send(reqwest::Method::POST, "/api/sync/pull", |r| foreign(r).json(&pull)).await;
    assert_eq!(till.status().as_u16(), 200);
    let sign_up = sign_up("new@shop.test");
    let anonymous = server.send(reqwest::Method::POST, "/api/tenants", |r| foreign(r).json(&sign_up)).await;
    assert_eq!(anonymous.status().as_u16(), 201);
}

#[tokio::test]
async fn a_role_that_steps_around_the_wall_is_refused_at_the_start() {
    use keeptill_server::database::Database;
    use sqlx::{Connection, Executor};
    let server = TestServer::start().await;
    server.stop().await;
    // The role is the whole cluster's, so a table that it owns stands in for what can't be changed under other tests.
    let mut owner = sqlx::PgConnection::connect_with(&server.db.options).await.unwrap();
    owner.execute("alter table tenants owner to keeptill_app").await.unwrap();
    let refused = Database::open(server.db.options.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("the wall between tenants would not hold"), "{refused}");
    assert!(refused.to_string().contains("alter role keeptill_app"), "{refused}");
}

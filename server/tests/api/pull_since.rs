//! Pulling by time, as simple clients do: repeats are harmless, a gap is not.

use crate::{
    harness::TestServer,
    pull::{product, pulled},
};
use keeptill_server::versions::{Stream, next_version};
use serde_json::json;

#[tokio::test]
async fn a_time_brings_everything_changed_at_or_after_it() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    product(&shop, "Old").await;
    let old = "update products set last_modified = now() - interval '1 hour'";
    sqlx::query(old).execute(&server.owner_pool()).await.unwrap();
    let first = pulled(&till, json!({ "collections": ["products", "stock"] })).await;
    let new = product(&shop, "New").await;
    let since = json!({ "collections": ["products", "stock"], "lastSync": first["serverTime"] });
    let answer = pulled(&till, since.clone()).await;
    assert_eq!(answer["products"].as_array().unwrap().len(), 1);
    assert_eq!(answer["products"][0]["id"], json!(new));
    // From its cursor on, it is exact.
    let next = json!({ "collections": ["products"], "cursor": answer["cursor"] });
    assert_eq!(pulled(&till, next).await["products"], json!([]));
    shop.delete(&format!("/api/products/{new}")).await;
    assert_eq!(pulled(&till, since).await["deletedIds"]["products"], json!([new]));
    for (time, rows) in [
        ("1970-01-01T00:00:00Z", 1),
        ("0000-01-01T00:00:00Z", 1),
        ("-262000-01-01T00:00:00Z", 1),
        ("2999-01-01T00:00:00Z", 0),
        ("+262000-01-01T00:00:00Z", 0),
    ] {
        let answer = pulled(&till, json!({ "collections": ["products"], "lastSync": time })).await;
        assert_eq!(answer["products"].as_array().unwrap().len(), rows, "{time}");
    }
}

#[tokio::test]
async fn a_time_leaves_no_gap_where_a_commit_came_late() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let db = server.database();
    let mut late = db.begin(shop.tenant()).await.unwrap();
    let version = next_version(&mut late, shop.tenant(), Stream::Catalogue).await.unwrap();
    let insert =
        "insert into products (tenant_id, product_id, name, price_minor, sync_version) values ($1, $2, $3, 1, $4)";
    sqlx::query(insert)
        .bind(shop.tenant().0)
        .bind(uuid::Uuid::now_v7())
        .bind("Late")
        .bind(version)
        .execute(&mut *late)
        .await
        .unwrap();
    // The row's time lies before this pull, its commit after.
    let between = pulled(&till, json!({ "collections": ["products"] })).await;
    assert_eq!(between["products"], json!([]));
    late.commit().await.unwrap();
    let since = json!({ "collections": ["products"], "lastSync": between["serverTime"] });
    assert_eq!(pulled(&till, since).await["products"][0]["name"], json!("Late"));
}

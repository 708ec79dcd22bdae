//! The catalogue as chunks: together they are the catalogue, each is what its name says, and few change at a time.

use crate::harness::{Client, Shop, TestServer, assert_refused};
use axum::http::StatusCode;
use keeptill_server::versions::{Stream, next_version};
use keeptill_sync::wire::{Manifest, chunks};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Products by the thousand, in one statement and under one version.
async fn stock_up(owner: &PgPool, shop: &Shop, count: i32) {
    sqlx::query(
        "with drawn as (update stream_versions set version = version + 1
            where tenant_id = $1 and stream = 'catalogue' returning version)
        insert into products (tenant_id, product_id, name, barcode, price_minor, sync_version)
        select $1, gen_random_uuid(), 'Product ' || n, 'B' || n, n, version from drawn, generate_series(1, $2) n",
    )
    .bind(shop.tenant().0)
    .bind(count)
    .execute(owner)
    .await
    .unwrap();
}

/// Makes every product dearer whose id ends, in its last three bits, on one of `ends`.
async fn make_dearer(owner: &PgPool, shop: &Shop, ends: &[i32]) -> u64 {
    sqlx::query(
        "with drawn as (update stream_versions set version = version + 1
            where tenant_id = $1 and stream = 'catalogue' returning version)
        update products set price_minor = price_minor + 1, sync_version = version, last_modified = clock_timestamp()
        from drawn where tenant_id = $1 and get_byte(uuid_send(product_id), 15) & 7 = any ($2)",
    )
    .bind(shop.tenant().0)
    .bind(ends)
    .execute(owner)
    .await
    .unwrap()
    .rows_affected()
}

async fn manifest(client: &Client) -> Manifest {
    let (status, answer) = client.post("/api/sync/products/pull", json!({ "format": "chunks" })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let manifest: Manifest = serde_json::from_value(answer).unwrap();
    assert!(manifest.adds_up());
    manifest
}

async fn chunk(client: &Client, path: &str, accept: &str) -> reqwest::Response {
    client.send(reqwest::Method::GET, path, |request| request.header("accept-encoding", accept)).await
}

/// All products of the manifest, by id, and what came since.
async fn whole(client: &Client, manifest: &Manifest) -> BTreeMap<String, Value> {
    let mut products = BTreeMap::new();
    for named in &manifest.chunks {
        let answer = chunk(client, &named.url, "identity").await;
        assert_eq!(answer.status().as_u16(), 200);
        assert!(answer.headers().get("content-encoding").is_none());
        let content = answer.bytes().await.unwrap();
        assert_eq!((content.len() as u64, chunks::chunk_name(&content)), (named.bytes, named.sha256.clone()));
        let rows: Vec<Value> = serde_json::from_slice(&content).unwrap();
        assert_eq!(rows.len(), named.product_count as usize);
        assert_eq!(chunks::read_chunk(&content, &named.sha256).unwrap().len(), rows.len());
        products.extend(rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)));
    }
    assert_eq!(products.len(), manifest.product_count as usize);
    follow(client, Some(&manifest.cursor), &mut products).await;
    products
}

async fn follow(client: &Client, cursor: Option<&str>, products: &mut BTreeMap<String, Value>) -> usize {
    let mut cursor = cursor.map(str::to_owned);
    let mut brought = 0;
    loop {
        let (status, page) =
            client.post("/api/sync/pull", json!({ "cursor": cursor, "collections": ["products"] })).await;
        assert_eq!((status, &page["mustResync"]), (StatusCode::OK, &json!(false)), "{page}");
        for row in page["products"].as_array().unwrap() {
            products.insert(row["id"].as_str().unwrap().to_owned(), row.clone());
            brought += 1;
        }
        for id in page["deletedIds"]["products"].as_array().unwrap() {
            products.remove(id.as_str().unwrap());
            brought += 1;
        }
        cursor = page["cursor"].as_str().map(str::to_owned);
        if page["hasMore"] == json!(false) {
            return brought;
        }
    }
}

async fn by_rows(client: &Client) -> BTreeMap<String, Value> {
    let mut products = BTreeMap::new();
    follow(client, None, &mut products).await;
    products
}

#[tokio::test]
async fn chunks_and_what_came_since_are_the_catalogue() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    let empty = manifest(&till).await;
    assert_eq!((empty.product_count, empty.chunks.len()), (0, 0));

    stock_up(&server.owner_pool(), &shop, 1_100).await;
    let cut = manifest(&till).await;
    assert_eq!((cut.product_count, cut.chunks.len()), (1_100, 4));
    assert_eq!(whole(&till, &cut).await, by_rows(&till).await);

    let tea = shop.product(json!({ "name": "Tea", "priceMinor": 310 })).await;
    let gone = by_rows(&till).await.into_keys().find(|id| *id != tea["id"]).unwrap();
    assert_eq!(shop.delete(&format!("/api/products/{gone}")).await.0, StatusCode::NO_CONTENT);
    let kept = manifest(&till).await;
    assert_eq!((&kept.chunks, &kept.cursor), (&cut.chunks, &cut.cursor), "two changes make no new base");
    let mut products = BTreeMap::new();
    assert_eq!(follow(&till, Some(&kept.cursor), &mut products).await, 2);
    let all = whole(&till, &kept).await;
    assert!(all.contains_key(tea["id"].as_str().unwrap()) && !all.contains_key(&gone));
    assert_eq!(all, by_rows(&till).await);
}

#[tokio::test]
async fn a_new_base_keeps_the_chunks_in_which_nothing_changed() {
    let server = TestServer::start().await;
    let (shop, owner) = (server.shop().await, server.owner_pool());
    let till = shop.device("Till 1").await;
    stock_up(&owner, &shop, 4_000).await;
    let first = manifest(&till).await;
    assert_eq!(first.chunks.len(), 8);

    assert!(make_dearer(&owner, &shop, &[0, 3, 5]).await > 1_000);
    let second = manifest(&till).await;
    assert_ne!(second.cursor, first.cursor);
    let same = second.chunks.iter().filter(|chunk| first.chunks.contains(chunk)).count();
    assert_eq!(same, 5);
    assert_eq!(whole(&till, &second).await, by_rows(&till).await);
    // A device that was given the first manifest a moment ago is in the midst of fetching it.
    assert_eq!(whole(&till, &first).await, by_rows(&till).await);
}

#[tokio::test]
async fn chunks_that_no_kept_base_names_are_removed_after_an_hour() {
    let server = TestServer::start().await;
    let (shop, owner) = (server.shop().await, server.owner_pool());
    let till = shop.device("Till 1").await;
    stock_up(&owner, &shop, 4_000).await;
    let first = manifest(&till).await;
    for _ in 0..2 {
        make_dearer(&owner, &shop, &[0, 1, 2, 3]).await;
        manifest(&till).await;
    }
    let of_the_first = |end: usize| first.chunks[end].url.clone();
    assert_eq!(chunk(&till, &of_the_first(0), "gzip").await.status().as_u16(), 200);
    sqlx::query("update catalogue_chunks set made_at = made_at - interval '2 hours'").execute(&owner).await.unwrap();
    make_dearer(&owner, &shop, &[0, 1, 2, 3]).await;
    let last = manifest(&till).await;
    let there = first.chunks.iter().filter(|chunk| last.chunks.contains(chunk)).count();
    assert_eq!(there, 4, "what never changed is still in use");
    let mut gone = 0;
    for named in &first.chunks {
        gone += usize::from(chunk(&till, &named.url, "gzip").await.status().as_u16() == 404);
    }
    assert_eq!(gone, 4);
    let bases: i64 = sqlx::query_scalar("select count(*) from catalogue_bases").fetch_one(&owner).await.unwrap();
    assert_eq!(bases, 2);
}

#[tokio::test]
async fn a_writer_that_commits_late_is_in_the_pull_after_the_chunks() {
    let server = TestServer::start().await;
    let (shop, database) = (server.shop().await, server.database());
    let till = shop.device("Till 1").await;
    stock_up(&server.owner_pool(), &shop, 10).await;
    let mut late = database.begin(shop.tenant()).await.unwrap();
    let version = next_version(&mut late, shop.tenant(), Stream::Catalogue).await.unwrap();
    sqlx::query(
        "insert into products (tenant_id, product_id, name, price_minor, sync_version) values ($1, $2, 'Late', 1, $3)",
    )
    .bind(shop.tenant().0)
    .bind(Uuid::new_v4())
    .bind(version)
    .execute(&mut *late)
    .await
    .unwrap();
    let cut = manifest(&till).await;
    assert_eq!(cut.product_count, 10);
    late.commit().await.unwrap();
    let mut products = BTreeMap::new();
    assert_eq!(follow(&till, Some(&cut.cursor), &mut products).await, 1);
    assert_eq!(products.values().next().unwrap()["name"], "Late");
}

#[tokio::test]
async fn a_base_from_before_a_forgotten_deletion_is_not_given() {
    let server = TestServer::start().await;
    let (shop, owner) = (server.shop().await, server.owner_pool());
    let till = shop.device("Till 1").await;
    stock_up(&owner, &shop, 10).await;
    let cut = manifest(&till).await;
    let victim = by_rows(&till).await.into_keys().next().unwrap();
    assert_eq!(shop.delete(&format!("/api/products/{victim}")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(manifest(&till).await.product_count, 10, "the deletion comes with the pull");
    sqlx::query(
        "with dead as (delete from products where deleted_at is not null returning *)
        insert into tombstone_floors select tenant_id, 'products', sync_version, product_id, last_modified from dead",
    )
    .execute(&owner)
    .await
    .unwrap();
    let after = manifest(&till).await;
    assert_eq!(after.product_count, 9);
    assert_eq!(whole(&till, &after).await, by_rows(&till).await);
    let old = till.pull(json!({ "cursor": cut.cursor, "collections": ["products"] })).await.1;
    assert_eq!(old["mustResync"], json!(true));
}

#[tokio::test]
async fn two_servers_that_cut_at_once_cut_the_same() {
    let server = TestServer::start().await;
    let other = TestServer::start_on(server.db.clone()).await;
    let shop = server.shop().await;
    let till = shop.device("Till 1").await;
    stock_up(&server.owner_pool(), &shop, 2_000).await;
    let there = till.at(&other);
    let (one, two) = tokio::join!(manifest(&till), manifest(&there));
    assert_eq!((one.chunks, one.cursor), (two.chunks, two.cursor));
}

#[tokio::test]
async fn a_chunk_is_compressed_immutable_and_the_tenants_own() {
    let server = TestServer::start().await;
    let (shop, owner) = (server.shop().await, server.owner_pool());
    let till = shop.device("Till 1").await;
    stock_up(&owner, &shop, 300).await;
    let cut = manifest(&till).await;
    let named = &cut.chunks[0];
    let answer = chunk(&till, &named.url, "br, gzip").await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-encoding"), "gzip");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("vary"), "accept-encoding");
    assert_eq!(header("etag"), format!("\"{}\"", named.sha256));
    assert!(header("cache-control").contains("immutable"));
    let compressed = answer.bytes().await.unwrap().len() as u64;
    assert!(compressed * 3 < named.bytes, "{compressed} of {}", named.bytes);

    let neighbour = server.shop().await;
    let foreign = neighbour.device("Till 1").await;
    for client in [&*foreign, &*neighbour] {
        assert_refused(client.get(&named.url).await, StatusCode::NOT_FOUND, "not_found");
    }
    assert_eq!(shop.get(&named.url).await.0, StatusCode::OK, "a manager's browser may read it");
    assert_eq!(server.get(&named.url).await.0, StatusCode::UNAUTHORIZED);
    assert_refused(till.get("/api/sync/chunks/none").await, StatusCode::NOT_FOUND, "not_found");
    let absurd = till.post("/api/sync/products/pull", json!({ "format": "scrolls" })).await;
    assert_refused(absurd, StatusCode::UNPROCESSABLE_ENTITY, "unsupported_format");
}

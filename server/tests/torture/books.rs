//! The books, checked against what the tills know they sold.

use crate::{
    cluster::Cluster,
    shop::Shop,
    till::{Entry, Till},
    watcher::Watcher,
};
use keeptill_sync::{
    journal::{FIRST_PREV_HASH, chain_hash, content_hash},
    wire::EventStatus,
};
use sqlx::{PgPool, Row};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

pub async fn check(cluster: &Cluster, shops: &[Arc<Shop>], tills: &[Arc<Till>], watcher: &Watcher) {
    let pool = cluster.pool();
    let mut receipts = HashSet::new();
    for till in tills {
        let journal = till.journal().clone();
        every_sale_is_there_once(&pool, till, &journal).await;
        the_chain_verifies(&journal);
        the_device_stands_right(&pool, till, &journal).await;
        for entry in &journal {
            let receipt = (till.shop.tenant, entry.sale.receipt_number.clone());
            assert!(receipts.insert(receipt), "two sales have one receipt number");
        }
    }
    for table in ["events", "sales"] {
        let count: i64 = one(&pool, &format!("select count(*) from {table}")).await;
        assert_eq!(count as usize, receipts.len(), "{table} holds what nobody sold");
    }
    let broken: i64 = one(&pool, "select count(*) from sales where 'chain_broken' = any(conflict_reasons)").await;
    assert_eq!(broken, 0, "no chain was broken");
    let restarts: i64 = one(&pool, "select count(*) from device_restarts").await;
    assert_eq!(restarts, 0, "no till was wiped");
    let astray: i64 = one(
        &pool,
        "select count(*) from stock_levels full join (
             select tenant_id, store_id, product_id, sum(delta_milli) as moved from stock_movements group by 1, 2, 3
         ) as movements using (tenant_id, store_id, product_id)
         where coalesce(on_hand_milli, 0) <> coalesce(moved, 0)",
    )
    .await;
    assert_eq!(astray, 0, "stock is the sum of its movements");
    for shop in shops {
        stock_is_what_was_sold(&pool, shop, tills).await;
    }
    the_watcher_holds_what_stands(&pool, watcher).await;
}

async fn every_sale_is_there_once(pool: &PgPool, till: &Till, journal: &[Entry]) {
    let rows = sqlx::query(
        "select e.client_id, e.copy, e.content_hash, e.device_seq, e.outcome ->> 'status' as status, s.total_minor,
                (select sum(i.total_minor)::bigint from sale_items i
                 where i.tenant_id = e.tenant_id and i.client_id = e.client_id and i.copy = e.copy) as lines_minor,
                (select sum(t.amount_minor)::bigint from sale_tenders t
                 where t.tenant_id = e.tenant_id and t.client_id = e.client_id and t.copy = e.copy) as paid_minor
         from events e join sales s using (tenant_id, client_id, copy) where e.tenant_id = $1 and e.device_id = $2",
    )
    .bind(till.shop.tenant)
    .bind(till.device.id)
    .fetch_all(pool)
    .await
    .unwrap();
    let mut here = HashMap::new();
    for row in &rows {
        assert_eq!(row.get::<i16, _>("copy"), 0, "a sale is there with another content");
        assert!(here.insert(row.get::<Uuid, _>("client_id"), row).is_none(), "a sale is there twice");
    }
    assert_eq!(here.len(), journal.len());
    for (entry, seq) in journal.iter().zip(1_i64..) {
        let row = here.get(&entry.sale.client_id.0).expect("an acknowledged sale is gone");
        assert_eq!(row.get::<Vec<u8>, _>("content_hash"), content_hash(&entry.event).unwrap());
        assert_eq!(row.get::<i64, _>("device_seq"), seq);
        let status = if entry.status == Some(EventStatus::Synced) { "synced" } else { "conflict" };
        assert_eq!(row.get::<String, _>("status"), status);
        for amount in ["total_minor", "lines_minor", "paid_minor"] {
            assert_eq!(row.get::<i64, _>(amount), entry.sale.total_minor.0, "{amount}");
        }
    }
}

fn the_chain_verifies(journal: &[Entry]) {
    let mut before = FIRST_PREV_HASH.to_owned();
    for entry in journal {
        assert_eq!(entry.event["prevHash"], before.as_str());
        before = chain_hash(&entry.event).unwrap();
        assert_eq!(entry.event["hash"], before.as_str());
    }
}

async fn the_device_stands_right(pool: &PgPool, till: &Till, journal: &[Entry]) {
    let row = sqlx::query("select acked_seq, highest_seq from devices where tenant_id = $1 and device_id = $2")
        .bind(till.shop.tenant)
        .bind(till.device.id)
        .fetch_one(pool)
        .await
        .unwrap();
    let numbers = (row.get::<i64, _>("acked_seq"), row.get::<i64, _>("highest_seq"));
    assert_eq!(numbers, (journal.len() as i64, journal.len() as i64), "a gap that nobody can explain");
}

async fn stock_is_what_was_sold(pool: &PgPool, shop: &Shop, tills: &[Arc<Till>]) {
    let mut left: HashMap<Uuid, i64> =
        shop.products.iter().map(|product| (product.id, product.stocked * 1_000)).collect();
    for till in tills.iter().filter(|till| till.shop.tenant == shop.tenant) {
        // What is in conflict here asked for more than there was, and waits with all of its stock.
        for entry in till.journal().iter().filter(|entry| entry.status == Some(EventStatus::Synced)) {
            for line in &entry.sale.items {
                *left.get_mut(&line.product_id.0).unwrap() -= line.quantity.milli();
            }
        }
    }
    for row in levels(pool, shop).await {
        let (product, on_hand): (Uuid, i64) = (row.get("product_id"), row.get("on_hand_milli"));
        assert!(on_hand >= 0, "more was sold than was there");
        assert_eq!(on_hand, left[&product]);
    }
}

async fn the_watcher_holds_what_stands(pool: &PgPool, watcher: &Watcher) {
    let seen = watcher.seen();
    let levels = levels(pool, &watcher.shop).await;
    assert_eq!(levels.len(), seen.on_hand.len());
    for row in levels {
        let product: Uuid = row.get("product_id");
        assert_eq!(row.get::<i64, _>("on_hand_milli"), seen.on_hand[&product].milli(), "a pull has missed a change");
        assert_eq!(row.get::<i64, _>("price_minor"), seen.prices[&product].0, "a pull has missed a price");
    }
    assert!(seen.pulls > 1);
}

async fn levels(pool: &PgPool, shop: &Shop) -> Vec<sqlx::postgres::PgRow> {
    sqlx::query(
        "select product_id, on_hand_milli, price_minor from stock_levels join products using (tenant_id, product_id)
         where tenant_id = $1",
    )
    .bind(shop.tenant)
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn one(pool: &PgPool, query: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(query.to_owned())).fetch_one(pool).await.unwrap()
}

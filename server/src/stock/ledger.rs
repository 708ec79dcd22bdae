//! The stock ledger: movements, which are only ever added, and the running sum kept beside them.
//!
//! Whoever moves stock comes through here, so that levels are always locked in the order of their products, and the
//! stream's version is drawn after that; two transactions that move the same products can't wait for each other.

use crate::{
    database::Tx,
    error::Result,
    versions::{Stream, next_version},
};
use keeptill_domain::{ClientId, MovementReason, ProductId, Quantity, StoreId, TenantId, UserId};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// One movement to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMovement {
    pub product: ProductId,
    pub delta: Quantity,
    pub reason: MovementReason,
    /// The sale that caused it, with its copy.
    pub sale: Option<(ClientId, i16)>,
    pub user: Option<UserId>,
    pub note: Option<String>,
}

/// What is on hand of `products`, locked until the transaction ends. Every product must be one of the tenant's.
///
/// A product that never moved in this store gets its row here, at version 0: it enters the stream with its first
/// movement.
pub async fn lock_levels(
    tx: &mut Tx,
    tenant: TenantId,
    store: StoreId,
    products: &[ProductId],
) -> Result<HashMap<ProductId, Quantity>> {
    let mut wanted: Vec<Uuid> = products.iter().map(|product| product.0).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut levels = lock_existing(tx, tenant, store, &wanted).await?;
    wanted.retain(|product| !levels.contains_key(&ProductId(*product)));
    if !wanted.is_empty() {
        sqlx::query!(
            "insert into stock_levels (tenant_id, store_id, product_id, sync_version)
             select $1, $2, product_id, 0 from unnest($3::uuid[]) as missing(product_id) order by product_id
             on conflict do nothing",
            tenant.0,
            store.0,
            &wanted,
        )
        .execute(&mut **tx)
        .await?;
        levels.extend(lock_existing(tx, tenant, store, &wanted).await?);
    }
    Ok(levels)
}

async fn lock_existing(
    tx: &mut Tx,
    tenant: TenantId,
    store: StoreId,
    products: &[Uuid],
) -> Result<HashMap<ProductId, Quantity>> {
    if products.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select product_id, on_hand_milli from stock_levels
         where tenant_id = $1 and store_id = $2 and product_id = any($3)
         order by product_id for no key update",
        tenant.0,
        store.0,
        products,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (ProductId(row.product_id), Quantity::from_milli(row.on_hand_milli))).collect())
}

/// Adds the movements and carries them into the levels. Returns what is on hand now of each product moved.
///
/// The stream's version is held from here to the commit, so this comes as late in a transaction as it can.
pub async fn apply(
    tx: &mut Tx,
    tenant: TenantId,
    store: StoreId,
    movements: &[NewMovement],
) -> Result<HashMap<ProductId, Quantity>> {
    apply_named(tx, tenant, store, movements, &column(movements, |_| Uuid::now_v7())).await
}

/// Like [`apply`], where the caller tells the movements' ids on.
pub async fn apply_named(
    tx: &mut Tx,
    tenant: TenantId,
    store: StoreId,
    movements: &[NewMovement],
    ids: &[Uuid],
) -> Result<HashMap<ProductId, Quantity>> {
    if movements.is_empty() {
        return Ok(HashMap::new());
    }
    let mut moved: BTreeMap<ProductId, Quantity> = BTreeMap::new();
    for movement in movements {
        let sum = moved.entry(movement.product).or_default();
        *sum = *sum + movement.delta;
    }
    let products: Vec<ProductId> = moved.keys().copied().collect();
    lock_levels(tx, tenant, store, &products).await?;
    insert(tx, tenant, store, movements, ids).await?;
    let version = next_version(tx, tenant, Stream::Stock).await?;
    let rows = sqlx::query!(
        "update stock_levels as level
         set on_hand_milli = level.on_hand_milli + moved.delta, sync_version = $5, last_modified = clock_timestamp()
         from unnest($3::uuid[], $4::bigint[]) as moved(product_id, delta)
         where level.tenant_id = $1 and level.store_id = $2 and level.product_id = moved.product_id
         returning level.product_id, level.on_hand_milli",
        tenant.0,
        store.0,
        &products.iter().map(|product| product.0).collect::<Vec<_>>(),
        &moved.values().map(|delta| delta.milli()).collect::<Vec<_>>(),
        version,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (ProductId(row.product_id), Quantity::from_milli(row.on_hand_milli))).collect())
}

async fn insert(tx: &mut Tx, tenant: TenantId, store: StoreId, movements: &[NewMovement], ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "insert into stock_movements
             (tenant_id, store_id, movement_id, product_id, delta_milli, reason, client_id, copy, user_id, note)
         select $1, $2, moved.* from unnest(
             $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::uuid[], $8::smallint[], $9::uuid[], $10::text[]
         ) as moved",
        tenant.0,
        store.0,
        ids,
        &column(movements, |movement| movement.product.0),
        &column(movements, |movement| movement.delta.milli()),
        &column(movements, |movement| movement.reason.as_str().to_owned()),
        &column(movements, |movement| movement.sale.map(|(sale, _)| sale.0)) as &[Option<Uuid>],
        &column(movements, |movement| movement.sale.map(|(_, copy)| copy)) as &[Option<i16>],
        &column(movements, |movement| movement.user.map(|user| user.0)) as &[Option<Uuid>],
        &column(movements, |movement| movement.note.clone()) as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One column of what is inserted set-wise.
pub fn column<R, T>(rows: &[R], pick: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(pick).collect()
}

//! One page of each collection after a place: the rows that stand, the ids of those that are gone, the new place.

use super::cursor::Place;
use crate::{
    catalogue::{products::ProductRow, taxes::TaxRow},
    database::Tx,
    error::{Error, Result},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{
    Category, CategoryId, Product, ProductId, Quantity, Settings, StaffMember, StockLevel, StoreId, Tax, TenantId,
    UserId,
};
use uuid::Uuid;

/// What one collection gave.
pub struct Found<T> {
    pub rows: Vec<T>,
    pub gone: Vec<Uuid>,
    /// Where to go on.
    pub place: Place,
    pub more: bool,
}

impl<T> Found<T> {
    pub fn count(&self) -> usize {
        self.rows.len() + self.gone.len()
    }

    /// Out of the rows of a query that asked for one more than `limit`: each with its place, and `None` where only a
    /// tombstone is left.
    fn of(found: Vec<(Place, Option<T>)>, start: Place, limit: usize) -> Self {
        let more = found.len() > limit;
        let mut page = Self { rows: Vec::new(), gone: Vec::new(), place: start, more };
        for (place, row) in found.into_iter().take(limit) {
            page.place = place;
            match row {
                Some(row) => page.rows.push(row),
                None => page.gone.push(place.1),
            }
        }
        page
    }
}

fn standing<T>(deleted_at: Option<DateTime<Utc>>, row: impl FnOnce() -> T) -> Option<T> {
    deleted_at.is_none().then(row)
}

pub async fn products(tx: &mut Tx, tenant: TenantId, start: Place, limit: usize) -> Result<Found<Product>> {
    let rows = sqlx::query!(
        "select product_id, name, sku, barcode, category_id, tax_id, price_minor, unit, track_stock, image_url,
            archived, sync_version, last_modified, deleted_at
        from products where tenant_id = $1 and (sync_version, product_id) > ($2, $3)
        order by sync_version, product_id limit $4",
        tenant.0,
        start.0,
        start.1,
        limit as i64 + 1
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| {
        let product = standing(row.deleted_at, || {
            Product::from(ProductRow {
                id: row.product_id,
                name: row.name,
                sku: row.sku,
                barcode: row.barcode,
                category_id: row.category_id,
                tax_id: row.tax_id,
                price_minor: row.price_minor,
                unit: row.unit,
                track_stock: row.track_stock,
                image_url: row.image_url,
                archived: row.archived,
                sync_version: row.sync_version,
                last_modified: row.last_modified,
            })
        });
        (Place(row.sync_version, row.product_id), product)
    });
    Ok(Found::of(found.collect(), start, limit))
}

pub async fn categories(tx: &mut Tx, tenant: TenantId, start: Place, limit: usize) -> Result<Found<Category>> {
    let rows = sqlx::query!(
        "select category_id, name, sync_version, last_modified, deleted_at
        from categories where tenant_id = $1 and (sync_version, category_id) > ($2, $3)
        order by sync_version, category_id limit $4",
        tenant.0,
        start.0,
        start.1,
        limit as i64 + 1
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| {
        let category = standing(row.deleted_at, || Category {
            id: CategoryId(row.category_id),
            name: row.name,
            sync_version: row.sync_version,
            last_modified: row.last_modified,
        });
        (Place(row.sync_version, row.category_id), category)
    });
    Ok(Found::of(found.collect(), start, limit))
}

pub async fn taxes(tx: &mut Tx, tenant: TenantId, start: Place, limit: usize) -> Result<Found<Tax>> {
    let rows = sqlx::query!(
        "select tax_id, name, rate_ppm, sync_version, last_modified, deleted_at
        from taxes where tenant_id = $1 and (sync_version, tax_id) > ($2, $3)
        order by sync_version, tax_id limit $4",
        tenant.0,
        start.0,
        start.1,
        limit as i64 + 1
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| {
        let tax = standing(row.deleted_at, || {
            Tax::from(TaxRow {
                id: row.tax_id,
                name: row.name,
                rate_ppm: row.rate_ppm,
                sync_version: row.sync_version,
                last_modified: row.last_modified,
            })
        });
        (Place(row.sync_version, row.tax_id), tax)
    });
    Ok(Found::of(found.collect(), start, limit))
}

/// `with_verifiers` for devices only: a browser logged in to the office has no use for anybody's PIN.
pub async fn staff(
    tx: &mut Tx,
    tenant: TenantId,
    start: Place,
    limit: usize,
    with_verifiers: bool,
) -> Result<Found<StaffMember>> {
    let rows = sqlx::query!(
        "select user_id, name, role, case when $5 then pin_verifier end as pin_verifier, sync_version, last_modified,
            deleted_at
        from users where tenant_id = $1 and (sync_version, user_id) > ($2, $3)
        order by sync_version, user_id limit $4",
        tenant.0,
        start.0,
        start.1,
        limit as i64 + 1,
        with_verifiers
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let role = row.role.parse().map_err(Error::internal)?;
        let person = standing(row.deleted_at, || StaffMember {
            id: UserId(row.user_id),
            name: row.name,
            role,
            pin_verifier: row.pin_verifier,
            sync_version: row.sync_version,
            last_modified: row.last_modified,
        });
        found.push((Place(row.sync_version, row.user_id), person));
    }
    Ok(Found::of(found, start, limit))
}

pub async fn stock(
    tx: &mut Tx,
    tenant: TenantId,
    store: StoreId,
    start: Place,
    limit: usize,
) -> Result<Found<StockLevel>> {
    // Version 0 is a row that was made to be locked and has not moved yet.
    let rows = sqlx::query!(
        "select product_id, on_hand_milli, sync_version, last_modified
        from stock_levels
        where tenant_id = $1 and store_id = $5 and (sync_version, product_id) > ($2, $3) and sync_version > 0
        order by sync_version, product_id limit $4",
        tenant.0,
        start.0,
        start.1,
        limit as i64 + 1,
        store.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| {
        let level = StockLevel {
            product_id: ProductId(row.product_id),
            on_hand: Quantity::from_milli(row.on_hand_milli),
            sync_version: row.sync_version,
            last_modified: row.last_modified,
        };
        (Place(row.sync_version, row.product_id), Some(level))
    });
    Ok(Found::of(found.collect(), start, limit))
}

/// A single row: there whole where it changed, else not at all.
pub async fn settings(tx: &mut Tx, tenant: TenantId, start: Place) -> Result<Option<Settings>> {
    let row = sqlx::query!(
        "select name, currency, time_zone, prices_include_tax, sync_version, last_modified
        from tenants where tenant_id = $1 and sync_version > $2",
        tenant.0,
        start.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Settings {
            shop_name: row.name,
            currency: row.currency.parse().map_err(Error::internal)?,
            time_zone: row.time_zone,
            prices_include_tax: row.prices_include_tax,
            sync_version: row.sync_version,
            last_modified: row.last_modified,
        })
    })
    .transpose()
}

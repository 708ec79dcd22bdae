//! What changed since a cursor of (version, id), a page at a time, as of one moment.

use super::{Server, Token, push::refusal};
use crate::mutants::Mutant;
use chrono::{DateTime, Utc};
use keeptill_domain::{Product, ProductId, Quantity, StockLevel};
use keeptill_sync::{
    failure::Failure,
    wire::{DeletedIds, PullRequest, PullResponse},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The last (version, id) of a collection that was handed over.
type Place = (i64, u128);

#[derive(Clone, Copy, Default)]
pub struct Cursor {
    products: Place,
    stock: Place,
    settings: i64,
    /// The last tombstone that was gone when this pull began from nothing.
    began_after: i64,
}

impl Cursor {
    /// Before everything but the products up to a version.
    pub fn after_products(version: i64) -> Self {
        Self { products: (version, u128::MAX), ..Self::default() }
    }

    pub fn write(self, epoch: Uuid) -> String {
        let ((pv, pi), (sv, si)) = (self.products, self.stock);
        format!("{epoch} {pv} {pi} {sv} {si} {} {}", self.settings, self.began_after)
    }

    fn read(text: &str) -> Option<(Uuid, Self)> {
        let mut parts = text.split(' ');
        let epoch = parts.next()?.parse().ok()?;
        let mut number = || parts.next();
        let cursor = Self {
            products: (number()?.parse().ok()?, number()?.parse().ok()?),
            stock: (number()?.parse().ok()?, number()?.parse().ok()?),
            settings: number()?.parse().ok()?,
            began_after: number()?.parse().ok()?,
        };
        Some((epoch, cursor))
    }
}

impl Server {
    pub fn pull(&self, token: Token, request: &PullRequest, now: DateTime<Utc>) -> Result<PullResponse, Failure> {
        self.device_of(token).ok_or_else(|| refusal(401, "unknown_device"))?;
        let known = match request.cursor.as_deref().map(Cursor::read) {
            Some(None) => return Err(refusal(400, "bad_cursor")),
            Some(known) => known,
            None => None,
        };
        let mut answer = PullResponse {
            epoch: self.epoch,
            cursor: String::new(),
            server_time: now,
            has_more: false,
            must_resync: false,
            products: Some(vec![]),
            categories: Some(vec![]),
            taxes: Some(vec![]),
            staff: Some(vec![]),
            settings: None,
            stock: Some(vec![]),
            deleted_ids: DeletedIds { products: Some(vec![]), ..DeletedIds::default() },
        };
        let worthless = known.is_some_and(|(epoch, cursor)| {
            let known = cursor.products.0.max(cursor.began_after);
            epoch != self.epoch.0 || (cursor.products.0 > 0 && known < self.purged)
        });
        if worthless {
            answer.must_resync = true;
            answer.cursor = Cursor::default().write(self.epoch.0);
            return Ok(answer);
        }
        let mut cursor = known.map(|(_, cursor)| cursor).unwrap_or_default();
        if cursor.products.0 == 0 {
            cursor.began_after = self.purged;
        }
        let limit = self.rows_max.min(request.limit.unwrap_or(1_000) as usize);
        let left = self.fill_products(&mut cursor, limit, &mut answer);
        self.fill_stock(&mut cursor, left, now, &mut answer);
        if cursor.settings < self.settings_version {
            answer.settings = Some(self.settings(now));
            cursor.settings = self.settings_version;
        }
        answer.cursor = cursor.write(self.epoch.0);
        Ok(answer)
    }

    fn fill_products(&self, cursor: &mut Cursor, limit: usize, answer: &mut PullResponse) -> usize {
        let place = |product: &Product| (product.sync_version, product.id.0.as_u128());
        let mut rows: Vec<_> = self
            .products
            .values()
            .filter(|row| place(&row.product) > cursor.products && !self.is_purged(row))
            .collect();
        rows.sort_by_key(|row| place(&row.product));
        answer.has_more |= rows.len() > limit;
        let highest = rows.last().map(|row| place(&row.product));
        rows.truncate(limit);
        for row in &rows {
            cursor.products = place(&row.product);
            match row.deleted {
                true => answer.deleted_ids.products.get_or_insert_default().push(row.product.id.0),
                false => answer.products.get_or_insert_default().push(row.product.clone()),
            }
        }
        if self.mutant == Some(Mutant::CursorIsHighestRow) {
            cursor.products = highest.unwrap_or(cursor.products);
        }
        limit - rows.len()
    }

    fn fill_stock(&self, cursor: &mut Cursor, limit: usize, now: DateTime<Utc>, answer: &mut PullResponse) {
        let mut rows: Vec<_> =
            self.stock.iter().map(|(id, level)| ((level.version, id.0.as_u128()), id, level)).collect();
        rows.retain(|(place, _, _)| *place > cursor.stock);
        rows.sort_by_key(|(place, _, _)| *place);
        answer.has_more |= rows.len() > limit;
        rows.truncate(limit);
        for (place, id, level) in rows {
            cursor.stock = place;
            let row =
                StockLevel { product_id: *id, on_hand: level.on_hand, sync_version: level.version, last_modified: now };
            answer.stock.get_or_insert_default().push(row);
        }
    }

    fn is_purged(&self, row: &super::Row) -> bool {
        row.deleted && row.product.sync_version <= self.purged
    }

    /// What a till that has pulled everything shows: the products that stand, and what is on hand of them.
    pub fn picture(&self) -> (BTreeMap<ProductId, Product>, BTreeMap<ProductId, Quantity>) {
        let standing = self.products.values().filter(|row| !row.deleted);
        let products: BTreeMap<_, _> = standing.map(|row| (row.product.id, row.product.clone())).collect();
        let stock = self.stock.iter().filter(|(id, _)| products.contains_key(id));
        let stock = stock.map(|(id, level)| (*id, level.on_hand)).collect();
        (products, stock)
    }
}

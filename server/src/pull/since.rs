//! Pulling by time, for simple clients: finds the place in each collection before everything that changed since.

use super::cursor::Place;
use crate::{
    database::{STATEMENT_TIME_MAX, Tx},
    error::Result,
    request::REQUEST_TIME_MAX,
    versions::Stream,
};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{StoreId, TenantId};
use keeptill_sync::wire::Collection;
use std::time::Duration;

/// A row carries the time at which it was written, and is seen from the commit on. Between the two lies at most what a
/// request may take, plus the statement that was running when it was given up. Reaching back further than that leaves
/// no gap; repeats are harmless.
pub const OVERLAP: Duration = Duration::from_secs(60);

const _: () = assert!(OVERLAP.as_secs() > REQUEST_TIME_MAX.as_secs() + STATEMENT_TIME_MAX.as_secs());

/// The last second of the year 9999.
const CALENDAR_END: i64 = 253_402_300_799;

/// The instant, or the nearest that PostgreSQL and people's calendars have: JSON's reaches further.
pub fn within_the_calendar(at: DateTime<Utc>) -> DateTime<Utc> {
    let end = DateTime::from_timestamp(CALENDAR_END, 0).unwrap_or(DateTime::UNIX_EPOCH);
    at.clamp(DateTime::UNIX_EPOCH, end)
}

/// How far back a pull since then has to look.
pub fn reach(last_sync: DateTime<Utc>) -> DateTime<Utc> {
    let overlap = TimeDelta::from_std(OVERLAP).unwrap_or(TimeDelta::MAX);
    last_sync.checked_sub_signed(overlap).map_or(DateTime::UNIX_EPOCH, within_the_calendar)
}

/// The place after which every change at or after `last_sync` lies.
///
/// Versions grow with time, so the lowest version changed since is where to begin; where nothing changed, it is after
/// everything the snapshot holds.
pub async fn place(
    tx: &mut Tx,
    tenant: TenantId,
    store: StoreId,
    collection: Collection,
    last_sync: DateTime<Utc>,
) -> Result<Place> {
    let since = reach(last_sync);
    let first = match collection {
        Collection::Products => {
            sqlx::query_scalar!(
                "select min(sync_version) from products where tenant_id = $1 and last_modified >= $2",
                tenant.0,
                since
            )
            .fetch_one(&mut **tx)
            .await?
        }
        Collection::Categories => {
            sqlx::query_scalar!(
                "select min(sync_version) from categories where tenant_id = $1 and last_modified >= $2",
                tenant.0,
                since
            )
            .fetch_one(&mut **tx)
            .await?
        }
        Collection::Taxes => {
            sqlx::query_scalar!(
                "select min(sync_version) from taxes where tenant_id = $1 and last_modified >= $2",
                tenant.0,
                since
            )
            .fetch_one(&mut **tx)
            .await?
        }
        Collection::Staff => {
            sqlx::query_scalar!(
                "select min(sync_version) from users where tenant_id = $1 and last_modified >= $2",
                tenant.0,
                since
            )
            .fetch_one(&mut **tx)
            .await?
        }
        Collection::Settings => {
            sqlx::query_scalar!(
                "select min(sync_version) from tenants where tenant_id = $1 and last_modified >= $2",
                tenant.0,
                since
            )
            .fetch_one(&mut **tx)
            .await?
        }
        Collection::Stock => {
            sqlx::query_scalar!(
                "select min(sync_version) from stock_levels
                where tenant_id = $1 and store_id = $2 and last_modified >= $3 and sync_version > 0",
                tenant.0,
                store.0,
                since
            )
            .fetch_one(&mut **tx)
            .await?
        }
    };
    match first {
        Some(first) => Ok(Place::after(first - 1)),
        None => Ok(Place::after(current_version(tx, tenant, stream(collection)).await?)),
    }
}

fn stream(collection: Collection) -> Stream {
    match collection {
        Collection::Stock => Stream::Stock,
        _ => Stream::Catalogue,
    }
}

async fn current_version(tx: &mut Tx, tenant: TenantId, stream: Stream) -> Result<i64> {
    let version = sqlx::query_scalar!(
        "select version from stream_versions where tenant_id = $1 and stream = $2",
        tenant.0,
        stream.as_str()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(version)
}

//! How a day is going, in the shop's own time zone: for the office's first page.
//!
//! A sale in conflict counts like any other, for its money was taken. A second content under one `clientId` counts
//! once a manager has decided on it. A void counts on the day it was decided.

use crate::{
    database::{Database, Tx},
    error::Result,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use keeptill_domain::{Money, StoreId, TenantId};
use serde::{Deserialize, Serialize};

/// A sale that took longer than this to arrive was sold offline, as far as anybody can tell.
const OFFLINE_AFTER_SECONDS: i32 = 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaySummary {
    /// The shop's date.
    pub date: NaiveDate,
    pub currency: String,
    pub taken_minor: Money,
    pub sales_count: i64,
    /// The hours that had sales or voids, in order.
    pub hours: Vec<HourTakings>,
    /// The same day a week before: all of it, and up to the end of this hour.
    pub last_week_minor: Money,
    pub last_week_so_far_minor: Money,
    pub last_week_hours: Vec<HourTakings>,
    /// Of today's sales, those that arrived more than a minute after they were made.
    pub sold_offline_count: i64,
    /// Open conflicts, of whatever day.
    pub in_review_count: i64,
    pub in_review_minor: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HourTakings {
    /// 0 to 23, by the shop's clock.
    pub hour: i32,
    pub taken_minor: Money,
    pub sales_count: i64,
}

/// The day that `now` falls in, for one store or for all.
pub async fn day_summary(
    db: &Database,
    tenant: TenantId,
    store: Option<StoreId>,
    now: DateTime<Utc>,
) -> Result<DaySummary> {
    let mut tx = db.snapshot(tenant).await?;
    let shop = sqlx::query!(
        r#"select currency, (($2::timestamptz) at time zone time_zone)::date as "today!",
                  extract(hour from $2::timestamptz at time zone time_zone)::integer as "hour!"
           from tenants where tenant_id = $1"#,
        tenant.0,
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    let today = shop.today;
    let week_before = today.checked_sub_days(Days::new(7)).unwrap_or(today);
    let hours = hours(&mut tx, tenant, store, today).await?;
    let last_week_hours = self::hours(&mut tx, tenant, store, week_before).await?;
    let so_far = last_week_hours.iter().filter(|takings| takings.hour <= shop.hour);
    let review = in_review(&mut tx, tenant, store).await?;
    Ok(DaySummary {
        date: today,
        currency: shop.currency,
        taken_minor: hours.iter().map(|takings| takings.taken_minor).sum(),
        sales_count: hours.iter().map(|takings| takings.sales_count).sum(),
        last_week_minor: last_week_hours.iter().map(|takings| takings.taken_minor).sum(),
        last_week_so_far_minor: so_far.map(|takings| takings.taken_minor).sum(),
        hours,
        last_week_hours,
        sold_offline_count: sold_offline(&mut tx, tenant, store, today).await?,
        in_review_count: review.0,
        in_review_minor: review.1,
    })
}

async fn hours(tx: &mut Tx, tenant: TenantId, store: Option<StoreId>, day: NaiveDate) -> Result<Vec<HourTakings>> {
    let rows = sqlx::query!(
        r#"with day as (
               select time_zone, currency, $3::date::timestamp at time zone time_zone as began,
                      ($3::date + 1)::timestamp at time zone time_zone as ended
               from tenants where tenant_id = $1
           ), entries as (
               select s.sold_at as at, s.total_minor, 1 as sales
               from day join sales s on s.sold_at >= day.began and s.sold_at < day.ended
               where s.tenant_id = $1 and ($2::uuid is null or s.store_id = $2)
                 and s.currency = day.currency and (s.copy = 0 or s.resolution is not null)
               union all
               select r.reversed_at, r.total_minor, 0
               from day join sale_reversals r on r.reversed_at >= day.began and r.reversed_at < day.ended
               join sales s on s.tenant_id = r.tenant_id and s.client_id = r.client_id and s.copy = r.copy
               where r.tenant_id = $1 and ($2::uuid is null or s.store_id = $2) and s.currency = day.currency
           )
           select extract(hour from entries.at at time zone day.time_zone)::integer as "hour!",
                  sum(total_minor)::bigint as "taken!", sum(sales)::bigint as "sales!"
           from entries cross join day group by 1 order by 1"#,
        tenant.0,
        store.map(|store| store.0),
        day,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| HourTakings { hour: row.hour, taken_minor: Money(row.taken), sales_count: row.sales })
        .collect())
}

async fn sold_offline(tx: &mut Tx, tenant: TenantId, store: Option<StoreId>, day: NaiveDate) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from sales s join tenants t on t.tenant_id = s.tenant_id
           where s.tenant_id = $1 and ($2::uuid is null or s.store_id = $2)
             and s.sold_at >= $3::date::timestamp at time zone t.time_zone
             and s.sold_at < ($3::date + 1)::timestamp at time zone t.time_zone
             and s.received_at > s.sold_at + make_interval(secs => $4::integer)"#,
        tenant.0,
        store.map(|store| store.0),
        day,
        OFFLINE_AFTER_SECONDS,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

async fn in_review(tx: &mut Tx, tenant: TenantId, store: Option<StoreId>) -> Result<(i64, Money)> {
    let row = sqlx::query!(
        r#"select count(*) as "count!", coalesce(sum(total_minor), 0)::bigint as "taken!" from sales
           where tenant_id = $1 and ($2::uuid is null or store_id = $2) and sync_status = 'conflict'"#,
        tenant.0,
        store.map(|store| store.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.count, Money(row.taken)))
}

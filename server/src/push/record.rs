//! Writing what was judged: each table once for the whole batch.

use super::{
    judge::{Clock, Shop, Verdict},
    read::{SaleEvent, countable},
    sender::Origin,
};
use crate::{database::Tx, error::Result, stock::ledger::column};
use chrono::{DateTime, Utc};
use keeptill_domain::{SaleId, TenantId, sale::ITEMS_PER_SALE_MAX};
use keeptill_sync::wire::{EventResult, EventStatus};
use serde_json::{Value, json};
use uuid::Uuid;

/// A sale on its way into the tables.
#[derive(Debug)]
pub struct NewSale<'a> {
    pub event: &'a SaleEvent,
    pub copy: i16,
    pub sale_id: SaleId,
    pub verdict: Verdict,
}

impl NewSale<'_> {
    /// What the first push of it is answered; stored, and given again to every push after it.
    pub fn outcome(&self) -> EventResult {
        let Verdict { conflicts, notices, .. } = &self.verdict;
        EventResult {
            client_id: Some(self.event.client_id),
            status: if conflicts.is_empty() { EventStatus::Synced } else { EventStatus::Conflict },
            duplicate: false,
            sale_id: Some(self.sale_id),
            conflicts: conflicts.clone(),
            notices: notices.clone(),
            error: None,
        }
    }
}

/// Where and when all of a batch was received.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    pub tenant: TenantId,
    pub origin: &'a Origin,
    pub shop: Shop,
    pub clock: Clock,
}

/// Claims every `clientId` and writes the sales. False where another connection claimed one of them first: then
/// nothing may be committed, and looking again will find what it wrote.
pub async fn record(tx: &mut Tx, receipt: Receipt<'_>, sales: &[NewSale<'_>]) -> Result<bool> {
    // All writers claim in one order, so that two with the same events wait for each other only one way round.
    let mut sales: Vec<&NewSale<'_>> = sales.iter().collect();
    sales.sort_unstable_by_key(|sale| (sale.event.client_id, sale.copy));
    if !claim(tx, receipt, &sales).await? {
        return Ok(false);
    }
    insert_sales(tx, receipt, &sales).await?;
    insert_items(tx, receipt.tenant, &sales).await?;
    insert_tenders(tx, receipt.tenant, &sales).await?;
    Ok(true)
}

async fn claim(tx: &mut Tx, receipt: Receipt<'_>, sales: &[&NewSale<'_>]) -> Result<bool> {
    let claimed = sqlx::query!(
        "insert into events (tenant_id, device_id, received_at, client_id, copy, type, content_hash, journal, device_seq,
                             prev_hash, hash, body, outcome)
         select $1, $2, $3, sent.client_id, sent.copy, 'sale', sent.content_hash, sent.journal, sent.device_seq,
                sent.prev_hash, sent.hash, sent.body, sent.outcome
         from unnest($4::uuid[], $5::smallint[], $6::bytea[], $7::bigint[], $8::text[], $9::text[], $10::jsonb[],
                     $11::jsonb[], $12::integer[])
              as sent(client_id, copy, content_hash, device_seq, prev_hash, hash, body, outcome, journal)
         on conflict do nothing",
        receipt.tenant.0,
        receipt.origin.device.map(|device| device.id.0),
        receipt.clock.now,
        &column(sales, |sale| sale.event.client_id.0),
        &column(sales, |sale| sale.copy),
        &column(sales, |sale| sale.event.content_hash.to_vec()),
        &column(sales, |sale| sale.event.link.seq) as &[Option<i64>],
        &column(sales, |sale| sale.event.link.prev_hash.clone()) as &[Option<String>],
        &column(sales, |sale| sale.event.link.hash.clone()) as &[Option<String>],
        &column(sales, |sale| sale.event.body.clone()),
        &column(sales, |sale| json!(sale.outcome())),
        &column(sales, |sale| sale.verdict.journal),
    )
    .execute(&mut **tx)
    .await?;
    Ok(claimed.rows_affected() == sales.len() as u64)
}

async fn insert_sales(tx: &mut Tx, receipt: Receipt<'_>, sales: &[&NewSale<'_>]) -> Result<()> {
    let shop = receipt.shop;
    sqlx::query!(
        "insert into sales (tenant_id, store_id, device_id, received_at, client_id, copy, sale_id, cashier_id, shift_id,
                            receipt_number, currency, prices_include_tax, net_minor, tax_minor, total_minor,
                            offline_created_at, sold_at, sync_status, conflicts, conflict_reasons, notices, stock_moved)
         select $1, $2, $3, $4, sent.client_id, sent.copy, sent.sale_id, sent.cashier_id, sent.shift_id,
                sent.receipt_number, sent.currency, sent.prices_include_tax, sent.net_minor, sent.tax_minor,
                sent.total_minor, sent.offline_created_at, sent.sold_at,
                case sent.conflicts when '[]' then 'synced' else 'conflict' end, sent.conflicts,
                array(select conflict ->> 'reason' from jsonb_array_elements(sent.conflicts) as conflict),
                sent.notices, sent.stock_moved
         from unnest($5::uuid[], $6::smallint[], $7::uuid[], $8::uuid[], $9::uuid[], $10::text[], $11::text[],
                     $12::bool[], $13::bigint[], $14::bigint[], $15::bigint[], $16::timestamptz[], $17::timestamptz[],
                     $18::jsonb[], $19::jsonb[], $20::bool[])
              as sent(client_id, copy, sale_id, cashier_id, shift_id, receipt_number, currency, prices_include_tax,
                      net_minor, tax_minor, total_minor, offline_created_at, sold_at, conflicts, notices,
                      stock_moved)",
        receipt.tenant.0,
        receipt.origin.store.0,
        receipt.origin.device.map(|device| device.id.0),
        receipt.clock.now,
        &column(sales, |sale| sale.event.client_id.0),
        &column(sales, |sale| sale.copy),
        &column(sales, |sale| sale.sale_id.0),
        &column(sales, |sale| sale.event.sale.cashier_id.map(|id| id.0)) as &[Option<Uuid>],
        &column(sales, |sale| sale.event.sale.shift_id.map(|id| id.0)) as &[Option<Uuid>],
        &column(sales, |sale| sale.event.sale.receipt_number.clone()) as &[Option<String>],
        &column(sales, |sale| sale.event.sale.currency.unwrap_or(shop.currency).code().to_owned()),
        &column(sales, |sale| sale.event.sale.prices_include_tax.unwrap_or(shop.prices_include_tax)),
        &column(sales, |sale| countable(sale.event.sale.net_minor)),
        &column(sales, |sale| countable(sale.event.sale.tax_minor)),
        &column(sales, |sale| countable(sale.event.sale.total_minor)),
        &column(sales, |sale| sale.event.sale.offline_created_at) as &[Option<DateTime<Utc>>],
        &column(sales, |sale| receipt.clock.sold_at(sale.event.sale.offline_created_at)),
        &column(sales, |sale| json!(sale.verdict.conflicts)),
        &column(sales, |sale| json!(sale.verdict.notices)),
        &column(sales, |sale| sale.verdict.stock_moves),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_items(tx: &mut Tx, tenant: TenantId, sales: &[&NewSale<'_>]) -> Result<()> {
    let lines: Vec<_> = sales
        .iter()
        .flat_map(|sale| sale.event.sale.items.iter().zip(1_i16..).map(move |(item, number)| (sale, number, item)))
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into sale_items (tenant_id, client_id, copy, line_number, product_id, name, sku, quantity_milli,
                                 unit_price_minor, discount_minor, tax_rate_ppm, tax_minor, total_minor,
                                 catalog_version, stock_seen_milli)
         select $1, sent.* from unnest($2::uuid[], $3::smallint[], $4::smallint[], $5::uuid[], $6::text[], $7::text[],
             $8::bigint[], $9::bigint[], $10::bigint[], $11::integer[], $12::bigint[], $13::bigint[], $14::bigint[],
             $15::bigint[]) as sent",
        tenant.0,
        &column(&lines, |(sale, _, _)| sale.event.client_id.0),
        &column(&lines, |(sale, _, _)| sale.copy),
        &column(&lines, |(_, number, _)| *number),
        &column(&lines, |(_, _, item)| item.product_id.0),
        &column(&lines, |(_, _, item)| item.name.clone()) as &[Option<String>],
        &column(&lines, |(_, _, item)| item.sku.clone()) as &[Option<String>],
        &column(&lines, |(_, _, item)| item.quantity.milli()),
        &column(&lines, |(_, _, item)| item.unit_price_minor.0),
        &column(&lines, |(_, _, item)| item.discount_minor.0),
        &column(&lines, |(_, _, item)| i32::try_from(item.tax_rate_ppm.0).unwrap_or(i32::MAX)),
        &column(&lines, |(_, _, item)| item.tax_minor.0),
        &column(&lines, |(_, _, item)| item.total_minor.0),
        &column(&lines, |(_, _, item)| item.catalog_version) as &[Option<i64>],
        &column(&lines, |(_, _, item)| item.stock_seen.map(|seen| seen.milli())) as &[Option<i64>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_tenders(tx: &mut Tx, tenant: TenantId, sales: &[&NewSale<'_>]) -> Result<()> {
    let tenders: Vec<_> = sales
        .iter()
        .flat_map(|sale| {
            let tenders = sale.event.sale.tenders.iter().take(ITEMS_PER_SALE_MAX);
            tenders.zip(1_i16..).map(move |(tender, number)| (sale, number, tender))
        })
        .collect();
    if tenders.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into sale_tenders (tenant_id, client_id, copy, tender_number, type, amount_minor, change_minor,
                                   reference)
         select $1, sent.* from unnest($2::uuid[], $3::smallint[], $4::smallint[], $5::text[], $6::bigint[],
             $7::bigint[], $8::text[]) as sent",
        tenant.0,
        &column(&tenders, |(sale, _, _)| sale.event.client_id.0),
        &column(&tenders, |(sale, _, _)| sale.copy),
        &column(&tenders, |(_, number, _)| *number),
        &column(&tenders, |(_, _, tender)| tender.kind.0.clone()),
        &column(&tenders, |(_, _, tender)| tender.amount_minor.0),
        &column(&tenders, |(_, _, tender)| tender.change_minor.0),
        &column(&tenders, |(_, _, tender)| tender.reference.clone()) as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An outcome as it was stored, for a push that repeats it.
pub fn repeated(outcome: &Value) -> Result<EventResult> {
    let first: EventResult = serde_json::from_value(outcome.clone()).map_err(crate::error::Error::internal)?;
    Ok(EventResult { duplicate: true, ..first })
}

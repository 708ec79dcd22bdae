//! Deciding about a sale in conflict. One transaction: the decision, its stock, its reversal and its line in the audit
//! log stand or fall together.

use super::{
    decision::Decision,
    stock::{Author, Books},
    view::{ConflictView, one},
};
use crate::{
    audit::{self, Actor},
    database::{Database, Tx},
    error::{Error, Result},
    stock::ledger::{self, NewMovement},
};
use chrono::Utc;
use keeptill_domain::{ClientId, ProductId, Quantity, Resolution, ResolutionKind, StoreId, TenantId, UserId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The manager who decides.
#[derive(Clone, Debug)]
pub struct Decider {
    pub tenant: TenantId,
    pub user: UserId,
    pub name: String,
}

/// A sale as the decision finds it, locked.
struct Row {
    copy: i16,
    store_id: Uuid,
    sync_status: String,
    conflicts: Value,
    stock_moved: bool,
    resolution: Option<Value>,
    net_minor: i64,
    tax_minor: i64,
    total_minor: i64,
}

impl Row {
    fn is_open(&self) -> bool {
        self.sync_status == "conflict"
    }

    fn decided(&self) -> Option<ResolutionKind> {
        let resolution: Resolution = serde_json::from_value(self.resolution.clone()?).ok()?;
        Some(resolution.kind)
    }
}

/// Resolves a conflict. The same decision again changes nothing and is answered alike.
///
/// # Errors
/// 404 where the tenant has no such sale, 409 `no_conflict` where it never was in conflict, 409 `already_resolved`
/// where another decision stands, 422 where the decision does not fit the sale.
pub async fn resolve(db: &Database, decider: &Decider, sale: ClientId, decision: &Decision) -> Result<ConflictView> {
    let mut tx = db.begin(decider.tenant).await?;
    let rows = locked(&mut tx, decider.tenant, sale, decision.copy).await?;
    let row = choose(rows, decision)?;
    if row.is_open() {
        settle(&mut tx, decider, sale, &row, decision).await?;
        tx.commit().await?;
        db.moved().remember(decider.tenant, StoreId(row.store_id), None);
    }
    one(db, decider.tenant, sale, Some(row.copy), None).await
}

async fn locked(tx: &mut Tx, tenant: TenantId, sale: ClientId, copy: Option<i16>) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        "select copy, store_id, sync_status, conflicts, stock_moved, resolution, net_minor, tax_minor, total_minor
         from sales where tenant_id = $1 and client_id = $2 and ($3::smallint is null or copy = $3)
         order by copy for no key update",
        tenant.0,
        sale.0,
        copy,
    )
    .fetch_all(&mut **tx)
    .await?;
    if rows.is_empty() { Err(Error::not_found()) } else { Ok(rows) }
}

/// The open content that arrived first; where none is open, the one that was decided the same way.
fn choose(mut rows: Vec<Row>, decision: &Decision) -> Result<Row> {
    let same = |row: &Row| row.decided().as_ref() == Some(&decision.kind);
    let place = rows.iter().position(Row::is_open).or_else(|| rows.iter().position(same));
    match place {
        Some(place) => Ok(rows.swap_remove(place)),
        None if rows.iter().any(|row| row.resolution.is_some()) => {
            Err(Error::conflict("already_resolved", "Another decision about this sale stands."))
        }
        None => Err(Error::conflict("no_conflict", "There is nothing to decide about this sale.")),
    }
}

async fn settle(tx: &mut Tx, decider: &Decider, sale: ClientId, row: &Row, decision: &Decision) -> Result<()> {
    let tenant = decider.tenant;
    let store = StoreId(row.store_id);
    let books = books(tx, tenant, store, sale, row).await?;
    let author = Author { sale: (sale, row.copy), user: decider.user, note: decision.note.as_deref() };
    let movements = books.movements(&decision.kind, &author)?;
    let resolution = json!(Resolution {
        kind: decision.kind.clone(),
        note: decision.note.clone(),
        resolved_by: decider.user,
        resolved_by_name: decider.name.clone(),
        resolved_at: Utc::now(),
    });
    if decision.kind == ResolutionKind::Void {
        reverse(tx, decider, sale, row, decision.note.as_deref().unwrap_or_default()).await?;
    }
    let stock_moved = row.stock_moved || decision.kind != ResolutionKind::Void;
    sqlx::query!(
        "update sales set sync_status = 'synced', stock_moved = $4, resolution = $5, resolved_at = clock_timestamp()
         where tenant_id = $1 and client_id = $2 and copy = $3",
        tenant.0,
        sale.0,
        row.copy,
        stock_moved,
        resolution,
    )
    .execute(&mut **tx)
    .await?;
    let before = json!({
        "copy": row.copy, "syncStatus": row.sync_status, "conflicts": row.conflicts, "stockMoved": row.stock_moved,
        "onHand": levels(books.on_hand.iter().map(|(product, level)| (*product, *level))),
    });
    let on_hand = ledger::apply(tx, tenant, store, &movements).await?;
    let after = json!({
        "copy": row.copy, "syncStatus": "synced", "resolution": resolution, "stockMoved": stock_moved,
        "movements": movements.iter().map(moved).collect::<Vec<_>>(),
        "onHand": levels(on_hand.into_iter()),
    });
    audit::record(tx, tenant, Actor::user(decider.user), "sale.resolve", sale, Some(before), Some(after)).await
}

fn levels(levels: impl Iterator<Item = (ProductId, Quantity)>) -> BTreeMap<String, Quantity> {
    levels.map(|(product, level)| (product.to_string(), level)).collect()
}

fn moved(movement: &NewMovement) -> Value {
    json!({"productId": movement.product, "delta": movement.delta, "reason": movement.reason})
}

/// The sale's side of the ledger, with the levels of its products locked.
async fn books(tx: &mut Tx, tenant: TenantId, store: StoreId, sale: ClientId, row: &Row) -> Result<Books> {
    let lines = sqlx::query!(
        r#"select i.product_id, sum(i.quantity_milli)::bigint as "milli!", coalesce(p.track_stock, false) as "tracked!"
           from sale_items i left join products p on p.tenant_id = i.tenant_id and p.product_id = i.product_id
           where i.tenant_id = $1 and i.client_id = $2 and i.copy = $3
           group by i.product_id, p.track_stock"#,
        tenant.0,
        sale.0,
        row.copy,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut books = Books { stock_moved: row.stock_moved, ..Books::default() };
    for line in lines {
        let product = ProductId(line.product_id);
        books.in_sale.insert(product);
        if line.tracked {
            books.sold.insert(product, Quantity::from_milli(line.milli));
        }
    }
    if row.stock_moved {
        let moved = sqlx::query!(
            r#"select product_id, sum(delta_milli)::bigint as "milli!" from stock_movements
               where tenant_id = $1 and client_id = $2 and copy = $3 group by product_id"#,
            tenant.0,
            sale.0,
            row.copy,
        )
        .fetch_all(&mut **tx)
        .await?;
        books.moved = moved.into_iter().map(|row| (row.product_id.into(), Quantity::from_milli(row.milli))).collect();
    }
    let touched: Vec<ProductId> = books.sold.keys().chain(books.moved.keys()).copied().collect();
    books.on_hand = ledger::lock_levels(tx, tenant, store, &touched).await?;
    Ok(books)
}

async fn reverse(tx: &mut Tx, decider: &Decider, sale: ClientId, row: &Row, note: &str) -> Result<()> {
    sqlx::query!(
        "insert into sale_reversals (tenant_id, client_id, copy, net_minor, tax_minor, total_minor, note, user_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        decider.tenant.0,
        sale.0,
        row.copy,
        -row.net_minor,
        -row.tax_minor,
        -row.total_minor,
        note,
        decider.user.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

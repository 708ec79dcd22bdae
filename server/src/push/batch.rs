//! One push, from its events to its answer.
//!
//! All of it is one transaction: who sends, what is here already, what stands, the verdicts, the rows, and last the
//! stock. Where another connection claims one of its events first, it starts over and finds that one answered. Only
//! where the database refuses the whole are the sales tried one by one, so that a single one can't hold up the rest.

use super::{
    bench::bench,
    close::{Answer, close},
    judge::Clock,
    plan::{Planned, answers, plan},
    read::{Event, SaleEvent, refusal},
    record::{NewSale, Receipt, record},
    restart,
    sender::{Origin, Sender},
};
use crate::{
    database::{Database, Tx},
    error::{Error, Result},
    stock::ledger::{self, NewMovement},
    versions::next_catalogue_version,
};
use chrono::{DateTime, Utc};
use keeptill_domain::{MovementReason, SaleId, TenantId};
use keeptill_sync::wire::{Collection, EventResult, PushResponse};
use uuid::Uuid;

/// How often a batch starts over because others were at the same events or rows.
const ATTEMPTS_MAX: u32 = 8;

/// A push whose envelope could be read.
#[derive(Debug)]
pub struct Push {
    pub sender: Sender,
    pub events: Vec<Event>,
    pub report: Report,
}

/// What a device says about itself beside its events.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub device_time: Option<DateTime<Utc>>,
    /// Unsent events it holds, those of this push included.
    pub pending_count: Option<i64>,
    pub oldest_pending_at: Option<DateTime<Utc>>,
    pub app_version: Option<String>,
}

/// Records a push.
///
/// # Errors
/// 404 when the device or store named is none of the tenant's; 503 when the database is away or too busy: then some
/// of the events may be recorded, and sending all of them again is right.
pub async fn push(db: &Database, push: &Push) -> Result<PushResponse> {
    let now = Utc::now();
    let clock = Clock { now, device_time: push.report.device_time };
    let all: Vec<&Event> = push.events.iter().collect();
    match starting_over(db, push, clock, &all, true).await {
        Ok((results, Some(answer))) => Ok(answer.with(results, now)),
        Ok((_, None)) => Err(Error::internal("a closed push has no answer")),
        Err(error) if error.code == "internal" => one_by_one(db, push, clock).await,
        Err(error) => Err(error),
    }
}

async fn one_by_one(db: &Database, push: &Push, clock: Clock) -> Result<PushResponse> {
    let mut results = Vec::with_capacity(push.events.len());
    for event in &push.events {
        match starting_over(db, push, clock, &[event], false).await {
            Ok((mut result, _)) => results.append(&mut result),
            Err(error) if error.code == "internal" => results.push(unstorable(event)),
            Err(error) => return Err(error),
        }
    }
    let mut tx = db.begin(push.sender.tenant).await?;
    let origin = push.sender.lock(&mut tx).await?;
    let answer = close(&mut tx, push, &origin, clock, &results).await?;
    tx.commit().await?;
    Ok(answer.with(results, clock.now))
}

/// Nothing that is known of can bring a sale here; where something unknown does, the device keeps it.
fn unstorable(event: &Event) -> EventResult {
    let client_id = match event {
        Event::Sale(sale) => Some(sale.client_id),
        Event::Rejected(result) => result.client_id,
    };
    let message = "The server could not store this one just now. Keep it and send it again.";
    refusal(client_id, "temporarily_unstorable", message, None)
}

type Outcome = (Vec<EventResult>, Option<Answer>);

/// Runs [`together`] until it went through.
async fn starting_over(db: &Database, push: &Push, clock: Clock, events: &[&Event], closing: bool) -> Result<Outcome> {
    let mut tried = 1;
    loop {
        match together(db, push, clock, events, closing).await {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) | Err(Error { code: "database_busy", .. }) if tried < ATTEMPTS_MAX => tried += 1,
            Ok(None) => return Err(Error::away("database_busy", "Others are sending the same sales; try again.")),
            Err(error) => return Err(error),
        }
    }
}

/// One transaction over `events`; `None` where another connection was first at one of them. `closing` also writes
/// what is written once a push.
async fn together(
    db: &Database,
    push: &Push,
    clock: Clock,
    events: &[&Event],
    closing: bool,
) -> Result<Option<Outcome>> {
    let tenant = push.sender.tenant;
    let mut tx = db.begin(tenant).await?;
    let mut origin = push.sender.lock(&mut tx).await?;
    let plan = plan(&mut tx, tenant, events).await?;
    let fresh: Vec<&SaleEvent> = plan.iter().filter_map(Planned::fresh).collect();
    let mut sales = Vec::with_capacity(fresh.len());
    if !fresh.is_empty() {
        let mut bench = bench(&mut tx, tenant, &origin, clock, &fresh).await?;
        for planned in &plan {
            if let Planned::Fresh { event, copy } = planned {
                let verdict = bench.judge(event, *copy);
                sales.push(NewSale { event, copy: *copy, sale_id: SaleId(Uuid::now_v7()), verdict });
            }
        }
        let receipt = Receipt { tenant, origin: &origin, shop: bench.shop, clock };
        if !record(&mut tx, receipt, &sales).await? {
            return Ok(None);
        }
        if let Some(device) = &mut origin.device {
            restart::note(&mut tx, tenant, device, &bench.chain).await?;
        }
    }
    let results = answers(plan, &sales);
    let answer = if closing { Some(close(&mut tx, push, &origin, clock, &results).await?) } else { None };
    bring_back(&mut tx, tenant, &sales).await?;
    move_stock(&mut tx, tenant, &origin, &sales).await?;
    tx.commit().await?;
    if sales.iter().any(|sale| !sale.verdict.moves.is_empty()) {
        db.moved().remember(tenant, origin.store, origin.device.map(|device| device.id));
    }
    Ok(Some((results, answer)))
}

/// Deleted products that were sold come back as archived, so that history has a name.
async fn bring_back(tx: &mut Tx, tenant: TenantId, sales: &[NewSale<'_>]) -> Result<()> {
    let products: Vec<Uuid> =
        sales.iter().flat_map(|sale| &sale.verdict.brought_back).map(|product| product.0).collect();
    if products.is_empty() {
        return Ok(());
    }
    let locked = sqlx::query_scalar!(
        "select product_id from products
         where tenant_id = $1 and product_id = any($2) and deleted_at is not null
         order by product_id for no key update",
        tenant.0,
        &products,
    )
    .fetch_all(&mut **tx)
    .await?;
    let version = next_catalogue_version(tx, tenant, &[Collection::Products]).await?;
    sqlx::query!(
        "update products set deleted_at = null, archived = true, sync_version = $3, last_modified = clock_timestamp()
         where tenant_id = $1 and product_id = any($2)",
        tenant.0,
        &locked,
        version,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn move_stock(tx: &mut Tx, tenant: TenantId, origin: &Origin, sales: &[NewSale<'_>]) -> Result<()> {
    let movements: Vec<NewMovement> = sales
        .iter()
        .flat_map(|sale| {
            sale.verdict.moves.iter().map(|(product, quantity)| NewMovement {
                product: *product,
                delta: -*quantity,
                reason: MovementReason::Sale,
                sale: Some((sale.event.client_id, sale.copy)),
                user: None,
                note: None,
            })
        })
        .collect();
    ledger::apply(tx, tenant, origin.store, &movements).await?;
    Ok(())
}

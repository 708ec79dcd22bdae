//! From the server to the device: what changed since a cursor, all of it, read as of one moment.
//!
//! Nothing is locked and nothing waits: a pull is one read-only snapshot. What it did is written down afterwards.

pub mod chunks;
pub mod cursor;
pub mod floors;
mod rows;
mod since;

use crate::{
    app_state::App,
    auth::{Caller, DeviceRow},
    body::Json,
    database::{Database, Tx},
    error::{Error, Result},
    log::{self, NewLogRow, Outcome, SyncType},
    openapi::shapes::{PullAnswer, PullBody},
    page, stores,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use cursor::{Cursor, Place};
use floors::Floors;
use keeptill_domain::{DeviceId, Epoch, StoreId, TenantId};
use keeptill_sync::wire::{Collection, DeletedIds, Manifest, PullRequest, PullResponse};
use serde::{Deserialize, Serialize};

/// Rows in one answer, over all collections.
pub const ROWS_DEFAULT: u32 = 1000;
pub const ROWS_MAX: u32 = 5000;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/sync/pull", post(pull))
        .route("/api/sync/products/pull", post(pull_products))
        .route("/api/sync/chunks/{sha256}", get(chunks::get_chunk))
}

#[utoipa::path(post, path = "/api/sync/pull", tag = "sync", request_body = PullBody,
    responses((status = 200, body = PullAnswer, description = "What changed, and the cursor to go on with."),
        (status = 400, description = "`bad_cursor`"), (status = 422, description = "`unknown_collection`")))]
pub async fn pull(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<PullRequest>,
) -> Result<Json<PullResponse>> {
    logged(&app.db, &caller, request).await.map(Json)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProductsPullRequest {
    cursor: Option<String>,
    limit: Option<u32>,
    format: Option<String>,
    device_id: Option<DeviceId>,
}

/// The whole catalogue, in one of two forms.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ProductsPulled {
    Rows(Box<PullResponse>),
    Chunks(Manifest),
}

#[utoipa::path(post, path = "/api/sync/products/pull", tag = "sync", request_body = Object,
    responses((status = 200, body = Object, description = "The whole catalogue: paged as a pull is, or as chunks."),
        (status = 422, description = "`unsupported_format`")))]
pub async fn pull_products(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<ProductsPullRequest>,
) -> Result<Json<ProductsPulled>> {
    let ProductsPullRequest { cursor, limit, format, device_id } = request;
    let collections = vec![Collection::Products.as_str().to_owned()];
    let request = PullRequest { cursor, last_sync: None, collections, limit, device_id };
    match format.as_deref() {
        None | Some("rows") => {
            logged(&app.db, &caller, request).await.map(|rows| Json(ProductsPulled::Rows(Box::new(rows))))
        }
        Some("chunks") => {
            logged_chunks(&app.db, &caller, request).await.map(|chunks| Json(ProductsPulled::Chunks(chunks)))
        }
        Some(_) => {
            let message = "The catalogue is given as `rows` or as `chunks`.";
            Err(Error::unprocessable("unsupported_format", message).field("format"))
        }
    }
}

/// What a pull is about, once its words are understood.
struct Wanted {
    collections: Vec<Collection>,
    cursor: Option<Cursor>,
    last_sync: Option<DateTime<Utc>>,
    limit: usize,
}

impl Wanted {
    fn read(request: &PullRequest) -> Result<Self> {
        let mut collections = Vec::new();
        for (index, name) in request.collections.iter().enumerate() {
            let known = Collection::ALL.into_iter().find(|collection| collection.as_str() == name);
            collections.push(known.ok_or_else(|| {
                Error::unprocessable("unknown_collection", format!("There is no collection {name:?}."))
                    .field(format!("collections[{index}]"))
            })?);
        }
        collections.sort();
        collections.dedup();
        Ok(Self {
            collections,
            cursor: request.cursor.as_deref().map(Cursor::read).transpose()?,
            last_sync: request.last_sync.map(since::within_the_calendar),
            limit: page::rows(request.limit, ROWS_DEFAULT, ROWS_MAX)?,
        })
    }
}

/// Pulls, and writes down how it went.
async fn logged(db: &Database, caller: &Caller, request: PullRequest) -> Result<PullResponse> {
    let tenant = caller.tenant();
    let mut tx = db.snapshot(tenant).await?;
    let device = caller.device_if_any(&mut tx, request.device_id).await?;
    let pulled = match Wanted::read(&request) {
        Ok(wanted) => answer(&mut tx, caller, device.as_ref(), wanted).await,
        Err(refused) => Err(refused),
    };
    drop(tx);
    write_down(db, caller, device, request.last_sync, pulled.as_ref().map(PullResponse::row_count)).await?;
    pulled
}

/// The same for the catalogue in chunks.
async fn logged_chunks(db: &Database, caller: &Caller, request: PullRequest) -> Result<Manifest> {
    let tenant = caller.tenant();
    let mut tx = db.begin(tenant).await?;
    let device = caller.device_if_any(&mut tx, request.device_id).await?;
    drop(tx);
    let manifest = chunks::manifest(db, tenant).await;
    write_down(db, caller, device, None, manifest.as_ref().map(|manifest| manifest.product_count as usize)).await?;
    manifest
}

/// Writes down what a pull gave, or why it gave nothing. A failure of the server's own leaves no row: the database may
/// be what failed.
async fn write_down(
    db: &Database,
    caller: &Caller,
    device: Option<DeviceRow>,
    last_sync: Option<DateTime<Utc>>,
    given: Result<usize, &Error>,
) -> Result<()> {
    if given.is_err_and(|error| error.status.is_server_error()) {
        return Ok(());
    }
    let tenant = caller.tenant();
    let outcome = if given.is_err() { Outcome::Failed } else { Outcome::Success };
    let items_synced = given.unwrap_or_default();
    metrics::counter!("keeptill_pull_rows_total").increment(items_synced as u64);
    metrics::counter!("keeptill_pulls_total", "status" => outcome.as_str()).increment(1);
    let mut tx = db.begin(tenant).await?;
    let last_pull = match &device {
        Some(device) => last_pull_at(&mut tx, tenant, device.device).await?,
        None => None,
    };
    let row = NewLogRow {
        tenant,
        user: caller.user(),
        device: device.as_ref().map(|device| device.device),
        sync_type: SyncType::Pull,
        last_sync: last_sync.map(since::within_the_calendar).or(last_pull),
        items_synced,
        conflicts: 0,
        outcome,
        errors: given.err().map(|error| serde_json::json!(error.detail())).into_iter().collect(),
    };
    log::record(&mut tx, row).await?;
    // A manager who looks through a device's eyes is not that device.
    if let (Caller::Device(device), Outcome::Success) = (caller, outcome) {
        sqlx::query!(
            "update devices set last_seen_at = clock_timestamp(), last_pull_at = clock_timestamp()
            where tenant_id = $1 and device_id = $2",
            tenant.0,
            device.device.0
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn last_pull_at(tx: &mut Tx, tenant: TenantId, device: DeviceId) -> Result<Option<DateTime<Utc>>> {
    let at = sqlx::query_scalar!(
        "select last_pull_at from devices where tenant_id = $1 and device_id = $2",
        tenant.0,
        device.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(at)
}

async fn answer(tx: &mut Tx, caller: &Caller, device: Option<&DeviceRow>, wanted: Wanted) -> Result<PullResponse> {
    let tenant = caller.tenant();
    let now = sqlx::query!(r#"select epoch, now() as "now!" from tenants where tenant_id = $1"#, tenant.0)
        .fetch_one(&mut **tx)
        .await?;
    let epoch = Epoch(now.epoch);
    let floors = Floors::read(tx, tenant).await?;
    let missed = |cursor: &Cursor, collection: &Collection| {
        floors.of(*collection).is_some_and(|floor| cursor.may_have_missed(*collection, floor.place))
    };
    let must_resync = wanted.cursor.as_ref().is_some_and(|cursor| {
        cursor.epoch != epoch || wanted.collections.iter().any(|collection| missed(cursor, collection))
    });
    let mut answer = empty(epoch, now.now, &wanted.collections);
    answer.must_resync = must_resync;
    let mut cursor = wanted.cursor.filter(|_| !must_resync).unwrap_or_else(|| Cursor::start(epoch));
    if must_resync {
        answer.cursor = cursor.write()?;
        return Ok(answer);
    }
    let store = match device {
        Some(device) => device.store,
        None => stores::first(tx, tenant).await?,
    };
    if wanted.collections.contains(&Collection::Stock) {
        cursor.in_store(store);
    }
    let mut left = wanted.limit;
    for collection in wanted.collections {
        let known = cursor.place(collection);
        let floor = floors.of(collection);
        let start = match wanted.last_sync {
            // A cursor is exact, so it goes before a time.
            Some(last_sync) if known == Place::default() => {
                if floor.is_some_and(|floor| floor.changed_at >= since::reach(last_sync)) {
                    // What was deleted since can't be told any more: this is everything, in place of what was there.
                    answer.must_resync = true;
                    known
                } else {
                    since::place(tx, tenant, store, collection, last_sync).await?
                }
            }
            _ => known,
        };
        if let Some(floor) = floor.filter(|_| start == Place::default()) {
            cursor.begin(collection, floor.place);
        }
        let page = fill(tx, caller, store, collection, start, left, &mut answer).await?;
        cursor.set(collection, page.place);
        left = left.saturating_sub(page.count);
        answer.has_more |= page.more;
    }
    answer.cursor = cursor.write()?;
    Ok(answer)
}

/// How far one collection got.
struct Filled {
    place: Place,
    count: usize,
    more: bool,
}

async fn fill(
    tx: &mut Tx,
    caller: &Caller,
    store: StoreId,
    collection: Collection,
    start: Place,
    limit: usize,
    answer: &mut PullResponse,
) -> Result<Filled> {
    let tenant = caller.tenant();
    // Each arm puts rows and tombstones where they belong; what is left is the same for all.
    macro_rules! put {
        ($found:expr, $rows:ident, $gone:expr) => {{
            let found = $found;
            let filled = Filled { place: found.place, count: found.count(), more: found.more };
            answer.$rows = Some(found.rows);
            $gone(found.gone);
            Ok(filled)
        }};
    }
    match collection {
        Collection::Products => {
            let found = rows::products(tx, tenant, start, limit).await?;
            put!(found, products, |gone| answer.deleted_ids.products = Some(gone))
        }
        Collection::Categories => {
            let found = rows::categories(tx, tenant, start, limit).await?;
            put!(found, categories, |gone| answer.deleted_ids.categories = Some(gone))
        }
        Collection::Taxes => {
            let found = rows::taxes(tx, tenant, start, limit).await?;
            put!(found, taxes, |gone| answer.deleted_ids.taxes = Some(gone))
        }
        Collection::Staff => {
            let with_verifiers = matches!(caller, Caller::Device(_));
            let found = rows::staff(tx, tenant, start, limit, with_verifiers).await?;
            put!(found, staff, |gone| answer.deleted_ids.staff = Some(gone))
        }
        Collection::Stock => {
            let found = rows::stock(tx, tenant, store, start, limit).await?;
            put!(found, stock, |_| ())
        }
        Collection::Settings => {
            // One row, which no limit is too low for.
            let settings = rows::settings(tx, tenant, start).await?;
            let place = settings.as_ref().map_or(start, |settings| Place::after(settings.sync_version));
            let count = usize::from(settings.is_some());
            answer.settings = settings;
            Ok(Filled { place, count, more: false })
        }
    }
}

/// An answer with nothing in it yet: asked-for collections are there and empty.
fn empty(epoch: Epoch, server_time: DateTime<Utc>, collections: &[Collection]) -> PullResponse {
    fn none<T>(collections: &[Collection], collection: Collection) -> Option<Vec<T>> {
        collections.contains(&collection).then(Vec::new)
    }
    PullResponse {
        epoch,
        cursor: String::new(),
        server_time,
        has_more: false,
        must_resync: false,
        products: none(collections, Collection::Products),
        categories: none(collections, Collection::Categories),
        taxes: none(collections, Collection::Taxes),
        staff: none(collections, Collection::Staff),
        settings: None,
        stock: none(collections, Collection::Stock),
        deleted_ids: DeletedIds {
            products: none(collections, Collection::Products),
            categories: none(collections, Collection::Categories),
            taxes: none(collections, Collection::Taxes),
            staff: none(collections, Collection::Staff),
        },
    }
}

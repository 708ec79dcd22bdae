//! Taxes: a name and a rate. A sale keeps the rate it was made with.

use crate::{
    app_state::App,
    audit,
    auth::ManagerCaller,
    body::{Json, PathId, Query},
    database::{Database, Tx},
    error::{Error, Result},
    input,
    page::{self, PageQuery},
    sales::cursor::Page,
    versions::next_catalogue_version,
};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use chrono::{DateTime, Utc};
use keeptill_domain::{Ppm, Tax, TaxId, TenantId};
use keeptill_sync::wire::Collection;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/taxes", get(list_taxes).post(create_tax))
        .route("/api/taxes/{id}", get(get_tax).patch(change_tax).delete(remove_tax))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTax {
    pub name: String,
    /// Parts per million: 19 % is 190000.
    pub rate_ppm: i64,
}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct TaxChange {
    pub name: Option<String>,
    pub rate_ppm: Option<i64>,
}

/// A tax as it is stored.
pub struct TaxRow {
    pub id: Uuid,
    pub name: String,
    pub rate_ppm: i32,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}

impl From<TaxRow> for Tax {
    fn from(row: TaxRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            rate_ppm: Ppm(row.rate_ppm.unsigned_abs()),
            sync_version: row.sync_version,
            last_modified: row.last_modified,
        }
    }
}

#[utoipa::path(post, path = "/api/taxes", tag = "catalogue", request_body = NewTax,
    responses((status = 201, body = Object), (status = 422, description = "The name or the rate.")))]
pub async fn create_tax(
    State(app): State<App>,
    caller: ManagerCaller,
    Json(tax): Json<NewTax>,
) -> Result<(StatusCode, Json<Tax>)> {
    Ok((StatusCode::CREATED, Json(create(&app.db, &caller, tax).await?)))
}

#[utoipa::path(get, path = "/api/taxes", tag = "catalogue", params(PageQuery),
    responses((status = 200, body = Object)))]
pub async fn list_taxes(
    State(app): State<App>,
    caller: ManagerCaller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Tax>>> {
    list(&app.db, caller.tenant, &query).await.map(Json)
}

#[utoipa::path(get, path = "/api/taxes/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404)))]
pub async fn get_tax(State(app): State<App>, caller: ManagerCaller, PathId(id): PathId<TaxId>) -> Result<Json<Tax>> {
    let mut tx = app.db.begin(caller.tenant).await?;
    let tax = sqlx::query_as!(
        TaxRow,
        "select tax_id as id, name, rate_ppm, sync_version, last_modified from taxes
        where tenant_id = $1 and tax_id = $2 and deleted_at is null",
        caller.tenant.0,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    tax.map(|row| Json(row.into())).ok_or_else(Error::not_found)
}

#[utoipa::path(patch, path = "/api/taxes/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = TaxChange,
    responses((status = 200, body = Object), (status = 404), (status = 422, description = "The name or the rate.")))]
pub async fn change_tax(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<TaxId>,
    Json(change): Json<TaxChange>,
) -> Result<Json<Tax>> {
    self::change(&app.db, &caller, id, change).await.map(Json)
}

#[utoipa::path(delete, path = "/api/taxes/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Its products stay, untaxed."), (status = 404)))]
pub async fn remove_tax(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<TaxId>,
) -> Result<StatusCode> {
    remove(&app.db, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// By name.
pub async fn list(db: &Database, tenant: TenantId, query: &PageQuery) -> Result<Page<Tax>> {
    let limit = page::rows(query.limit, page::ROWS_DEFAULT, page::ROWS_MAX)?;
    let (name, id): (String, Uuid) = query.cursor.as_deref().map_or(Ok(Default::default()), page::read_cursor)?;
    let mut tx = db.begin(tenant).await?;
    let taxes = sqlx::query_as!(
        TaxRow,
        "select tax_id as id, name, rate_ppm, sync_version, last_modified from taxes
        where tenant_id = $1 and deleted_at is null and (lower(name), tax_id) > (lower($2), $3)
        order by lower(name), tax_id limit $4",
        tenant.0,
        name,
        id,
        limit as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    page::of(taxes.into_iter().map(Tax::from).collect(), limit, |tax| (tax.name.clone(), tax.id))
}

pub async fn create(db: &Database, caller: &ManagerCaller, tax: NewTax) -> Result<Tax> {
    let name = input::name(&tax.name, "name")?;
    let rate = input::rate(tax.rate_ppm, "ratePpm")?;
    let mut tx = db.begin(caller.tenant).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Taxes]).await?;
    let tax = sqlx::query_as!(
        TaxRow,
        "insert into taxes (tenant_id, tax_id, name, rate_ppm, sync_version) values ($1, $2, $3, $4, $5)
        returning tax_id as id, name, rate_ppm, sync_version, last_modified",
        caller.tenant.0,
        Uuid::now_v7(),
        name,
        rate.0 as i32,
        version
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(tax.into())
}

pub async fn change(db: &Database, caller: &ManagerCaller, id: TaxId, change: TaxChange) -> Result<Tax> {
    let name = change.name.as_deref().map(|name| input::name(name, "name")).transpose()?;
    let rate = change.rate_ppm.map(|rate| input::rate(rate, "ratePpm")).transpose()?;
    let mut tx = db.begin(caller.tenant).await?;
    let old = lock(&mut tx, caller.tenant, id).await?;
    let (name, rate) = (name.unwrap_or_else(|| old.name.clone()), rate.unwrap_or(old.rate_ppm));
    if name == old.name && rate == old.rate_ppm {
        return Ok(old);
    }
    let before = json!({ "name": old.name, "ratePpm": old.rate_ppm });
    let after = json!({ "name": name, "ratePpm": rate });
    audit::record(&mut tx, caller.tenant, caller.actor(), "tax.update", id, Some(before), Some(after)).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Taxes]).await?;
    let tax = sqlx::query_as!(
        TaxRow,
        "update taxes set name = $3, rate_ppm = $4, sync_version = $5, last_modified = clock_timestamp()
        where tenant_id = $1 and tax_id = $2
        returning tax_id as id, name, rate_ppm, sync_version, last_modified",
        caller.tenant.0,
        id.0,
        name,
        rate.0 as i32,
        version
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(tax.into())
}

/// Its products stay, untaxed; they and the tombstone carry one version.
pub async fn remove(db: &Database, caller: &ManagerCaller, id: TaxId) -> Result<()> {
    let mut tx = db.begin(caller.tenant).await?;
    let old = lock(&mut tx, caller.tenant, id).await?;
    sqlx::query!(
        "select product_id from products where tenant_id = $1 and tax_id = $2 order by product_id for update",
        caller.tenant.0,
        id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let before = json!({ "name": old.name, "ratePpm": old.rate_ppm });
    audit::record(&mut tx, caller.tenant, caller.actor(), "tax.delete", id, Some(before), None).await?;
    let changed = [Collection::Taxes, Collection::Products];
    let version = next_catalogue_version(&mut tx, caller.tenant, &changed).await?;
    sqlx::query!(
        "update products set tax_id = null, sync_version = $3, last_modified = clock_timestamp()
        where tenant_id = $1 and tax_id = $2",
        caller.tenant.0,
        id.0,
        version
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update taxes set deleted_at = clock_timestamp(), sync_version = $3, last_modified = clock_timestamp()
        where tenant_id = $1 and tax_id = $2",
        caller.tenant.0,
        id.0,
        version
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn lock(tx: &mut Tx, tenant: TenantId, id: TaxId) -> Result<Tax> {
    sqlx::query_as!(
        TaxRow,
        "select tax_id as id, name, rate_ppm, sync_version, last_modified from taxes
        where tenant_id = $1 and tax_id = $2 and deleted_at is null for update",
        tenant.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(Tax::from)
    .ok_or_else(Error::not_found)
}

/// Holds a tax that a product is about to name, so that it is not deleted meanwhile.
///
/// # Errors
/// 422 `unknown_tax`.
pub async fn hold(tx: &mut Tx, tenant: TenantId, id: TaxId) -> Result<()> {
    let there = sqlx::query!(
        "select tax_id from taxes where tenant_id = $1 and tax_id = $2 and deleted_at is null for share",
        tenant.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    there.map(|_| ()).ok_or_else(|| Error::unprocessable("unknown_tax", "There is no such tax.").field("taxId"))
}

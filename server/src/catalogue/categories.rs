//! Categories: the till's chips.

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
use keeptill_domain::{Category, CategoryId, TenantId};
use keeptill_sync::wire::Collection;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/categories", get(list_categories).post(create_category))
        .route("/api/categories/{id}", get(get_category).patch(change_category).delete(remove_category))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewCategory {
    pub name: String,
}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct CategoryChange {
    pub name: Option<String>,
}

#[utoipa::path(post, path = "/api/categories", tag = "catalogue", request_body = NewCategory,
    responses((status = 201, body = Object), (status = 422, description = "The name.")))]
pub async fn create_category(
    State(app): State<App>,
    caller: ManagerCaller,
    Json(category): Json<NewCategory>,
) -> Result<(StatusCode, Json<Category>)> {
    Ok((StatusCode::CREATED, Json(create(&app.db, &caller, category).await?)))
}

#[utoipa::path(get, path = "/api/categories", tag = "catalogue", params(PageQuery),
    responses((status = 200, body = Object)))]
pub async fn list_categories(
    State(app): State<App>,
    caller: ManagerCaller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Category>>> {
    list(&app.db, caller.tenant, &query).await.map(Json)
}

#[utoipa::path(get, path = "/api/categories/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404)))]
pub async fn get_category(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<CategoryId>,
) -> Result<Json<Category>> {
    let mut tx = app.db.begin(caller.tenant).await?;
    let category = sqlx::query_as!(
        Category,
        "select category_id as id, name, sync_version, last_modified from categories
        where tenant_id = $1 and category_id = $2 and deleted_at is null",
        caller.tenant.0,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    category.map(Json).ok_or_else(Error::not_found)
}

#[utoipa::path(patch, path = "/api/categories/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = CategoryChange,
    responses((status = 200, body = Object), (status = 404), (status = 422, description = "The name.")))]
pub async fn change_category(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<CategoryId>,
    Json(change): Json<CategoryChange>,
) -> Result<Json<Category>> {
    self::change(&app.db, &caller, id, change).await.map(Json)
}

#[utoipa::path(delete, path = "/api/categories/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Its products stay, without a category."), (status = 404)))]
pub async fn remove_category(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<CategoryId>,
) -> Result<StatusCode> {
    remove(&app.db, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// By name.
pub async fn list(db: &Database, tenant: TenantId, query: &PageQuery) -> Result<Page<Category>> {
    let limit = page::rows(query.limit, page::ROWS_DEFAULT, page::ROWS_MAX)?;
    let (name, id): (String, Uuid) = query.cursor.as_deref().map_or(Ok(Default::default()), page::read_cursor)?;
    let mut tx = db.begin(tenant).await?;
    let categories = sqlx::query_as!(
        Category,
        "select category_id as id, name, sync_version, last_modified from categories
        where tenant_id = $1 and deleted_at is null and (lower(name), category_id) > (lower($2), $3)
        order by lower(name), category_id limit $4",
        tenant.0,
        name,
        id,
        limit as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    page::of(categories, limit, |category| (category.name.clone(), category.id))
}

pub async fn create(db: &Database, caller: &ManagerCaller, category: NewCategory) -> Result<Category> {
    let name = input::name(&category.name, "name")?;
    let mut tx = db.begin(caller.tenant).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Categories]).await?;
    let category = sqlx::query_as!(
        Category,
        "insert into categories (tenant_id, category_id, name, sync_version) values ($1, $2, $3, $4)
        returning category_id as id, name, sync_version, last_modified",
        caller.tenant.0,
        Uuid::now_v7(),
        name,
        version
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(category)
}

pub async fn change(db: &Database, caller: &ManagerCaller, id: CategoryId, change: CategoryChange) -> Result<Category> {
    let name = change.name.as_deref().map(|name| input::name(name, "name")).transpose()?;
    let mut tx = db.begin(caller.tenant).await?;
    let old = lock(&mut tx, caller.tenant, id).await?;
    let Some(name) = name.filter(|name| *name != old.name) else { return Ok(old) };
    let (before, after) = (json!({ "name": old.name }), json!({ "name": name }));
    audit::record(&mut tx, caller.tenant, caller.actor(), "category.update", id, Some(before), Some(after)).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Categories]).await?;
    let category = sqlx::query_as!(
        Category,
        "update categories set name = $3, sync_version = $4, last_modified = clock_timestamp()
        where tenant_id = $1 and category_id = $2
        returning category_id as id, name, sync_version, last_modified",
        caller.tenant.0,
        id.0,
        name,
        version
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(category)
}

/// Its products stay, without a category; they and the tombstone carry one version.
pub async fn remove(db: &Database, caller: &ManagerCaller, id: CategoryId) -> Result<()> {
    let mut tx = db.begin(caller.tenant).await?;
    let old = lock(&mut tx, caller.tenant, id).await?;
    sqlx::query!(
        "select product_id from products where tenant_id = $1 and category_id = $2 order by product_id for update",
        caller.tenant.0,
        id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let before = json!({ "name": old.name });
    audit::record(&mut tx, caller.tenant, caller.actor(), "category.delete", id, Some(before), None).await?;
    let changed = [Collection::Categories, Collection::Products];
    let version = next_catalogue_version(&mut tx, caller.tenant, &changed).await?;
    sqlx::query!(
        "update products set category_id = null, sync_version = $3, last_modified = clock_timestamp()
        where tenant_id = $1 and category_id = $2",
        caller.tenant.0,
        id.0,
        version
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update categories set deleted_at = clock_timestamp(), sync_version = $3, last_modified = clock_timestamp()
        where tenant_id = $1 and category_id = $2",
        caller.tenant.0,
        id.0,
        version
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn lock(tx: &mut Tx, tenant: TenantId, id: CategoryId) -> Result<Category> {
    sqlx::query_as!(
        Category,
        "select category_id as id, name, sync_version, last_modified from categories
        where tenant_id = $1 and category_id = $2 and deleted_at is null for update",
        tenant.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(Error::not_found)
}

/// Holds a category that a product is about to name, so that it is not deleted meanwhile.
///
/// # Errors
/// 422 `unknown_category`.
pub async fn hold(tx: &mut Tx, tenant: TenantId, id: CategoryId) -> Result<()> {
    let there = sqlx::query!(
        "select category_id from categories where tenant_id = $1 and category_id = $2 and deleted_at is null for share",
        tenant.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    there
        .map(|_| ())
        .ok_or_else(|| Error::unprocessable("unknown_category", "There is no such category.").field("categoryId"))
}

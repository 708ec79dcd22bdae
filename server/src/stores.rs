//! The places that sell. A tenant starts with one.

use crate::{
    app_state::App,
    audit,
    auth::ManagerCaller,
    body::{Json, Query},
    database::{Database, Tx},
    error::{Error, Result},
    input,
    page::{self, PageQuery},
    sales::cursor::Page,
};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use keeptill_domain::{StoreId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

pub fn router() -> Router<App> {
    Router::new().route("/api/stores", get(list_stores).post(create_store))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewStore {
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Store {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub name: String,
}

#[utoipa::path(post, path = "/api/stores", tag = "stores", request_body = NewStore,
    responses((status = 201, body = Store), (status = 422, description = "The name.")))]
pub async fn create_store(
    State(app): State<App>,
    caller: ManagerCaller,
    Json(store): Json<NewStore>,
) -> Result<(StatusCode, Json<Store>)> {
    let store = Store { store_id: Uuid::now_v7().into(), name: input::name(&store.name, "name")? };
    let mut tx = app.db.begin(caller.tenant).await?;
    sqlx::query!(
        "insert into stores (tenant_id, store_id, name) values ($1, $2, $3)",
        caller.tenant.0,
        store.store_id.0,
        store.name
    )
    .execute(&mut *tx)
    .await?;
    let after = json!({ "name": store.name });
    audit::record(&mut tx, caller.tenant, caller.actor(), "store.create", store.store_id, None, Some(after)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(store)))
}

#[utoipa::path(get, path = "/api/stores", tag = "stores", params(PageQuery),
    responses((status = 200, body = Page<Store>)))]
pub async fn list_stores(
    State(app): State<App>,
    caller: ManagerCaller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Store>>> {
    list(&app.db, caller.tenant, &query).await.map(Json)
}

/// The tenant's stores, the oldest first.
pub async fn list(db: &Database, tenant: TenantId, query: &PageQuery) -> Result<Page<Store>> {
    let limit = page::rows(query.limit, page::ROWS_DEFAULT, page::ROWS_MAX)?;
    let after: Uuid = query.cursor.as_deref().map_or(Ok(Uuid::nil()), page::read_cursor)?;
    let mut tx = db.begin(tenant).await?;
    // Ids are version 7, so their order is that of the stores' age.
    let stores = sqlx::query_as!(
        Store,
        "select store_id, name from stores where tenant_id = $1 and store_id > $2 order by store_id limit $3",
        tenant.0,
        after,
        limit as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    page::of(stores, limit, |store| store.store_id)
}

/// # Errors
/// 404 where the tenant has no such store.
pub async fn check(tx: &mut Tx, tenant: TenantId, store: StoreId) -> Result<()> {
    let there = sqlx::query_scalar!(
        r#"select exists (select from stores where tenant_id = $1 and store_id = $2) as "there!""#,
        tenant.0,
        store.0
    )
    .fetch_one(&mut **tx)
    .await?;
    if there { Ok(()) } else { Err(Error::not_found().field("storeId")) }
}

/// The tenant's oldest store: the one that is meant where none is named.
pub async fn first(tx: &mut Tx, tenant: TenantId) -> Result<StoreId> {
    let id =
        sqlx::query_scalar!("select store_id from stores where tenant_id = $1 order by store_id limit 1", tenant.0)
            .fetch_one(&mut **tx)
            .await?;
    Ok(id.into())
}

//! Products: made, read, changed, deleted.

pub use super::product::{NewProduct, ProductChange, ProductRow};
use super::{
    categories,
    product::content,
    search::{self, ProductQuery},
    taxes,
};
use crate::{
    app_state::App,
    audit,
    auth::ManagerCaller,
    body::{Json, PathId, Query},
    database::{Database, Tx},
    error::{Error, Result},
    sales::cursor::Page,
    versions::next_catalogue_version,
};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use keeptill_domain::{Product, ProductId, TenantId};
use keeptill_sync::wire::Collection;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/products", get(list_products).post(create_product))
        .route("/api/products/{id}", get(get_product).patch(change_product).delete(remove_product))
}

#[utoipa::path(post, path = "/api/products", tag = "catalogue", request_body = NewProduct,
    responses((status = 201, body = Object), (status = 422, description = "A field's content.")))]
pub async fn create_product(
    State(app): State<App>,
    caller: ManagerCaller,
    Json(product): Json<NewProduct>,
) -> Result<(StatusCode, Json<Product>)> {
    Ok((StatusCode::CREATED, Json(create(&app.db, &caller, product).await?)))
}

#[utoipa::path(get, path = "/api/products", tag = "catalogue", params(ProductQuery),
    responses((status = 200, body = Object)))]
pub async fn list_products(
    State(app): State<App>,
    caller: ManagerCaller,
    Query(query): Query<ProductQuery>,
) -> Result<Json<Page<Product>>> {
    search::find(&app.db, caller.tenant, &query).await.map(Json)
}

#[utoipa::path(get, path = "/api/products/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    responses((status = 200, body = Object), (status = 404)))]
pub async fn get_product(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<ProductId>,
) -> Result<Json<Product>> {
    find(&mut app.db.begin(caller.tenant).await?, caller.tenant, id).await.map(Json)
}

#[utoipa::path(patch, path = "/api/products/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = ProductChange,
    responses((status = 200, body = Object), (status = 404), (status = 422, description = "A field's content.")))]
pub async fn change_product(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<ProductId>,
    Json(change): Json<ProductChange>,
) -> Result<Json<Product>> {
    self::change(&app.db, &caller, id, change).await.map(Json)
}

#[utoipa::path(delete, path = "/api/products/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    responses((status = 204, description = "A tombstone is left."), (status = 404)))]
pub async fn remove_product(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(id): PathId<ProductId>,
) -> Result<StatusCode> {
    remove(&app.db, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// # Errors
/// 404 where there is none, or it was deleted.
pub async fn find(tx: &mut Tx, tenant: TenantId, id: ProductId) -> Result<Product> {
    sqlx::query_as!(
        ProductRow,
        "select product_id as id, name, sku, barcode, category_id, tax_id, price_minor, unit, track_stock, image_url,
            archived, sync_version, last_modified
        from products where tenant_id = $1 and product_id = $2 and deleted_at is null",
        tenant.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(Product::from)
    .ok_or_else(Error::not_found)
}

pub async fn create(db: &Database, caller: &ManagerCaller, new: NewProduct) -> Result<Product> {
    let product = new.read()?;
    let mut tx = db.begin(caller.tenant).await?;
    hold_references(&mut tx, caller.tenant, &product).await?;
    audit::record(&mut tx, caller.tenant, caller.actor(), "product.create", product.id, None, Some(content(&product)))
        .await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Products]).await?;
    let row = sqlx::query_as!(
        ProductRow,
        "insert into products (tenant_id, product_id, name, sku, barcode, category_id, tax_id, price_minor, unit,
            track_stock, image_url, sync_version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        returning product_id as id, name, sku, barcode, category_id, tax_id, price_minor, unit, track_stock, image_url,
            archived, sync_version, last_modified",
        caller.tenant.0,
        product.id.0,
        product.name,
        product.sku,
        product.barcode,
        product.category_id.map(|id| id.0),
        product.tax_id.map(|id| id.0),
        product.price_minor.0,
        product.unit.0,
        product.track_stock,
        product.image_url,
        version
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(row.into())
}

pub async fn change(db: &Database, caller: &ManagerCaller, id: ProductId, change: ProductChange) -> Result<Product> {
    let mut tx = db.begin(caller.tenant).await?;
    // What it will name is held before the product itself, which is the order a category's deletion takes.
    if let Some(Some(category)) = change.category_id {
        categories::hold(&mut tx, caller.tenant, category).await?;
    }
    if let Some(Some(tax)) = change.tax_id {
        taxes::hold(&mut tx, caller.tenant, tax).await?;
    }
    lock(&mut tx, caller.tenant, id).await?;
    let old = find(&mut tx, caller.tenant, id).await?;
    let new = change.applied_to(&old)?;
    if new == old {
        return Ok(old);
    }
    let (before, after) = (content(&old), content(&new));
    audit::record(&mut tx, caller.tenant, caller.actor(), "product.update", id, Some(before), Some(after)).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Products]).await?;
    let product = write(&mut tx, caller.tenant, &new, version).await?;
    tx.commit().await?;
    Ok(product)
}

/// Leaves a tombstone, which takes the product off every till; its past sales and its stock keep their meaning.
pub async fn remove(db: &Database, caller: &ManagerCaller, id: ProductId) -> Result<()> {
    let mut tx = db.begin(caller.tenant).await?;
    lock(&mut tx, caller.tenant, id).await?;
    let old = find(&mut tx, caller.tenant, id).await?;
    audit::record(&mut tx, caller.tenant, caller.actor(), "product.delete", id, Some(content(&old)), None).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Products]).await?;
    sqlx::query!(
        "update products set deleted_at = clock_timestamp(), sync_version = $3, last_modified = clock_timestamp()
        where tenant_id = $1 and product_id = $2",
        caller.tenant.0,
        id.0,
        version
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn hold_references(tx: &mut Tx, tenant: TenantId, product: &Product) -> Result<()> {
    if let Some(category) = product.category_id {
        categories::hold(tx, tenant, category).await?;
    }
    if let Some(tax) = product.tax_id {
        taxes::hold(tx, tenant, tax).await?;
    }
    Ok(())
}

/// # Errors
/// 404 where there is none, or it was deleted.
pub async fn lock(tx: &mut Tx, tenant: TenantId, id: ProductId) -> Result<()> {
    let there = sqlx::query!(
        "select product_id from products where tenant_id = $1 and product_id = $2 and deleted_at is null
        for no key update",
        tenant.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    there.map(|_| ()).ok_or_else(Error::not_found)
}

async fn write(tx: &mut Tx, tenant: TenantId, product: &Product, version: i64) -> Result<Product> {
    let row = sqlx::query_as!(
        ProductRow,
        "update products set name = $3, sku = $4, barcode = $5, category_id = $6, tax_id = $7, price_minor = $8,
            unit = $9, track_stock = $10, image_url = $11, sync_version = $12, last_modified = clock_timestamp()
        where tenant_id = $1 and product_id = $2
        returning product_id as id, name, sku, barcode, category_id, tax_id, price_minor, unit, track_stock, image_url,
            archived, sync_version, last_modified",
        tenant.0,
        product.id.0,
        product.name,
        product.sku,
        product.barcode,
        product.category_id.map(|id| id.0),
        product.tax_id.map(|id| id.0),
        product.price_minor.0,
        product.unit.0,
        product.track_stock,
        product.image_url,
        version
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.into())
}

//! Products: made, read, changed, deleted.

use super::{
    categories,
    search::{self, ProductQuery},
    taxes,
};
use crate::{
    app_state::App,
    audit,
    auth::ManagerCaller,
    body::{Json, PathId, Query, present},
    database::{Database, Tx},
    error::{Error, Result},
    input,
    sales::cursor::Page,
    versions::{Stream, next_version},
};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use chrono::{DateTime, Utc};
use keeptill_domain::{CategoryId, Money, Product, ProductId, TaxId, TenantId, Unit};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/products", get(list_products).post(create_product))
        .route("/api/products/{id}", get(get_product).patch(change_product).delete(remove_product))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewProduct {
    pub name: String,
    #[serde(default)]
    pub sku: Option<String>,
    #[serde(default)]
    pub barcode: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub category_id: Option<CategoryId>,
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub tax_id: Option<TaxId>,
    pub price_minor: i64,
    /// `each` where not given.
    #[serde(default)]
    pub unit: Option<String>,
    /// True where not given.
    #[serde(default)]
    pub track_stock: Option<bool>,
    #[serde(default)]
    pub image_url: Option<String>,
}

/// What is left out stays; `null` takes away what may be absent.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
pub struct ProductChange {
    pub name: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub sku: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub barcode: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    pub category_id: Option<Option<CategoryId>>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    pub tax_id: Option<Option<TaxId>>,
    pub price_minor: Option<i64>,
    pub unit: Option<String>,
    pub track_stock: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub image_url: Option<Option<String>>,
}

/// A product as it is stored.
pub struct ProductRow {
    pub id: Uuid,
    pub name: String,
    pub sku: Option<String>,
    pub barcode: Option<String>,
    pub category_id: Option<Uuid>,
    pub tax_id: Option<Uuid>,
    pub price_minor: i64,
    pub unit: String,
    pub track_stock: bool,
    pub image_url: Option<String>,
    pub archived: bool,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}

impl From<ProductRow> for Product {
    fn from(row: ProductRow) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            sku: row.sku,
            barcode: row.barcode,
            category_id: row.category_id.map(CategoryId),
            tax_id: row.tax_id.map(TaxId),
            price_minor: Money(row.price_minor),
            unit: Unit(row.unit),
            track_stock: row.track_stock,
            image_url: row.image_url,
            archived: row.archived,
            sync_version: row.sync_version,
            last_modified: row.last_modified,
        }
    }
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
    let product = Product {
        id: Uuid::now_v7().into(),
        name: input::name(&new.name, "name")?,
        sku: input::code(new.sku.as_deref(), "sku")?,
        barcode: input::code(new.barcode.as_deref(), "barcode")?,
        category_id: new.category_id,
        tax_id: new.tax_id,
        price_minor: input::price(new.price_minor, "priceMinor")?,
        unit: input::unit(new.unit.as_deref(), "unit")?,
        track_stock: new.track_stock.unwrap_or(true),
        image_url: input::image_url(new.image_url.as_deref(), "imageUrl")?,
        archived: false,
        sync_version: 0,
        last_modified: DateTime::UNIX_EPOCH,
    };
    let mut tx = db.begin(caller.tenant).await?;
    hold_references(&mut tx, caller.tenant, &product).await?;
    audit::record(&mut tx, caller.tenant, caller.actor(), "product.create", product.id, None, Some(content(&product)))
        .await?;
    let version = next_version(&mut tx, caller.tenant, Stream::Catalogue).await?;
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
    let new = changed(&old, change)?;
    if new == old {
        return Ok(old);
    }
    let (before, after) = (content(&old), content(&new));
    audit::record(&mut tx, caller.tenant, caller.actor(), "product.update", id, Some(before), Some(after)).await?;
    let version = next_version(&mut tx, caller.tenant, Stream::Catalogue).await?;
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
    let version = next_version(&mut tx, caller.tenant, Stream::Catalogue).await?;
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

fn changed(old: &Product, change: ProductChange) -> Result<Product> {
    let mut new = old.clone();
    if let Some(name) = change.name {
        new.name = input::name(&name, "name")?;
    }
    if let Some(sku) = change.sku {
        new.sku = input::code(sku.as_deref(), "sku")?;
    }
    if let Some(barcode) = change.barcode {
        new.barcode = input::code(barcode.as_deref(), "barcode")?;
    }
    if let Some(price) = change.price_minor {
        new.price_minor = input::price(price, "priceMinor")?;
    }
    if let Some(unit) = change.unit {
        new.unit = input::unit(Some(&unit), "unit")?;
    }
    if let Some(url) = change.image_url {
        new.image_url = input::image_url(url.as_deref(), "imageUrl")?;
    }
    new.category_id = change.category_id.unwrap_or(new.category_id);
    new.tax_id = change.tax_id.unwrap_or(new.tax_id);
    new.track_stock = change.track_stock.unwrap_or(new.track_stock);
    Ok(new)
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

/// What the audit log keeps of a product.
fn content(product: &Product) -> Value {
    let mut content = serde_json::to_value(product).unwrap_or_default();
    if let Some(fields) = content.as_object_mut() {
        fields
            .retain(|name, value| !matches!(name.as_str(), "id" | "syncVersion" | "lastModified") && !value.is_null());
    }
    content
}

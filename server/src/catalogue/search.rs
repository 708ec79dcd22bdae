//! Products by name, SKU or barcode, a page at a time.

use super::products::ProductRow;
use crate::{database::Database, error::Result, page, sales::cursor::Page};
use keeptill_domain::{Product, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProductQuery {
    /// Part of a name, the beginning of a SKU, or a whole barcode.
    pub query: Option<String>,
    pub cursor: Option<String>,
    /// 100 where not given, 500 at most.
    pub limit: Option<u32>,
}

/// By name. The index on names gives their order, so that a page is had without reading the whole catalogue.
pub async fn find(db: &Database, tenant: TenantId, query: &ProductQuery) -> Result<Page<Product>> {
    let limit = page::rows(query.limit, page::ROWS_DEFAULT, page::ROWS_MAX)?;
    let (name, id): (String, Uuid) = query.cursor.as_deref().map_or(Ok(Default::default()), page::read_cursor)?;
    // What a person types may hold anything; PostgreSQL's text holds no NUL, so nothing has one in its name.
    let words = query.query.as_deref().map(str::trim).filter(|words| !words.is_empty());
    if words.is_some_and(|words| words.contains('\0')) || name.contains('\0') {
        return Ok(Page { items: Vec::new(), cursor: None });
    }
    let mut tx = db.begin(tenant).await?;
    let rows = sqlx::query_as!(
        ProductRow,
        "select product_id as id, name, sku, barcode, category_id, tax_id, price_minor, unit, track_stock, image_url,
            archived, sync_version, last_modified
        from products
        where tenant_id = $1 and deleted_at is null and (lower(name), product_id) > (lower($2), $3)
            and ($5::text is null or strpos(lower(name), lower($5)) > 0 or starts_with(lower(sku), lower($5))
                or barcode = $5)
        order by lower(name), product_id limit $4",
        tenant.0,
        name,
        id,
        limit as i64 + 1,
        words
    )
    .fetch_all(&mut *tx)
    .await?;
    page::of(rows.into_iter().map(Product::from).collect(), limit, |product| (product.name.clone(), product.id))
}

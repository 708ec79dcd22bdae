//! A product as it comes in, as it is stored, and as the audit log keeps it.

use crate::{body::present, error::Result, input};
use chrono::{DateTime, Utc};
use keeptill_domain::{CategoryId, Money, Product, TaxId, Unit};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

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

impl NewProduct {
    /// The product, its version still to be drawn.
    pub fn read(self) -> Result<Product> {
        Ok(Product {
            id: Uuid::now_v7().into(),
            name: input::name(&self.name, "name")?,
            sku: input::code(self.sku.as_deref(), "sku")?,
            barcode: input::code(self.barcode.as_deref(), "barcode")?,
            category_id: self.category_id,
            tax_id: self.tax_id,
            price_minor: input::price(self.price_minor, "priceMinor")?,
            unit: input::unit(self.unit.as_deref(), "unit")?,
            track_stock: self.track_stock.unwrap_or(true),
            image_url: input::image_url(self.image_url.as_deref(), "imageUrl")?,
            archived: false,
            sync_version: 0,
            last_modified: DateTime::UNIX_EPOCH,
        })
    }
}

impl ProductChange {
    /// The product as it is to be.
    pub fn applied_to(self, old: &Product) -> Result<Product> {
        let mut new = old.clone();
        if let Some(name) = self.name {
            new.name = input::name(&name, "name")?;
        }
        if let Some(sku) = self.sku {
            new.sku = input::code(sku.as_deref(), "sku")?;
        }
        if let Some(barcode) = self.barcode {
            new.barcode = input::code(barcode.as_deref(), "barcode")?;
        }
        if let Some(price) = self.price_minor {
            new.price_minor = input::price(price, "priceMinor")?;
        }
        if let Some(unit) = self.unit {
            new.unit = input::unit(Some(&unit), "unit")?;
        }
        if let Some(url) = self.image_url {
            new.image_url = input::image_url(url.as_deref(), "imageUrl")?;
        }
        new.category_id = self.category_id.unwrap_or(new.category_id);
        new.tax_id = self.tax_id.unwrap_or(new.tax_id);
        new.track_stock = self.track_stock.unwrap_or(new.track_stock);
        Ok(new)
    }
}

/// What the audit log keeps of a product.
pub fn content(product: &Product) -> Value {
    let mut content = serde_json::to_value(product).unwrap_or_default();
    if let Some(fields) = content.as_object_mut() {
        fields
            .retain(|name, value| !matches!(name.as_str(), "id" | "syncVersion" | "lastModified") && !value.is_null());
    }
    content
}

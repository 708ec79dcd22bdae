//! What a shop sells: products, their categories and their taxes, as every device keeps them.

use crate::{
    ids::{CategoryId, ProductId, TaxId},
    money::Money,
    tax::Ppm,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a quantity of the product counts: `each`, `kg`, `l`, …
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unit(pub String);

impl Unit {
    pub const LENGTH_MAX: usize = 16;

    pub fn each() -> Self {
        Self("each".into())
    }

    /// Whether it is sold by the piece.
    pub fn is_each(&self) -> bool {
        self.0 == "each"
    }
}

impl Default for Unit {
    fn default() -> Self {
        Self::each()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub id: ProductId,
    pub name: String,
    #[serde(default)]
    pub sku: Option<String>,
    #[serde(default)]
    pub barcode: Option<String>,
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    #[serde(default)]
    pub tax_id: Option<TaxId>,
    pub price_minor: Money,
    #[serde(default)]
    pub unit: Unit,
    #[serde(default = "yes")]
    pub track_stock: bool,
    #[serde(default)]
    pub image_url: Option<String>,
    /// Kept so that history has a name; not for sale.
    #[serde(default)]
    pub archived: bool,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tax {
    pub id: TaxId,
    pub name: String,
    pub rate_ppm: Ppm,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}

fn yes() -> bool {
    true
}

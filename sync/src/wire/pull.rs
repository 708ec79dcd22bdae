//! From the server to the device: what changed since a cursor.

use chrono::{DateTime, Utc};
use keeptill_domain::{Category, Epoch, Product, Settings, StaffMember, StockLevel, Tax};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What can be pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collection {
    Products,
    Categories,
    Taxes,
    Staff,
    Settings,
    Stock,
}

impl Collection {
    pub const ALL: [Self; 6] =
        [Self::Products, Self::Categories, Self::Taxes, Self::Staff, Self::Settings, Self::Stock];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Categories => "categories",
            Self::Taxes => "taxes",
            Self::Staff => "staff",
            Self::Settings => "settings",
            Self::Stock => "stock",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync: Option<DateTime<Utc>>,
    /// Names, so that an unknown one can be answered by name.
    pub collections: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// For a manager's browser, which is no device itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<keeptill_domain::DeviceId>,
}

/// A collection that was not asked for is `None`; one with nothing new is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullResponse {
    pub epoch: Epoch,
    pub cursor: String,
    pub server_time: DateTime<Utc>,
    pub has_more: bool,
    pub must_resync: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<Product>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taxes: Option<Vec<Tax>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<Vec<StaffMember>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<Vec<StockLevel>>,
    pub deleted_ids: DeletedIds,
}

impl PullResponse {
    /// How many rows it brings or takes away.
    pub fn row_count(&self) -> usize {
        fn count<T>(rows: &Option<Vec<T>>) -> usize {
            rows.as_ref().map_or(0, Vec::len)
        }
        let gone = &self.deleted_ids;
        count(&self.products)
            + count(&self.categories)
            + count(&self.taxes)
            + count(&self.staff)
            + count(&self.stock)
            + usize::from(self.settings.is_some())
            + [&gone.products, &gone.categories, &gone.taxes, &gone.staff].into_iter().map(count).sum::<usize>()
    }
}

/// Ids of rows that are gone; only the collections that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeletedIds {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<Uuid>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Uuid>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxes: Option<Vec<Uuid>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<Vec<Uuid>>,
}

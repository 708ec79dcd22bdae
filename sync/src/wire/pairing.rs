//! How a browser becomes a device.

use keeptill_domain::{DeviceId, Epoch, StoreId, TenantId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairRequest {
    pub pairing_code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairResponse {
    pub device_id: DeviceId,
    pub device_token: String,
    pub tenant_id: TenantId,
    pub store_id: StoreId,
    pub epoch: Epoch,
    /// What the manager called it: `Tablet 3`.
    pub device_name: String,
    /// What stands before the number on its receipts: `T3`. No other device of the tenant has the same.
    pub receipt_prefix: String,
}

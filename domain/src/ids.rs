//! One type for each kind of id, so that a product's can't be passed where a device's is meant.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// One business; the wall between customers of one installation.
    TenantId,
    /// One place that sells; stock, devices, sales and shifts belong to it.
    StoreId,
    /// A person: owner, manager or cashier.
    UserId,
    /// One paired browser.
    DeviceId,
    ProductId,
    CategoryId,
    TaxId,
    /// Names an event for ever; minted (version 7) where the event happened.
    ClientId,
    /// The server's name for a sale it keeps.
    SaleId,
    ShiftId,
    MovementId,
    SyncLogId,
    /// Changes when a tenant's database is restored; a cursor of another epoch is worthless.
    Epoch,
}

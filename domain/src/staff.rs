//! The people of a shop.

use crate::ids::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Cashier,
    Manager,
    Owner,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cashier => "cashier",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }

    /// Whether this role may use the office.
    pub fn manages(self) -> bool {
        self >= Self::Manager
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Self::Cashier, Self::Manager, Self::Owner].into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a role is owner, manager or cashier")]
pub struct UnknownRole;

/// A person as a device knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffMember {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    /// Argon2id in PHC form, for checking a PIN with no network; sent to devices only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin_verifier: Option<String>,
    pub sync_version: i64,
    pub last_modified: DateTime<Utc>,
}

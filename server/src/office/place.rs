//! The office's addresses.

use keeptill_domain::{ClientId, DeviceId, ProductId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Today,
    Conflicts,
    Conflict(ClientId),
    Sales,
    Sale(ClientId),
    Products,
    NewProduct,
    Product(ProductId),
    Categories,
    Staff,
    Devices,
    BringIn,
    Device(DeviceId),
    Log,
    Audit,
}

impl Place {
    pub fn find(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix("/office")?.trim_end_matches('/').split('/');
        // Before the first slash there is nothing: `/officer` is no page.
        parts.next().filter(|part| part.is_empty())?;
        let (section, thing) = (parts.next().unwrap_or(""), parts.next());
        if parts.next().is_some() {
            return None;
        }
        Some(match (section, thing) {
            ("", None) => Self::Today,
            ("conflicts", None) => Self::Conflicts,
            ("conflicts", Some(id)) => Self::Conflict(id.parse().ok()?),
            ("sales", None) => Self::Sales,
            ("sales", Some(id)) => Self::Sale(id.parse().ok()?),
            ("products", None) => Self::Products,
            ("products", Some("new")) => Self::NewProduct,
            ("products", Some(id)) => Self::Product(id.parse().ok()?),
            ("categories", None) => Self::Categories,
            ("staff", None) => Self::Staff,
            ("devices", None) => Self::Devices,
            ("devices", Some(id)) => Self::Device(id.parse().ok()?),
            ("bring-in", None) => Self::BringIn,
            ("log", None) => Self::Log,
            ("audit", None) => Self::Audit,
            _ => return None,
        })
    }

    /// The entry of the navigation that it belongs to.
    pub fn section(&self) -> &'static str {
        match self {
            Self::Today => "/office",
            Self::Conflicts | Self::Conflict(_) => "/office/conflicts",
            Self::Sales | Self::Sale(_) => "/office/sales",
            Self::Products | Self::NewProduct | Self::Product(_) => "/office/products",
            Self::Categories => "/office/categories",
            Self::Staff => "/office/staff",
            Self::Devices | Self::Device(_) | Self::BringIn => "/office/devices",
            Self::Log => "/office/log",
            Self::Audit => "/office/audit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_their_places_and_others_nowhere() {
        assert_eq!(Place::find("/office"), Some(Place::Today));
        assert_eq!(Place::find("/office/products/new"), Some(Place::NewProduct));
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(Place::find(&format!("/office/sales/{id}")), Some(Place::Sale(id.parse().unwrap())));
        for path in ["/officer", "/office/sales/x", "/office/log/1", "/office/sales/1/2", "/till"] {
            assert_eq!(Place::find(path), None, "{path}");
        }
    }
}

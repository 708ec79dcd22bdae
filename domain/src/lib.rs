//! What a shop is made of: money, tax, products, sales, stock and the rules for when two views of them differ.
//!
//! Pure: no input or output, no clock, no randomness. Ids and instants come from the caller, so that the same code
//! runs in a page, in a service worker, on the server and in a test, and gives the same answer in each.

pub mod cart;
pub mod catalogue;
pub mod conflict;
pub mod device;
pub mod ids;
pub mod money;
pub mod quantity;
pub mod sale;
pub mod settings;
pub mod staff;
pub mod stock;
pub mod tax;
pub mod tender;

pub use cart::{Cart, CartLine};
pub use catalogue::{Category, Product, Tax, Unit};
pub use conflict::{Action, Conflict, ConflictReason, Notice, NoticeReason, Resolution, ResolutionKind};
pub use device::DeviceSeq;
pub use ids::*;
pub use money::{Currency, Money};
pub use quantity::Quantity;
pub use sale::{LineItem, Sale, SyncStatus, Totals};
pub use settings::Settings;
pub use staff::{Role, StaffMember};
pub use stock::{MovementReason, StockLevel};
pub use tax::Ppm;
pub use tender::{Tender, TenderType};

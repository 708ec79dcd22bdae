//! The engine's hands in a browser: what it stores goes to IndexedDB, what it sends goes through `fetch`.
//!
//! Everything but [`page`] works in a window and in a service worker alike; nothing here knows a view.

mod cart;
mod catalogue;
mod channel;
mod clock;
mod database;
mod device;
mod hands;
mod journal;
mod js;
mod lock;
pub mod page;
mod pulling;
mod records;
mod transport;
pub mod worker;

/// Sent with each push, so that the server knows which build a till runs.
const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

//! The engine's hands in a browser: what it stores goes to IndexedDB, what it sends goes through `fetch`.
//!
//! Everything but [`page`] works in a window and in a service worker alike; nothing here knows a view.

pub mod page;

//! The views: the till, which is mounted in the browser alone, and the office, which the server renders first.
//!
//! Views only. What they show comes in through a handle in context, and what they ask for goes out through it; which
//! side they run on is none of their business, so nothing in here is compiled conditionally.

pub mod components;
pub mod office;
pub mod shell;
pub mod till;

//! The server as its clients meet it: one test binary on a real PostgreSQL, one module for each resource.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails where it stands")]

mod catalogue;
mod chain;
mod chunks;
mod conflicts;
mod devices;
mod differences;
mod handed_in;
mod harness;
mod log;
mod office;
mod old_builds;
mod openapi;
mod people;
mod pokes;
mod pull;
mod pull_since;
mod push;
mod push_races;
mod restarts;
mod retention;
mod sales;
mod selling;
mod serving;
mod status;
mod stock;
mod tenants;
mod walls;

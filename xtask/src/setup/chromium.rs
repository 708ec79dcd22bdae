//! The browser of the browser tests.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::apt::Package;
use crate::process;

pub const PACKAGES: [Package; 1] = [Package {
    name: "chromium",
    why: "the browser that the tests drive",
    elsewhere: "Chromium or Chrome, on PATH or named by CHROMIUM",
}];

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The one that CHROMIUM names, or the first on PATH.
pub fn find() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named.or_else(|| NAMES.iter().find_map(|name| process::on_path(name)))
}

/// # Errors
/// Always: installation is apt's part, and after it the browser is there.
pub fn missing() -> Result<PathBuf> {
    bail!("a browser was installed, but none of {} is on PATH", NAMES.join(", "))
}

//! The programs that check the code: clippy, cargo-deny and cargo-machete.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::apt::Package;
use crate::toolchain::Toolchain;
use crate::{process, say, workspace};

const CLIPPY: Package = Package {
    name: "rust-web-clippy",
    why: "clippy for Debian's rustc",
    elsewhere: "clippy, `rustup component add clippy`",
};

/// A program from crates.io.
pub struct Checker {
    name: &'static str,
    version: &'static str,
    why: &'static str,
}

pub const DENY: Checker =
    Checker { name: "cargo-deny", version: "0.20.2", why: "checks licences, sources and advisories" };
pub const MACHETE: Checker =
    Checker { name: "cargo-machete", version: "0.9.2", why: "finds dependencies that nothing uses" };

/// What brings clippy to the toolchain, where it has none.
pub fn packages(toolchain: &Toolchain) -> Vec<Package> {
    if process::succeeds(toolchain.clippy().arg("--version")) {
        return Vec::new();
    }
    if *toolchain == Toolchain::Active && add_component("clippy") {
        return Vec::new();
    }
    vec![CLIPPY]
}

/// Adds a component to the active toolchain; returns whether rustup could.
pub fn add_component(name: &str) -> bool {
    process::on_path("rustup").is_some() && {
        say::note(&format!("adding {name} to the active toolchain, by rustup"));
        let mut rustup = Command::new("rustup");
        rustup.current_dir(workspace::root()).args(["component", "add", name]);
        process::succeeds_within(&mut rustup, Duration::from_secs(120))
    }
}

/// The programs on PATH, or else compiled for this checkout: without optimisation, since compiling
/// takes longer than running ever does.
///
/// # Errors
/// When one does not compile.
pub fn find_or_install<const N: usize>(toolchain: &Toolchain, wanted: [&Checker; N]) -> Result<[PathBuf; N]> {
    let root = workspace::tools().join("checkers");
    let found =
        wanted.map(|checker| process::on_path(checker.name).unwrap_or_else(|| root.join("bin").join(checker.name)));
    let missing: Vec<&Checker> = wanted
        .into_iter()
        .zip(&found)
        .filter(|(_, path)| !process::is_program(path))
        .map(|(checker, _)| checker)
        .collect();
    if missing.is_empty() {
        return Ok(found);
    }
    let mut cargo = toolchain.cargo();
    cargo.args(["install", "--quiet", "--locked", "--debug", "--root"]).arg(&root);
    for checker in missing {
        say::note(&format!("compiling {} {}, which {}", checker.name, checker.version, checker.why));
        cargo.arg(format!("{}@{}", checker.name, checker.version));
    }
    // One folder for both: what they have in common is compiled once.
    process::run(cargo.env("CARGO_TARGET_DIR", root.join("target")))?;
    std::fs::remove_dir_all(root.join("target"))?;
    Ok(found)
}

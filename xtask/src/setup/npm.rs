//! node and npm, and what is installed through them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::apt::Package;
use crate::{process, say, workspace};

const NODE: &str = "Node.js 18 or newer, https://nodejs.org";

const PACKAGES: [Package; 2] = [
    Package { name: "nodejs", why: "runs wasm-opt and the browser tests", elsewhere: NODE },
    Package { name: "npm", why: "fetches them", elsewhere: NODE },
];

/// The packages of node and npm, where they are not at hand.
pub fn packages() -> Vec<Package> {
    let present = process::on_path("node").is_some() && process::on_path("npm").is_some();
    if present { Vec::new() } else { PACKAGES.to_vec() }
}

/// Installs one package, of exactly that version, into the tools of this checkout.
///
/// # Errors
/// When npm fails.
pub fn install(package: &str) -> Result<()> {
    let tools = workspace::tools();
    std::fs::create_dir_all(&tools)?;
    process::run(npm().arg("install").arg("--prefix").arg(&tools).arg(package))
}

/// Installs what a folder's package-lock.json names, unless that was done since it last changed.
///
/// # Errors
/// When npm fails.
pub fn install_locked(folder: &str) -> Result<()> {
    let folder = workspace::root().join(folder);
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("no {}", lock.display()))?;
    let mark = folder.join("node_modules/.installed-from-lock");
    if std::fs::read(&mark).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    say::note(&format!("installing the node packages of {}", folder.display()));
    process::run(npm().arg("ci").current_dir(&folder))?;
    mark_installed(&mark, &wanted)
}

fn mark_installed(mark: &Path, lock: &[u8]) -> Result<()> {
    if let Some(folder) = mark.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(mark, lock)?;
    Ok(())
}

fn npm() -> Command {
    let mut npm = Command::new("npm");
    npm.args(["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]);
    npm
}

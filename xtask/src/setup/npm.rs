//! node and npm, and what is installed through them.

use std::path::{Path, PathBuf};
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

/// Debian 12's node is older than the browser tests' runner asks.
const OLDEST_FOR_TESTS: u32 = 20;
const NEWER: &str = "node@22.19.0";

/// The folder of a node that is recent enough for the tests, where the one on PATH is not.
///
/// # Errors
/// When npm fails.
pub fn newer_node() -> Result<Option<PathBuf>> {
    let version = process::output(Command::new("node").arg("--version"))?;
    if major(&version).is_some_and(|major| major >= OLDEST_FOR_TESTS) {
        return Ok(None);
    }
    let folder = workspace::tools().join("node_modules/.bin");
    if !process::is_program(&folder.join("node")) {
        say::note(&format!("node {} is too old for the tests: installing {NEWER} from npm", version.trim()));
        install(NEWER)?;
    }
    Ok(Some(folder))
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

/// `v18.20.4` → 18.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn npm() -> Command {
    let mut npm = Command::new("npm");
    npm.args(["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]);
    npm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v18.20.4\n"), Some(18));
        assert_eq!(major("node"), None);
    }
}

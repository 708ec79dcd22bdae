//! `wasm-opt`, which makes the pages' WASM half as large: the one on PATH if it is recent, and
//! otherwise the npm package `binaryen`. Debian 12's own is older than what rustc emits.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::npm;
use crate::{process, say, workspace};

const PINNED: &str = "binaryen@132.0.0";
/// Knows every feature that rustc 1.95 turns on for wasm32.
const OLDEST: u32 = 120;

/// A wasm-opt that is recent enough.
pub fn find() -> Option<PathBuf> {
    let ours = workspace::tools().join("node_modules/.bin/wasm-opt");
    process::on_path("wasm-opt").into_iter().chain([ours]).find(|path| {
        process::output(Command::new(path).arg("--version"))
            .is_ok_and(|text| version(&text).is_some_and(|version| version >= OLDEST))
    })
}

/// # Errors
/// When npm fails, or what it brought does not run.
pub fn install() -> Result<PathBuf> {
    say::note(&format!("installing wasm-opt ({PINNED} from npm): it halves the pages' WASM"));
    npm::install(PINNED)?;
    find().with_context(|| format!("{PINNED} was installed and does not run"))
}

/// `wasm-opt version 132 (version_132)` → 132.
fn version(text: &str) -> Option<u32> {
    text.split_whitespace().nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_either_way_of_writing_it() {
        assert_eq!(version("wasm-opt version 132 (version_132)"), Some(132));
        assert_eq!(version("wasm-opt version 108"), Some(108));
        assert_eq!(version("not it"), None);
    }
}

//! A toolchain that compiles to WASM: the active one, if need be after `rustup target add`; failing
//! that, Debian's, which [`super::debian_std`] completes.

use std::process::Command;
use std::time::Duration;

use crate::toolchain::{Toolchain, WASM};
use crate::{process, say, workspace};

/// rustup downloads some 20 MB; where it can't reach its server it takes its time to say so.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// A toolchain that is usable as it is, or that rustup can make so.
pub fn find() -> Option<Toolchain> {
    let found = Toolchain::usable().or_else(by_rustup);
    if let Some(toolchain) = &found {
        say::note(&format!("{toolchain}, with {WASM}"));
    }
    found
}

fn by_rustup() -> Option<Toolchain> {
    let active = Toolchain::Active;
    if !active.is_recent() || process::on_path("rustup").is_none() {
        return None;
    }
    say::note(&format!("adding the target {WASM}, which the pages are compiled for, by rustup"));
    let mut rustup = Command::new("rustup");
    rustup.current_dir(workspace::root()).args(["target", "add", WASM]);
    if process::succeeds_within(&mut rustup, RUSTUP_LIMIT) {
        return Toolchain::usable();
    }
    say::note("rustup could not; its server may be out of reach from here");
    None
}

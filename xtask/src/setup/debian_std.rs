//! Debian's current rustc lacks the standard library for wasm32; it is built here, once, from the
//! sources that Debian ships, and put where rustc looks for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt::{self, Package};
use crate::toolchain::{self, Toolchain, WASM};
use crate::{process, say, workspace};

const RUSTUP: &str = "rustup (https://rustup.rs), then `rustup target add wasm32-unknown-unknown`";

pub const PACKAGES: [Package; 4] = [
    Package { name: "rustc-web", why: "a rustc recent enough for this code", elsewhere: RUSTUP },
    Package { name: "cargo-web", why: "the cargo that belongs to it", elsewhere: RUSTUP },
    Package { name: "rust-web-src", why: "the standard library's source, to be compiled for WASM", elsewhere: RUSTUP },
    Package { name: LINKER_PACKAGE, why: "the linker of WASM", elsewhere: RUSTUP },
];
const LINKER_PACKAGE: &str = "lld-22";
const LINKER: &str = "/usr/bin/lld-22";

/// Adds to Debian's toolchain what it lacks for WASM.
///
/// # Errors
/// When Debian's rustc is too old, the library does not compile, or there is no right to put it
/// in its place.
pub fn complete() -> Result<Toolchain> {
    let debian = Toolchain::Debian;
    if !debian.is_recent() {
        bail!("Debian's rustc here is older than {}; please install {RUSTUP}", env!("CARGO_PKG_RUST_VERSION"));
    }
    if !process::is_program(&toolchain::debian_linker()) {
        say::note("telling rustc where the linker of WASM is");
        let linker = toolchain::debian_linker();
        let folder = linker.parent().unwrap_or(&linker).display().to_string();
        let by_hand = format!("sudo mkdir -p {folder} && sudo ln -sf {LINKER} {}", linker.display());
        root(&["mkdir", "-p", &folder], &by_hand)?;
        root(&["ln", "-sf", LINKER, &linker.display().to_string()], &by_hand)?;
    }
    let place = debian.wasm_library().context("rustc did not say where it looks for wasm32")?;
    if !toolchain::holds_std(&place) {
        say::note("compiling the standard library for WASM, about a minute");
        let built = build(&workspace::tools().join("std"))?;
        put(&built, &place)?;
        // What was compiled against another standard library can't be linked with this one.
        let old = workspace::target().join(WASM);
        if old.exists() {
            std::fs::remove_dir_all(old)?;
        }
    }
    Toolchain::usable().context("Debian's toolchain is complete and still does not compile to WASM")
}

/// Compiles the standard library as a dependency of an empty crate; returns the folder of rlibs.
fn build(crate_dir: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(crate_dir.join("src"))?;
    let manifest = "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n";
    std::fs::write(crate_dir.join("Cargo.toml"), manifest)?;
    std::fs::write(crate_dir.join("src/lib.rs"), "#![no_std]\n")?;
    let target = crate_dir.join("target");
    process::run(
        Toolchain::Debian
            .cargo()
            .current_dir(crate_dir)
            // `-Z` options are for nightly compilers, and for those that are told to be one.
            .env("RUSTC_BOOTSTRAP", "1")
            // Without this the library carries no bitcode, and no LTO build can use it.
            .env("CARGO_PROFILE_RELEASE_LTO", "true")
            .env("CARGO_TARGET_DIR", &target)
            .args(["build", "--release", "--target", WASM, "-Zbuild-std=std,panic_abort"]),
    )?;
    Ok(target.join(WASM).join("release/deps"))
}

/// Puts the library where rustc looks, in place of whatever is there.
fn put(built: &Path, place: &Path) -> Result<()> {
    let ready = workspace::tools().join("std/lib");
    if ready.exists() {
        std::fs::remove_dir_all(&ready)?;
    }
    std::fs::create_dir_all(&ready)?;
    for entry in built.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            std::fs::copy(&path, ready.join(&name))?;
        }
    }
    let (ready, place) = (ready.display().to_string(), place.display().to_string());
    let by_hand = format!("sudo rm -rf {place} && sudo mkdir -p {place} && sudo cp -r {ready}/. {place}");
    root(&["rm", "-rf", &place], &by_hand)?;
    root(&["mkdir", "-p", &place], &by_hand)?;
    root(&["cp", "-r", &format!("{ready}/."), &place], &by_hand)
}

fn root(words: &[&str], by_hand: &str) -> Result<()> {
    let mut command: Command = apt::as_root(words, by_hand)?;
    process::run(&mut command)
}

//! The three pieces of WASM: the page's, which a module script loads; the vault, which the page loads when it is first
//! used; and the service worker's, which `importScripts` loads, since a service worker can't import modules lazily.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use super::Kind;
use crate::setup::Tools;
use crate::toolchain::{Toolchain, WASM};
use crate::{process, say, workspace};

/// Small first. Laying the control flow out anew between two rounds saves another hundredth.
const PASSES: [&str; 5] = ["-Oz", "--flatten", "--rereloop", "-Oz", "-Oz"];
/// What rustc turns on for wasm32, and so what every browser that runs the pages has.
const FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// WASM as cargo leaves it.
pub struct Raw {
    pub page: Piece,
    pub vault: Piece,
    pub worker: Piece,
}

/// One piece and how it is to be loaded.
pub struct Piece {
    name: &'static str,
    file: PathBuf,
    is_module: bool,
}

/// WASM with the JavaScript that loads it.
pub struct Bound {
    pub name: &'static str,
    pub wasm: Vec<u8>,
    pub js: Vec<u8>,
    /// JavaScript that a crate brought along; its paths are part of `js`.
    pub snippets: PathBuf,
}

/// Compiles all in one go: they share most of their dependencies.
///
/// # Errors
/// When they do not compile.
pub fn compile(toolchain: &Toolchain, kind: Kind) -> Result<Raw> {
    let mut cargo = toolchain.cargo();
    cargo.args(["build", "--lib", "--target", WASM]);
    cargo.args(["--package", "keeptill-frontend"]);
    cargo.args(["--package", "keeptill-vault", "--package", "keeptill-worker"]);
    let profile = if kind.is_small() { "wasm-release" } else { "debug" };
    if kind.is_small() {
        cargo.args(["--profile", profile]);
    }
    process::run(&mut cargo)?;
    let dir = workspace::target().join(WASM).join(profile);
    Ok(Raw {
        page: Piece { name: "keeptill", file: dir.join("keeptill_frontend.wasm"), is_module: true },
        vault: Piece { name: "vault", file: dir.join("keeptill_vault.wasm"), is_module: true },
        worker: Piece { name: "worker", file: dir.join("keeptill_worker.wasm"), is_module: false },
    })
}

/// Generates the JavaScript of a piece and optimises its WASM. The outcome is kept in a folder
/// named after the input.
///
/// # Errors
/// When either fails.
pub fn bind(tools: &Tools, kind: Kind, piece: &Piece) -> Result<Bound> {
    let raw = fs::read(&piece.file).with_context(|| format!("no {}", piece.file.display()))?;
    let shelf = workspace::target().join("bound").join(format!("{}-{}", piece.name, kind.site()));
    let dir = shelf.join(name_of(&raw, tools, kind));
    let wasm = dir.join(format!("{}_bg.wasm", piece.name));
    if !dir.exists() {
        // What is kept is for the last input; an unfinished outcome never gets the final name.
        let unfinished = shelf.join("unfinished");
        if shelf.exists() {
            fs::remove_dir_all(&shelf)?;
        }
        fs::create_dir_all(&unfinished)?;
        generate(piece, raw, kind, &unfinished)?;
        if kind.is_small() {
            optimise(&tools.wasm_opt, &unfinished.join(format!("{}_bg.wasm", piece.name)))?;
        }
        fs::rename(&unfinished, &dir)?;
    }
    Ok(Bound {
        name: piece.name,
        wasm: fs::read(&wasm)?,
        js: fs::read(dir.join(format!("{}.js", piece.name)))?,
        snippets: dir.join("snippets"),
    })
}

fn generate(piece: &Piece, raw: Vec<u8>, kind: Kind, into: &Path) -> Result<()> {
    say::note(&format!("binding {}", piece.name));
    Bindgen::new()
        .input_bytes(piece.name, raw)
        .web(piece.is_module)?
        .no_modules(!piece.is_module)?
        .typescript(false)
        .demangle(!kind.is_small())
        .keep_debug(!kind.is_small())
        .remove_name_section(kind.is_small())
        .remove_producers_section(kind.is_small())
        .generate(into)
        .with_context(|| format!("wasm-bindgen failed on {}", piece.file.display()))
}

fn optimise(wasm_opt: &Path, wasm: &Path) -> Result<()> {
    say::note(&format!("shrinking {}", wasm.file_name().unwrap_or_default().display()));
    let small = wasm.with_extension("small");
    let mut command = Command::new(wasm_opt);
    command.args(PASSES).args(FEATURES).arg(wasm).arg("-o").arg(&small);
    process::run(&mut command)?;
    fs::rename(small, wasm)?;
    Ok(())
}

/// Everything that the outcome depends on, in one name.
fn name_of(raw: &[u8], tools: &Tools, kind: Kind) -> String {
    let settings = format!("{PASSES:?} {FEATURES:?} {} {}", tools.wasm_opt.display(), kind.site());
    let digest = Sha256::new().chain_update(raw).chain_update(settings).finalize();
    super::compress::hex(&digest)
}

//! The product: one server binary with its site beside it. cargo compiles; this module binds and
//! shrinks the WASM, bundles the style sheet, names each file after its content, compresses it,
//! and lays everything out. A step whose input has not changed is not done again.

mod compress;
mod site;
mod style;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::setup::Tools;
use crate::toolchain::Toolchain;
use crate::{process, say, workspace};

/// What a build is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// Server and site as they are released, in target/keeptill
    Release,
    /// The released site with a server that compiles fast, in target/keeptill-test
    Test,
    /// Both as they compile fast, in target/keeptill-dev
    Dev,
}

/// Where a finished build lies.
pub struct Built {
    pub binary: PathBuf,
    pub site: PathBuf,
    /// Whether the server or the site differ from what lay there before.
    pub changed: bool,
}

impl Kind {
    fn dir(self) -> PathBuf {
        workspace::target().join(match self {
            Self::Release => "keeptill",
            Self::Test => "keeptill-test",
            Self::Dev => "keeptill-dev",
        })
    }

    /// Which of the two sites belongs to it.
    fn site(self) -> &'static str {
        if self.is_small() { "small" } else { "dev" }
    }

    /// Whether the site is made small, which takes minutes.
    fn is_small(self) -> bool {
        self != Self::Dev
    }
}

/// Builds whatever is not up to date.
///
/// # Errors
/// When a step fails.
pub fn build(tools: &Tools, kind: Kind) -> Result<Built> {
    let raw =
        say::step("Compiling the pages and the service worker to WASM", || wasm::compile(&tools.toolchain, kind))?;
    let files = say::step("Making the site", || {
        let page = wasm::bind(tools, kind, &raw.page)?;
        let vault = wasm::bind(tools, kind, &raw.vault)?;
        let worker = wasm::bind(tools, kind, &raw.worker)?;
        let style = style::bundle(&workspace::root().join("style/main.css"))?;
        site::gather(page, [vault, worker], &style, kind)
    })?;
    let compiled = say::step("Compiling the server", || compile_server(&tools.toolchain, kind))?;
    lay_out(kind, &compiled, &files)
}

fn compile_server(toolchain: &Toolchain, kind: Kind) -> Result<PathBuf> {
    let mut cargo = toolchain.cargo();
    cargo.args(["build", "--package", "keeptill-server", "--bin", "keeptill"]);
    let profile = if kind == Kind::Release { "release" } else { "debug" };
    if kind == Kind::Release {
        cargo.arg("--release");
    }
    process::run(&mut cargo)?;
    Ok(workspace::target().join(profile).join("keeptill"))
}

/// The binary, `hash.txt` where Leptos looks for it, and the site, side by side.
fn lay_out(kind: Kind, compiled: &Path, files: &site::Site) -> Result<Built> {
    let dir = kind.dir();
    let built = Built { binary: dir.join("keeptill"), site: dir.join("site"), changed: false };
    fs::create_dir_all(&dir)?;
    let server_changed = replace(compiled, &built.binary)?;
    let site_changed = files.write(&built.site)?;
    files.write_hashes(&dir)?;
    if kind.is_small() {
        // Where `cargo leptos` keeps the same things.
        files.write(&workspace::target().join("site"))?;
        files.write_hashes(compiled.parent().unwrap_or(&dir))?;
    }
    say::heading(&format!("Built {}", built.binary.display()));
    files.tell_sizes();
    Ok(Built { changed: server_changed || site_changed, ..built })
}

/// Puts a new binary in place of an old one, which may be running.
fn replace(new: &Path, place: &Path) -> Result<bool> {
    let stamp = |path: &Path| path.metadata().and_then(|data| Ok((data.len(), data.modified()?)));
    if stamp(place).is_ok_and(|old| stamp(new).is_ok_and(|new| new == old)) {
        return Ok(false);
    }
    let waiting = place.with_extension("new");
    fs::copy(new, &waiting).with_context(|| format!("could not copy {}", new.display()))?;
    fs::File::options().write(true).open(&waiting)?.set_modified(new.metadata()?.modified()?)?;
    fs::rename(&waiting, place)?;
    Ok(true)
}

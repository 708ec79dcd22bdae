//! The steps of `cargo xtask test`, cheap ones first. Checks count as one test each.

use std::cell::OnceCell;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::counts::Counts;
use crate::build::{self, Built, Kind};
use crate::postgres::Private;
use crate::setup::TestTools;
use crate::toolchain::{Toolchain, WASM};
use crate::{prepare, process, say, workspace};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Step {
    Format,
    Lint,
    LintWasm,
    Licences,
    Unused,
    Queries,
    Rust,
    Xtask,
    Build,
    Browser,
}

/// The crates that are compiled for the browser alone.
const WASM_ONLY: [&str; 4] = ["keeptill-browser", "keeptill-frontend", "keeptill-vault", "keeptill-worker"];
/// The crates that are compiled for both.
const SHARED: [&str; 4] = ["keeptill-domain", "keeptill-sync", "keeptill-app", "keeptill-seal"];
const SERVER: &str = "keeptill-server";
const ADVISORIES_LIMIT: Duration = Duration::from_secs(60);

/// What the steps work with; made when the first of them asks for it.
pub struct Bench {
    tools: TestTools,
    postgres: OnceCell<Private>,
    built: OnceCell<Built>,
}

impl Bench {
    pub fn new(tools: TestTools) -> Self {
        Self { tools, postgres: OnceCell::new(), built: OnceCell::new() }
    }

    fn toolchain(&self) -> &Toolchain {
        &self.tools.tools.toolchain
    }

    fn postgres(&self) -> Result<&Private> {
        made(&self.postgres, || {
            let postgres = Private::start(&self.tools.tools.postgres)?;
            say::note(&format!("a private PostgreSQL listens at {}", postgres.url()));
            Ok(postgres)
        })
    }

    fn built(&self) -> Result<&Built> {
        made(&self.built, || build::build(&self.tools.tools, Kind::Test))
    }
}

fn made<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let new = make()?;
    Ok(cell.get_or_init(|| new))
}

impl Step {
    pub const CHECKS: [Self; 5] = [Self::Format, Self::Lint, Self::LintWasm, Self::Licences, Self::Unused];

    /// The name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub fn what(self) -> &'static str {
        match self {
            Self::Format => "the code is formatted",
            Self::Lint => "clippy, warnings denied, for the server's machine",
            Self::LintWasm => "clippy, warnings denied, for the browser",
            Self::Licences => "cargo-deny: licences, sources, doubled versions, advisories",
            Self::Unused => "cargo-machete: no dependency is unused",
            Self::Queries => ".sqlx describes the queries as they are",
            Self::Rust => "unit, property and server tests",
            Self::Xtask => "this program's own tests",
            Self::Build => "the site, optimised, and the server",
            Self::Browser => "till and office in a real browser",
        }
    }

    pub fn run(self, bench: &Bench) -> Result<Counts> {
        match self {
            Self::Format => check(bench.tools.rustfmt.command().args(["--all", "--check"])),
            Self::Lint => lint(bench.toolchain()),
            Self::LintWasm => lint_wasm(bench.toolchain()),
            Self::Licences => licences(bench),
            Self::Unused => check(bench.toolchain().tool(&bench.tools.cargo_machete).arg("--with-metadata")),
            Self::Queries => prepare::against(bench.toolchain(), bench.postgres()?, true).map(|()| Counts::PASSED),
            Self::Rust => rust(bench),
            Self::Xtask => xtask(),
            Self::Build => bench.built().map(|_| Counts::PASSED),
            Self::Browser => browser(bench),
        }
    }
}

fn check(command: &mut Command) -> Result<Counts> {
    process::run(command).map(|()| Counts::PASSED)
}

fn lint(toolchain: &Toolchain) -> Result<Counts> {
    let mut clippy = toolchain.clippy();
    clippy.args(["--workspace", "--all-targets"]);
    for package in WASM_ONLY {
        clippy.args(["--exclude", package]);
    }
    check(clippy.args(["--", "-D", "warnings"]))
}

fn lint_wasm(toolchain: &Toolchain) -> Result<Counts> {
    let mut clippy = toolchain.clippy();
    clippy.args(["--target", WASM]);
    for package in SHARED.iter().chain(&WASM_ONLY) {
        clippy.args(["--package", package]);
    }
    check(clippy.args(["--", "-D", "warnings"]))
}

/// Advisories are checked wherever their database can be had.
fn licences(bench: &Bench) -> Result<Counts> {
    let deny = || bench.toolchain().tool(&bench.tools.cargo_deny);
    let mut counts = check(deny().args(["check", "bans", "licenses", "sources"]))?;
    let mut fetch = deny();
    fetch.args(["fetch", "db"]).stdout(Stdio::null()).stderr(Stdio::null());
    if process::succeeds_within(&mut fetch, ADVISORIES_LIMIT) {
        counts += check(deny().args(["check", "--disable-fetch", "advisories"]))?;
    } else {
        say::note("advisories were NOT checked: their database could not be fetched");
    }
    Ok(counts)
}

fn rust(bench: &Bench) -> Result<Counts> {
    let mut cargo = bench.toolchain().cargo();
    cargo.args(["test", "--no-fail-fast"]);
    // One command for all of them: each set of crates has its own features, and so its own build.
    for package in SHARED.iter().chain([&SERVER]) {
        cargo.args(["--package", package]);
    }
    cargo.env("KEEPTILL_TEST_DATABASE_URL", bench.postgres()?.url());
    count_rust(&mut cargo)
}

/// With the toolchain that has just built it.
fn xtask() -> Result<Counts> {
    count_rust(Toolchain::Active.cargo().args(["test", "--package", "xtask"]))
}

fn count_rust(cargo: &mut Command) -> Result<Counts> {
    let mut counts = Counts::default();
    let status = process::tee(cargo, |line| counts.read_rust(line))?;
    Ok(counts.of_ended(status.success()))
}

fn browser(bench: &Bench) -> Result<Counts> {
    let tools = bench.tools.browser.as_ref().context("the browser was not looked for")?;
    let built = bench.built()?;
    let mut npm = Command::new("npm");
    npm.args(["test", "--silent"]).current_dir(workspace::root().join("end2end"));
    npm.env("KEEPTILL_BIN", &built.binary)
        .env("KEEPTILL_SITE_DIR", &built.site)
        .env("KEEPTILL_TEST_DATABASE_URL", bench.postgres()?.url())
        .env("CHROMIUM", &tools.chromium);
    if let Some(node) = &tools.node {
        npm.env("PATH", process::path_with(node));
    }
    let mut counts = Counts::default();
    let status = process::tee(&mut npm, |line| counts.read_node(line))?;
    Ok(counts.of_ended(status.success()))
}

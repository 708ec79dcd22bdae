//! The description of every query in `.sqlx`, by which the server compiles where no database is
//! at hand. sqlx's macros write it while they check the queries against a database that the
//! migrations have just made; so the server is compiled afresh, against a private one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::postgres::Private;
use crate::setup::Tools;
use crate::toolchain::Toolchain;
use crate::{process, say, workspace};

const DATABASE: &str = "keeptill_prepare";

/// # Errors
/// When a migration fails, the server does not compile, or, with `check`, `.sqlx` is not current.
pub fn prepare(tools: &Tools, check: bool) -> Result<()> {
    let postgres = Private::start(&tools.postgres)?;
    against(&tools.toolchain, &postgres, check)
}

/// The same on a PostgreSQL that is running already.
///
/// # Errors
/// See [`prepare`].
pub fn against(toolchain: &Toolchain, postgres: &Private, check: bool) -> Result<()> {
    process::run(postgres.psql("postgres").args(["-c", &format!("create database {DATABASE}")]))?;
    migrate(postgres)?;
    let fresh = workspace::target().join("sqlx-prepare");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir_all(&fresh)?;
    describe(toolchain, postgres, &fresh)?;
    let (current, committed) = (read(&fresh)?, read(&committed_dir())?);
    if current.is_empty() {
        bail!("the server was compiled, but no query was described");
    }
    if check { compare(&current, &committed) } else { write(&current, &committed) }
}

/// Applies the migrations in the order of their names, each in a transaction, as the server does.
fn migrate(postgres: &Private) -> Result<()> {
    let dir = workspace::root().join("server/migrations");
    let mut files: Vec<PathBuf> = dir
        .read_dir()
        .with_context(|| format!("no {}", dir.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| {
        let name = file.to_string_lossy();
        name.ends_with(".sql") && !name.ends_with(".down.sql")
    });
    files.sort();
    for file in files {
        let sql = File::open(&file)?;
        process::run(postgres.psql(DATABASE).args(["--single-transaction", "-f", "-"]).stdin(sql))
            .with_context(|| format!("migration {}", file.display()))?;
    }
    Ok(())
}

/// Compiles the server, and nothing below it, with the macros looking at the database.
fn describe(toolchain: &Toolchain, postgres: &Private, into: &Path) -> Result<()> {
    touch(&workspace::root().join("server"))?;
    process::run(
        toolchain
            .cargo()
            .args(["check", "--quiet", "--package", "keeptill-server", "--all-targets"])
            .env("DATABASE_URL", format!("{}/{DATABASE}", postgres.url()))
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", into),
    )
}

/// Makes cargo compile a crate again: it goes by the time at which a root file was changed.
fn touch(crate_dir: &Path) -> Result<()> {
    let tests = crate_dir.join("tests");
    let mut roots = vec![crate_dir.join("src/lib.rs"), crate_dir.join("src/main.rs")];
    for entry in tests.read_dir().into_iter().flatten() {
        let path = entry?.path();
        roots.extend([path.join("main.rs"), path]);
    }
    for root in roots.iter().filter(|path| path.is_file()) {
        File::options().write(true).open(root)?.set_modified(SystemTime::now())?;
    }
    Ok(())
}

fn committed_dir() -> PathBuf {
    workspace::root().join(".sqlx")
}

fn read(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in dir.read_dir().into_iter().flatten() {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(files)
}

fn compare(current: &BTreeMap<String, Vec<u8>>, old: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let missing = current.keys().filter(|name| !old.contains_key(*name)).count();
    let superfluous = old.keys().filter(|name| !current.contains_key(*name)).count();
    let changed = current.iter().filter(|(name, text)| old.get(*name).is_some_and(|old| old != *text)).count();
    if missing + superfluous + changed > 0 {
        bail!(
            ".sqlx is not current: {missing} queries missing, {changed} changed, \
             {superfluous} no longer used; run `cargo xtask prepare` and commit"
        );
    }
    say::note(&format!("{} queries agree with .sqlx", current.len()));
    Ok(())
}

fn write(current: &BTreeMap<String, Vec<u8>>, old: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let dir = committed_dir();
    fs::create_dir_all(&dir)?;
    for name in old.keys().filter(|name| !current.contains_key(*name)) {
        fs::remove_file(dir.join(name))?;
    }
    for (name, text) in current.iter().filter(|(name, text)| old.get(*name) != Some(*text)) {
        fs::write(dir.join(name), text)?;
    }
    say::note(&format!("{} queries described in .sqlx", current.len()));
    Ok(())
}

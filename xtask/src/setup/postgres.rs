//! PostgreSQL's programs. Only the programs: which cluster runs, and with what in it, is the
//! server's business, or the tests'.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::apt::{self, Package};
use crate::process;

pub const SERVER_PACKAGE: &str = "postgresql";

pub const PACKAGES: [Package; 1] = [Package {
    name: SERVER_PACKAGE,
    why: "the database; its programs alone, no cluster of Debian's is made",
    elsewhere: "PostgreSQL 15 or newer, https://www.postgresql.org/download",
}];

const PROGRAMS: [&str; 4] = ["initdb", "pg_ctl", "postgres", "psql"];

/// The folder with PostgreSQL's programs: Debian's newest, or the one on PATH.
pub fn find() -> Option<PathBuf> {
    let mut installed: Vec<PathBuf> = Path::new("/usr/lib/postgresql")
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    installed.sort_by_key(|bin| major(bin));
    installed.reverse();
    let on_path = process::on_path("initdb").and_then(|path| path.canonicalize().ok());
    installed.extend(on_path.and_then(|path| path.parent().map(Path::to_path_buf)));
    installed.into_iter().find(|bin| PROGRAMS.iter().all(|program| process::is_program(&bin.join(program))))
}

/// # Errors
/// Always: installation is apt's part, and after it the programs are there.
pub fn missing() -> Result<PathBuf> {
    bail!("PostgreSQL was installed, but {} were not found", PROGRAMS.join(", "))
}

/// Does the installation with Debian told not to make and start a cluster, and takes that word
/// back afterwards.
pub fn without_a_cluster(by_hand: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let folder = "/etc/postgresql-common/createcluster.d";
    let file = format!("{folder}/keeptill.conf");
    let tell = format!("mkdir -p {folder} && echo 'create_main_cluster = false' > {file}");
    process::run(&mut apt::as_root(&["sh", "-c", &tell], by_hand)?)?;
    let installed = install();
    let take_back = format!("rm -f {file} && rmdir --ignore-fail-on-non-empty {folder}");
    process::run(&mut apt::as_root(&["sh", "-c", &take_back], by_hand)?)?;
    installed
}

fn major(bin: &Path) -> u32 {
    let version = bin.parent().and_then(Path::file_name).unwrap_or_default();
    version.to_string_lossy().parse().unwrap_or_default()
}

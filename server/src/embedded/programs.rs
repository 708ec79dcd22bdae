//! Where this machine keeps PostgreSQL's programs.

use anyhow::bail;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs of the wanted major version, where a cluster is there already; else the newest.
    ///
    /// # Errors
    /// When there are none that fit; the message names the packages.
    pub fn find(wanted: Option<u32>) -> anyhow::Result<Self> {
        let mut found: Vec<(u32, PathBuf)> = candidates()
            .into_iter()
            .filter(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
            .filter_map(|folder| Some((major_version(&folder)?, folder)))
            .collect();
        found.sort_by_key(|(version, _)| *version);
        let fitting = match wanted {
            Some(wanted) => found.iter().rfind(|(version, _)| *version == wanted),
            None => found.last(),
        };
        match (fitting, wanted) {
            (Some((_, folder)), _) => Ok(Self { folder: folder.clone() }),
            (None, Some(wanted)) => bail!(
                "the data folder was made by PostgreSQL {wanted}, and its programs are not on this machine (Debian: \
                 apt-get install postgresql-{wanted}); or give --database-url"
            ),
            (None, None) => bail!(
                "PostgreSQL's programs (initdb, postgres) are not on this machine: install them (Debian: apt-get \
                 install postgresql; macOS: brew install postgresql), or give --database-url"
            ),
        }
    }

    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("PATH").iter().flat_map(env::split_paths).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    // Debian, Red Hat's pgdg packages, Homebrew on either kind of Mac.
    folders.extend(subfolders("/usr/lib/postgresql", "").map(|folder| folder.join("bin")));
    folders.extend(subfolders("/usr", "pgsql-").map(|folder| folder.join("bin")));
    for homebrew in ["/opt/homebrew/opt", "/usr/local/opt"] {
        folders.extend(subfolders(homebrew, "postgresql").map(|folder| folder.join("bin")));
    }
    folders
}

fn subfolders(folder: &str, prefix: &str) -> impl Iterator<Item = PathBuf> {
    let named = move |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(prefix);
    fs::read_dir(folder).into_iter().flatten().flatten().filter(named).map(|entry| entry.path())
}

/// From `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major_version(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

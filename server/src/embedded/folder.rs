//! The folder that PostgreSQL's files live in, and the user they belong to.
//!
//! PostgreSQL refuses to run as root. Started as root, the server gives that one folder to another user and runs
//! PostgreSQL as them. Where the data folder lies below one that this user may not enter (/root, most often), the
//! files go to /var/lib/keeptill instead, and the data folder says so in a file.

use crate::secrets;
use anyhow::{Context, bail};
use nix::unistd::{Gid, Uid, User, geteuid, getgrouplist};
use sha2::{Digest, Sha256};
use std::{
    ffi::{CString, OsStr},
    fs,
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// Where the files go when the user PostgreSQL runs as can't reach the data folder.
const ELSEWHERE: &str = "/var/lib/keeptill";
/// Written to the data folder then: where the files are.
const SIGNPOST: &str = "postgres.path";
/// How much of PostgreSQL's log is shown when it does not start.
const LOG_TAIL_BYTES: u64 = 2000;

/// Whom PostgreSQL runs as.
#[derive(Clone, Debug)]
pub enum Identity {
    /// The user the server runs as.
    Same,
    /// The server is root; this one is not.
    Other { uid: Uid, gid: Gid, groups: Vec<Gid>, name: String },
}

impl Identity {
    /// # Errors
    /// When the server is root and there is neither a user `postgres` nor `nobody`.
    pub fn choose() -> anyhow::Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self::Same);
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name).context("could not look up a user")? {
                let groups = getgrouplist(&CString::new(name)?, user.gid).unwrap_or_else(|_| vec![user.gid]);
                return Ok(Self::Other { uid: user.uid, gid: user.gid, groups, name: name.into() });
            }
        }
        bail!(
            "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; \
             start keeptill as an ordinary user, or give --database-url"
        )
    }

    /// Whether this user may pass through every folder above `path`.
    fn reaches(&self, path: &Path) -> anyhow::Result<bool> {
        let Self::Other { uid, groups, .. } = self else { return Ok(true) };
        for folder in path.ancestors().skip(1) {
            let there = fs::metadata(folder).with_context(|| format!("could not look at {}", folder.display()))?;
            let bit = if there.uid() == uid.as_raw() {
                0o100
            } else if groups.iter().any(|group| group.as_raw() == there.gid()) {
                0o010
            } else {
                0o001
            };
            if there.mode() & bit == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn give(&self, path: &Path) -> anyhow::Result<()> {
        let Self::Other { uid, gid, name, .. } = self else { return Ok(()) };
        chown(path, Some(uid.as_raw()), Some(gid.as_raw()))
            .with_context(|| format!("could not give {} to the user {name}", path.display()))
    }
}

#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    identity: Identity,
}

impl Folder {
    /// # Errors
    /// When it can't be made, or not be given to the user PostgreSQL runs as.
    pub fn prepare(data_dir: &Path, identity: &Identity) -> anyhow::Result<Self> {
        let data_dir = data_dir.canonicalize().context("could not find the data folder")?;
        let signpost = data_dir.join(SIGNPOST);
        let path = match fs::read_to_string(&signpost) {
            Ok(path) => PathBuf::from(path.trim()),
            Err(_) => {
                let here = data_dir.join("postgres");
                if here.join("cluster").is_dir() || identity.reaches(&here)? {
                    here
                } else {
                    let elsewhere = Path::new(ELSEWHERE).join(short_name(data_dir.as_os_str()));
                    tracing::info!(
                        folder = %elsewhere.display(),
                        "the user PostgreSQL runs as can't reach the data folder, so its files go elsewhere"
                    );
                    fs::create_dir_all(ELSEWHERE).with_context(|| format!("could not make {ELSEWHERE}"))?;
                    fs::write(&signpost, format!("{}\n", elsewhere.display()))
                        .with_context(|| format!("could not write {}", signpost.display()))?;
                    elsewhere
                }
            }
        };
        if !path.is_dir() {
            fs::create_dir_all(&path).with_context(|| format!("could not make {}", path.display()))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))
                .with_context(|| format!("could not close {} to others", path.display()))?;
        }
        identity.give(&path)?;
        if !identity.reaches(&path)? {
            bail!(
                "the user PostgreSQL runs as can't reach {}; choose another --data-dir, or let others pass through the \
                 folders above it",
                path.display()
            );
        }
        Ok(Self { path, identity: identity.clone() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn cluster(&self) -> PathBuf {
        self.path.join("cluster")
    }

    pub fn password_file(&self) -> PathBuf {
        self.path.join("password")
    }

    fn log_file(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// The major version that made the cluster; `None` where there is none yet.
    pub fn version(&self) -> anyhow::Result<Option<u32>> {
        match fs::read_to_string(self.cluster().join("PG_VERSION")) {
            Ok(text) => Ok(Some(text.trim().parse().context("PG_VERSION holds no number")?)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause).context("could not read the cluster's version"),
        }
    }

    /// A new password, for PostgreSQL's user and this one's eyes only.
    pub fn write_password(&self) -> anyhow::Result<()> {
        let path = self.password_file();
        let mut file = fs::File::options()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("could not write {}", path.display()))?;
        file.write_all(secrets::token().as_bytes()).context("could not write the password")?;
        self.identity.give(&path)
    }

    pub fn password(&self) -> anyhow::Result<String> {
        let path = self.password_file();
        let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        Ok(text.trim().to_owned())
    }

    /// A new log for this start; the one before is kept beside it.
    pub fn open_log(&self) -> anyhow::Result<fs::File> {
        let path = self.log_file();
        if path.exists() {
            fs::rename(&path, path.with_extension("log.before")).context("could not put the old log aside")?;
        }
        let file = fs::File::options().create(true).append(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("could not write {}", path.display()))?;
        self.identity.give(&path)?;
        Ok(file)
    }

    /// The end of PostgreSQL's log, for a message.
    pub fn log_tail(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = fs::File::open(self.log_file())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().unwrap_or_else(|cause| format!("(its log can't be read: {cause})"))
    }

    /// One of PostgreSQL's programs, as the user it runs as, with none of this process's PG… settings.
    pub fn command(&self, program: &Path, identity: &Identity) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path).env("LC_ALL", "C");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        if let Identity::Other { uid, gid, .. } = identity {
            // Leaving root also drops its other groups.
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }
}

fn short_name(path: &OsStr) -> String {
    Sha256::digest(path.as_encoded_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

//! A private PostgreSQL for the tests and for describing queries: in a temporary folder, on a free
//! loopback port, without durability unless it is asked for, gone when it is dropped or this program is interrupted.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{interrupt, process};

/// A running PostgreSQL.
pub struct Private {
    cluster: Cluster,
    server: Child,
    port: u16,
}

/// What is needed to stop one.
#[derive(Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The folder with PostgreSQL's programs.
    bin: PathBuf,
    /// Holds the data folder and the log.
    dir: PathBuf,
    user: Option<User>,
}

/// PostgreSQL refuses to run as root; this is whom root steps down to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct User {
    uid: u32,
    gid: u32,
}

const START_LIMIT: Duration = Duration::from_secs(60);

impl Private {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// When a program is missing or the server does not come up; its log is in the error.
    pub fn start(bin: &Path) -> Result<Self> {
        Self::start_with(bin, &["fsync=off", "synchronous_commit=off", "full_page_writes=off"])
    }

    /// The same with PostgreSQL's own settings, under which a commit is on the medium: for measuring.
    ///
    /// # Errors
    /// See [`Self::start`].
    pub fn start_durable(bin: &Path) -> Result<Self> {
        Self::start_with(bin, &[])
    }

    fn start_with(bin: &Path, settings: &[&str]) -> Result<Self> {
        let cluster = Cluster::create(bin)?;
        let port = free_port()?;
        let log = std::fs::File::create(cluster.log())?;
        let mut postgres = cluster.program("postgres");
        postgres.arg("-D").arg(cluster.data()).args(["-p", &port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300"] {
            postgres.args(["-c", setting]);
        }
        for setting in settings {
            postgres.args(["-c", setting]);
        }
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // A Ctrl-C at the terminal is for this program, which stops the server in its own time.
        postgres.process_group(0);
        let server = postgres.spawn().context("could not start postgres")?;
        interrupt::database_started(cluster.clone());
        let mut private = Self { cluster, server, port };
        private.wait_until_ready()?;
        Ok(private)
    }

    /// The superuser's address, without a database's name.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }

    /// `psql` as superuser in that database, stopping at the first error.
    pub fn psql(&self, database: &str) -> Command {
        let mut psql = self.cluster.program("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"]);
        psql.arg(format!("{}/{database}", self.url()));
        psql
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while !process::succeeds(self.psql("postgres").args(["-c", "select 1"])) {
            let has_ended = self.server.try_wait()?.is_some();
            if has_ended || start.elapsed() > START_LIMIT {
                bail!("postgres did not start:\n{}", process::tail_of(&self.cluster.log()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.cluster.stop();
        // It was told to stop; how it ended is of no interest.
        let _ = self.server.wait();
        interrupt::database_stopped(&self.cluster);
    }
}

impl Cluster {
    fn create(bin: &Path) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("keeptill-postgres-{}", std::process::id()));
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        std::fs::create_dir_all(&dir)?;
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700))?;
        let user = if is_root()? { Some(User::other_than_root()?) } else { None };
        if let Some(user) = user {
            chown(&dir, Some(user.uid), Some(user.gid))?;
        }
        let cluster = Self { bin: bin.to_path_buf(), dir, user };
        let mut initdb = cluster.program("initdb");
        initdb.args(["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        process::output(initdb.args(["--no-sync", "-D"]).arg(cluster.data()))?;
        Ok(cluster)
    }

    /// Stops the server, if it runs, and removes the data.
    pub fn stop(&self) {
        let mut pg_ctl = self.program("pg_ctl");
        pg_ctl.args(["stop", "-w", "-m", "immediate", "-D"]).arg(self.data());
        process::succeeds(&mut pg_ctl);
        // What is left lies in the folder for temporary things.
        let _ = std::fs::remove_dir_all(&self.dir);
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir("/");
        if let Some(user) = self.user {
            command.uid(user.uid).gid(user.gid).env("HOME", "/");
        }
        command
    }
}

impl User {
    fn other_than_root() -> Result<Self> {
        let id = |flag, name| process::output(Command::new("id").args([flag, name]));
        for name in ["postgres", "nobody"] {
            if let (Ok(uid), Ok(gid)) = (id("-u", name), id("-g", name)) {
                return Ok(Self { uid: uid.trim().parse()?, gid: gid.trim().parse()? });
            }
        }
        bail!("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
    }
}

fn is_root() -> Result<bool> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_postgres_answers_and_leaves_nothing_behind() {
        let bin = crate::setup::find_postgres().expect("PostgreSQL's programs are there when the tests run");
        let private = Private::start(&bin).unwrap();
        let dir = private.cluster.dir.clone();
        let answer = process::output(private.psql("postgres").args(["-At", "-c", "select 6 * 7"])).unwrap();
        assert_eq!(answer.trim(), "42");
        drop(private);
        assert!(!dir.exists());
    }
}

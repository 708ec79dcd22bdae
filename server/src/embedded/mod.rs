//! The private PostgreSQL that a shop without a database of its own gets: made in the data folder, started with the
//! server, stopped with it.
//!
//! It drives `initdb` and `postgres` itself. The crate `postgresql_embedded` was looked at: it brings a downloader, an
//! archive reader and an HTTP client along, does not step down from root, and has no answer to a server that was
//! killed while its PostgreSQL lives on; what is needed of it is less than what would have to be worked around.
//!
//! It listens on a free port of the loopback interface, with a password of its own that only this user can read.

pub mod folder;
mod postmaster;
pub mod programs;

use anyhow::{Context, bail};
use folder::{Folder, Identity};
use postmaster::Postmaster;
use programs::Programs;
use sqlx::{
    Connection, Executor, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};
use std::{
    fs, io,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::Child;

/// The database, and the user that owns it.
const NAME: &str = "keeptill";
/// A crash of a busy database can take a while to recover from.
const READY_TIME_MAX: Duration = Duration::from_secs(90);
/// How long it may take to write everything down before it is stopped without.
const STOP_TIME_MAX: Duration = Duration::from_secs(30);
/// How often a process is looked at that is starting or stopping.
const POLL: Duration = Duration::from_millis(25);
/// Another process may take the free port first.
const START_ATTEMPTS: u32 = 3;

#[derive(Debug)]
pub struct Embedded {
    process: Child,
    options: PgConnectOptions,
    /// Held for as long as this server uses the folder.
    _lock: fs::File,
}

impl Embedded {
    /// Starts the PostgreSQL of `data_dir`, making it first where there is none.
    ///
    /// # Errors
    /// When PostgreSQL's programs are missing or of another version than the folder, when another server uses the
    /// folder, or when PostgreSQL does not come up; the message says what to do.
    pub async fn start(data_dir: &Path) -> anyhow::Result<Self> {
        let lock = lock(data_dir)?;
        let identity = Identity::choose()?;
        let folder = Folder::prepare(data_dir, &identity)?;
        let programs = Programs::find(folder.version()?)?;
        if folder.version()?.is_none() {
            initialise(&folder, &programs, &identity).await?;
        }
        Postmaster::read(&folder.cluster())?.stop_left_over(STOP_TIME_MAX).await?;
        let mut attempt = 1;
        loop {
            match launch(&folder, &programs, &identity).await {
                Ok((process, options)) => {
                    create_database(&options).await?;
                    return Ok(Self { process, options: options.database(NAME), _lock: lock });
                }
                Err(cause) if attempt < START_ATTEMPTS && folder.log_tail().contains("could not bind") => {
                    tracing::warn!(%cause, "PostgreSQL's port was taken; trying another");
                    attempt += 1;
                }
                Err(cause) => return Err(cause),
            }
        }
    }

    /// How to connect, as the owner of the database.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// Lets running statements go, writes everything down, and ends.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let Some(pid) = self.process.id() else { return Ok(()) };
        postmaster::ask_to_stop(pid, postmaster::Haste::Fast)?;
        if tokio::time::timeout(STOP_TIME_MAX, self.process.wait()).await.is_err() {
            tracing::warn!("PostgreSQL did not stop in time; it will recover at the next start");
            postmaster::ask_to_stop(pid, postmaster::Haste::Immediate)?;
            self.process.wait().await.context("could not wait for PostgreSQL to end")?;
        }
        Ok(())
    }
}

/// Two servers with one data folder would fight over its PostgreSQL. The lock goes with the process, however it ends.
fn lock(data_dir: &Path) -> anyhow::Result<fs::File> {
    fs::create_dir_all(data_dir).with_context(|| format!("could not make the data folder {}", data_dir.display()))?;
    let path = data_dir.join("keeptill.lock");
    let file = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("could not write to the data folder: {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            bail!("another keeptill is running with the data folder {}; stop it first", data_dir.display())
        }
        Err(fs::TryLockError::Error(cause)) => Err(cause).context("could not lock the data folder"),
    }
}

/// Makes the cluster beside its final place and moves it there whole, so that an interrupted start leaves nothing that
/// looks like one.
async fn initialise(folder: &Folder, programs: &Programs, identity: &Identity) -> anyhow::Result<()> {
    tracing::info!(folder = %folder.path().display(), "making a new PostgreSQL cluster");
    let draft = folder.path().join("cluster.new");
    folder.write_password()?;
    let mut failure = String::new();
    // The first is there on every Linux of today, the second everywhere.
    for locale in ["--locale=C.UTF-8", "--no-locale"] {
        if let Err(cause) = fs::remove_dir_all(&draft)
            && cause.kind() != io::ErrorKind::NotFound
        {
            return Err(cause).with_context(|| format!("could not clear {}", draft.display()));
        }
        let mut initdb = folder.command(&programs.initdb(), identity);
        initdb
            .args(["--encoding=UTF8", "--auth=scram-sha-256", locale])
            .arg(format!("--username={NAME}"))
            .arg(format!("--pwfile={}", folder.password_file().display()))
            .arg(format!("--pgdata={}", draft.display()))
            .stdin(Stdio::null());
        let output = initdb.output().await.context("could not run initdb")?;
        if output.status.success() {
            return fs::rename(&draft, folder.cluster()).context("could not move the new cluster to its place");
        }
        failure = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    bail!("initdb failed: {}", failure.trim())
}

async fn launch(
    folder: &Folder,
    programs: &Programs,
    identity: &Identity,
) -> anyhow::Result<(Child, PgConnectOptions)> {
    let port = free_port().context("there is no free port for PostgreSQL")?;
    let log = folder.open_log()?;
    let mut postgres = folder.command(&programs.postgres(), identity);
    postgres
        .arg("-D")
        .arg(folder.cluster())
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(["-c", &format!("port={port}"), "-c", "max_connections=100", "-c", "logging_collector=off"])
        .stdin(Stdio::null())
        .stdout(log.try_clone().context("could not share PostgreSQL's log")?)
        .stderr(log)
        // Ctrl-C in the terminal is the server's to hear; it stops PostgreSQL when the last request is answered.
        .process_group(0);
    let mut process = postgres.spawn().context("could not start PostgreSQL")?;
    let options = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username(NAME)
        .password(&folder.password()?)
        .ssl_mode(PgSslMode::Disable)
        .database("postgres");
    let began = Instant::now();
    loop {
        let refusal = match PgConnection::connect_with(&options).await {
            Ok(connection) => {
                connection.close().await.context("could not close a connection to PostgreSQL")?;
                return Ok((process, options));
            }
            Err(cause) => cause,
        };
        if let Some(status) = process.try_wait().context("could not look after PostgreSQL")? {
            bail!("PostgreSQL did not start ({status}):\n{}", folder.log_tail());
        }
        if began.elapsed() > READY_TIME_MAX {
            process.start_kill().ok();
            return Err(refusal).context(format!("PostgreSQL did not come up:\n{}", folder.log_tail()));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

async fn create_database(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect_with(options).await.context("could not connect to PostgreSQL")?;
    let known: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(NAME)
        .fetch_one(&mut connection)
        .await?;
    if !known {
        connection.execute(sqlx::AssertSqlSafe(format!("create database {NAME}"))).await?;
    }
    connection.close().await.context("could not close a connection to PostgreSQL")
}

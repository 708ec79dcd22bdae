//! A PostgreSQL of its own, with the durability of every day, that crashes when told and comes back at the same address.

use keeptill_server::embedded::{
    folder::{Folder, Identity},
    programs::Programs,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use std::{fs, net::TcpListener, path::PathBuf, process::Stdio, time::Duration};
use tokio::process::Child;

const USER: &str = "keeptill";
/// How often a starting process is looked at.
const POLL: Duration = Duration::from_millis(20);

pub struct Cluster {
    dir: PathBuf,
    folder: Folder,
    identity: Identity,
    programs: Programs,
    pub port: u16,
    process: Option<Child>,
}

impl Cluster {
    pub async fn start() -> Self {
        let dir = std::env::temp_dir().join(format!("keeptill-torture-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        let identity = Identity::choose().unwrap();
        let folder = Folder::prepare(&dir, &identity).unwrap();
        let programs = Programs::find(None).unwrap();
        let mut initdb = folder.command(&programs.initdb(), &identity);
        initdb.args(["--encoding=UTF8", "--auth=trust", "--no-locale", "--username", USER, "--pgdata"]);
        let made = initdb.arg(folder.cluster()).output().await.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let mut cluster = Self { dir, folder, identity, programs, port, process: None };
        cluster.run().await;
        let mut owner = PgConnection::connect_with(&cluster.options("postgres")).await.unwrap();
        sqlx::query("create database keeptill").execute(&mut owner).await.unwrap();
        cluster
    }

    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/keeptill", self.port)
    }

    /// The tables as their owner sees them.
    pub fn pool(&self) -> PgPool {
        PgPool::connect_lazy_with(self.options("keeptill"))
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(self.port);
        options.username(USER).database(database)
    }

    /// Ends it as a crash does, and starts it again; it recovers from its log.
    pub async fn crash(&mut self) {
        let mut process = self.process.take().unwrap();
        kill(Pid::from_raw(process.id().unwrap() as i32), Signal::SIGQUIT).unwrap();
        process.wait().await.unwrap();
        self.run().await;
    }

    async fn run(&mut self) {
        let log = self.folder.open_log().unwrap();
        let mut postgres = self.folder.command(&self.programs.postgres(), &self.identity);
        postgres.arg("-D").arg(self.folder.cluster());
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"] {
            postgres.args(["-c", setting]);
        }
        postgres.args(["-c", &format!("port={}", self.port)]);
        postgres.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0).kill_on_drop(true);
        self.process = Some(postgres.spawn().unwrap());
        while PgConnection::connect_with(&self.options("postgres")).await.is_err() {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "PostgreSQL did not start: {}", self.folder.log_tail());
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(pid) = self.process.as_ref().and_then(Child::id) {
            // Its own children go with it.
            let _ = kill(Pid::from_raw(pid as i32), Signal::SIGQUIT);
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

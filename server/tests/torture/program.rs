//! One `keeptill serve`, killed and started again at the same address.

use crate::cluster::{Cluster, free_port};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::Mutex,
};

/// Between two tries to start it while its database is recovering.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

pub struct Program {
    port: u16,
    database_url: String,
    process: Mutex<Option<Child>>,
}

impl Program {
    pub fn new(cluster: &Cluster) -> Self {
        Self { port: free_port(), database_url: cluster.url(), process: Mutex::new(None) }
    }

    pub fn site(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns once it serves.
    pub async fn start(&self) {
        let mut process = self.process.lock().await;
        loop {
            let mut started = Command::new(env!("CARGO_BIN_EXE_keeptill"))
                .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--log", "warn"])
                .args(["--signup", "open", "--database-url", &self.database_url])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(self.log())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            let mut said = BufReader::new(started.stdout.take().unwrap()).lines();
            if let Ok(Some(_)) = said.next_line().await {
                // It goes on talking, and somebody has to listen.
                tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
                *process = Some(started);
                return;
            }
            // The database is still away; a supervisor would try again as well.
            started.wait().await.unwrap();
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    /// What it says goes to the folder that `KEEPTILL_TORTURE_LOG` names, where there is one.
    fn log(&self) -> Stdio {
        match std::env::var_os("KEEPTILL_TORTURE_LOG") {
            Some(folder) => {
                let path = std::path::Path::new(&folder).join(format!("server-{}.log", self.port));
                std::fs::File::options().create(true).append(true).open(path).unwrap().into()
            }
            None => Stdio::null(),
        }
    }

    /// SIGKILL: nothing gets to finish.
    pub async fn kill(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            process.kill().await.unwrap();
        }
    }
}

//! A PostgreSQL that a killed server left behind, as its lock file tells of it.

use anyhow::{Context, bail};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// How PostgreSQL is to stop (its manual: "Shutting Down the Server").
#[derive(Clone, Copy, Debug)]
pub enum Haste {
    /// Ends its connections, writes everything down.
    Fast,
    /// Drops everything; the next start recovers.
    Immediate,
}

pub fn ask_to_stop(pid: u32, haste: Haste) -> anyhow::Result<()> {
    let signal = match haste {
        Haste::Fast => Signal::SIGINT,
        Haste::Immediate => Signal::SIGQUIT,
    };
    match kill(Pid::from_raw(i32::try_from(pid).context("a process number out of range")?), signal) {
        // It is gone already.
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(cause) => Err(cause).context("could not ask PostgreSQL to stop"),
    }
}

#[derive(Debug)]
pub struct Postmaster {
    lock_file: PathBuf,
    /// Who wrote it, if there is one.
    pid: Option<u32>,
}

impl Postmaster {
    pub fn read(cluster: &Path) -> anyhow::Result<Self> {
        let lock_file = cluster.join("postmaster.pid");
        let pid = match fs::read_to_string(&lock_file) {
            Ok(text) => text.lines().next().and_then(|line| line.trim().parse().ok()),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
            Err(cause) => return Err(cause).context("could not read PostgreSQL's lock file"),
        };
        Ok(Self { lock_file, pid })
    }

    /// Stops the PostgreSQL that still runs on this folder. A lock file whose number now belongs to something else
    /// (the machine restarted, say) is taken away, since PostgreSQL itself would stop at it.
    pub async fn stop_left_over(&self, time_max: Duration) -> anyhow::Result<()> {
        let Some(pid) = self.pid else { return Ok(()) };
        match self.runs_here(pid) {
            Some(true) => {}
            Some(false) => return fs::remove_file(&self.lock_file).context("could not remove a stale lock file"),
            // PostgreSQL sees by itself that its writer is gone, and recovers.
            None => return Ok(()),
        }
        tracing::warn!(pid, "a PostgreSQL left behind by a server that was killed is still running; stopping it");
        ask_to_stop(pid, Haste::Fast)?;
        let began = Instant::now();
        let mut hastened = false;
        while self.runs_here(pid) == Some(true) {
            if began.elapsed() > time_max && !hastened {
                ask_to_stop(pid, Haste::Immediate)?;
                hastened = true;
            }
            if began.elapsed() > time_max * 2 {
                bail!("the PostgreSQL left behind (process {pid}) does not stop; end it by hand");
            }
            tokio::time::sleep(super::POLL).await;
        }
        Ok(())
    }

    /// Whether that process is a PostgreSQL of this folder; `None` where there is no such process.
    fn runs_here(&self, pid: u32) -> Option<bool> {
        let command = command_line(pid)?;
        let cluster = self.lock_file.parent()?.display().to_string();
        Some(command.contains("postgres") && command.contains(&cluster))
    }
}

/// From /proc where there is one, else from `ps`. A process that ended and was not yet waited for has none.
fn command_line(pid: u32) -> Option<String> {
    if Path::new("/proc/self/cmdline").exists() {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok().filter(|bytes| !bytes.is_empty())?;
        return Some(String::from_utf8_lossy(&bytes).replace('\0', " "));
    }
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

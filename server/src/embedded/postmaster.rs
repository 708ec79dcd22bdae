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

    /// Stops the PostgreSQL that still runs on this folder, and waits for all its processes.
    ///
    /// Then a lock file is taken away whose number belongs to something else (the machine restarted, say) or to a
    /// process that ended and that nobody waits for, since PostgreSQL itself would stop at it. Any other it judges by
    /// itself.
    pub async fn stop_left_over(&self, time_max: Duration) -> anyhow::Result<()> {
        let Some(pid) = self.pid else { return Ok(()) };
        if self.runs_here(pid) {
            tracing::warn!(pid, "a PostgreSQL left behind by a server that was killed is still running; stopping it");
            ask_to_stop(pid, Haste::Fast)?;
        }
        let began = Instant::now();
        let mut hastened = false;
        while self.runs_here(pid) || self.backend_runs() {
            if began.elapsed() > time_max && !hastened {
                hastened = true;
                if self.runs_here(pid) {
                    ask_to_stop(pid, Haste::Immediate)?;
                }
            }
            if began.elapsed() > time_max * 2 {
                bail!("the PostgreSQL left behind (process {pid}) does not stop; end it by hand");
            }
            tokio::time::sleep(super::POLL).await;
        }
        if exists(pid) && self.lock_file.exists() {
            fs::remove_file(&self.lock_file).context("could not remove a stale lock file")?;
        }
        Ok(())
    }

    fn cluster(&self) -> &Path {
        self.lock_file.parent().unwrap_or(&self.lock_file)
    }

    /// Whether that process is a PostgreSQL of this folder.
    fn runs_here(&self, pid: u32) -> bool {
        let named =
            |command: String| command.contains("postgres") && command.contains(&self.cluster().display().to_string());
        command_line(pid).is_some_and(named)
    }

    /// Whether a process works in this folder, as all of PostgreSQL's do; they outlive a killed postmaster for a
    /// moment. Known only where there is a /proc.
    fn backend_runs(&self) -> bool {
        let works_here =
            |entry: fs::DirEntry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == self.cluster());
        fs::read_dir("/proc").into_iter().flatten().flatten().any(works_here)
    }
}

fn exists(pid: u32) -> bool {
    i32::try_from(pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH))
}

/// From /proc where there is one, else from `ps`. A process that ended and was not waited for has none.
fn command_line(pid: u32) -> Option<String> {
    if Path::new("/proc/self/cmdline").exists() {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok().filter(|bytes| !bytes.is_empty())?;
        return Some(String::from_utf8_lossy(&bytes).replace('\0', " "));
    }
    let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

//! The loop of whoever works on the code: save a file, and the server restarts and open pages
//! reload. Nothing is optimised. The reload is in the build itself (`build/dev_reload.js`), so the
//! server knows nothing of it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, recommended_watcher};

use crate::build::{self, Kind};
use crate::setup::{self, Tools};
use crate::{interrupt, process, run, say, workspace};

const WATCHED: [&str; 12] = [
    "Cargo.toml",
    "app",
    "browser",
    "domain",
    "frontend",
    "public",
    "server",
    "style",
    "sw.js",
    "sync",
    "worker",
    ".sqlx",
];
/// An editor writes a file in several steps, and a checkout many files.
const QUIET: Duration = Duration::from_millis(200);
const STOP_LIMIT: Duration = Duration::from_secs(15);

enum Happening {
    Changed,
    Interrupted,
}

/// Runs until it is interrupted.
///
/// # Errors
/// When something can't be installed or watched; a build that fails is only told.
pub fn dev(data_dir: &Path, arguments: &[OsString]) -> Result<()> {
    let tools = setup::for_run()?;
    let (tell, happenings) = channel();
    let interrupted = tell.clone();
    // With nobody listening any more, this program is about to end anyway.
    ctrlc::set_handler(move || drop(interrupted.send(Happening::Interrupted)))?;
    let _watcher = watch(tell)?;
    let mut server = None;
    loop {
        server = rebuild(&tools, server, data_dir, arguments);
        say::note("waiting for a change");
        if matches!(next(&happenings)?, Happening::Interrupted) {
            if let Some(server) = server {
                stop(server);
            }
            return Ok(());
        }
    }
}

/// What is watched stays so for as long as the watcher lives.
fn watch(tell: Sender<Happening>) -> Result<RecommendedWatcher> {
    let mut watcher = recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
            drop(tell.send(Happening::Changed));
        }
    })?;
    for name in WATCHED {
        let path = workspace::root().join(name);
        if path.exists() {
            watcher.watch(&path, RecursiveMode::Recursive)?;
        }
    }
    Ok(watcher)
}

/// The next thing to act upon; changes in quick succession are one.
fn next(happenings: &Receiver<Happening>) -> Result<Happening> {
    let mut next = happenings.recv().context("nothing is watched any more")?;
    while let (Happening::Changed, Ok(later)) = (&next, happenings.recv_timeout(QUIET)) {
        next = later;
    }
    Ok(next)
}

/// Builds, and starts the server anew if that changed anything. A server whose successor does not
/// compile goes on.
fn rebuild(tools: &Tools, server: Option<Child>, data_dir: &Path, arguments: &[OsString]) -> Option<Child> {
    match build::build(tools, Kind::Dev) {
        Ok(built) if built.changed || server.is_none() => {
            if let Some(old) = server {
                stop(old);
            }
            process::spawn(&mut run::server(&built, data_dir, arguments)).inspect_err(say::error).ok()
        }
        Ok(_) => server,
        Err(error) => {
            say::error(&error);
            server
        }
    }
}

/// Asks the server to finish what is in flight, and waits until it has.
fn stop(mut server: Child) {
    process::succeeds(Command::new("kill").arg(server.id().to_string()));
    let start = Instant::now();
    while matches!(server.try_wait(), Ok(None)) {
        if start.elapsed() > STOP_LIMIT {
            say::note("the server does not stop; killing it");
            // It can only have ended by itself in the meantime.
            let _ = server.kill();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    interrupt::child_ended(server.id());
}

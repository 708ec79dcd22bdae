//! Ctrl-C and SIGTERM: what this program started is stopped before it goes.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

static CHILDREN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
static DATABASES: Mutex<Vec<crate::postgres::Cluster>> = Mutex::new(Vec::new());

/// From here on an interruption stops children and databases, then ends this program with 130.
///
/// # Errors
/// When the operating system does not let signals be handled.
pub fn handle() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        for child in lock(&CHILDREN).iter() {
            // A child that is gone already is what was wanted.
            let _ = Command::new("kill").arg(child.to_string()).status();
        }
        for database in lock(&DATABASES).iter() {
            database.stop();
        }
        std::process::exit(130);
    })?;
    Ok(())
}

pub fn child_started(id: u32) {
    lock(&CHILDREN).insert(id);
}

pub fn child_ended(id: u32) {
    lock(&CHILDREN).remove(&id);
}

pub fn database_started(cluster: crate::postgres::Cluster) {
    lock(&DATABASES).push(cluster);
}

pub fn database_stopped(cluster: &crate::postgres::Cluster) {
    lock(&DATABASES).retain(|other| other != cluster);
}

/// A list that a panicking thread left behind is still the list of what is to be stopped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

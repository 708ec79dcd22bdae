//! `cargo xtask bench`: what is measured and never timed in a test. The measuring itself is in
//! `bench/`; this builds a release, starts a PostgreSQL that keeps its promises, and runs it there.

use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::build::{self, Kind};
use crate::postgres::Private;
use crate::{interrupt, process, say, setup, workspace};

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Subject {
    /// A catalogue's way to a device and its sales' way back, beside RxDB and PouchDB
    Sync,
    /// Sales a second that the server takes in, beside pgbench with the same SQL
    Push,
    /// What a cashier waits for, and what the pages weigh
    Till,
}

#[derive(Args)]
pub struct Choice {
    /// What is measured
    #[arg(value_enum)]
    subject: Subject,
    /// How often; 10 for `sync` and 3 for `push` where it isn't said
    #[arg(long)]
    runs: Option<u32>,
    /// Once, with little data: shows that it works, measures nothing
    #[arg(long)]
    quick: bool,
    /// Put the figures into docs/PERFORMANCE.md
    #[arg(long)]
    write: bool,
    /// A part alone: `keeptill`, `rxdb`, `pouchdb` of `sync`, `hot`, `many` of `push`; several with commas
    #[arg(long)]
    only: Option<String>,
}

impl Choice {
    /// What the script is told.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if let Some(runs) = self.runs {
            arguments.extend(["--runs".to_owned(), runs.to_string()]);
        }
        if let Some(only) = &self.only {
            arguments.extend(["--only".to_owned(), only.clone()]);
        }
        let flags = [("--quick", self.quick), ("--write", self.write)];
        arguments.extend(flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.to_owned()));
        arguments
    }
}

impl Subject {
    fn script(self) -> &'static str {
        match self {
            Self::Sync => "bench/sync/run.mjs",
            Self::Push => "bench/push/run.mjs",
            Self::Till => "bench/till.mjs",
        }
    }
}

/// # Errors
/// When something can't be installed or built, or what is measured does not do what it should.
pub fn bench(choice: &Choice) -> Result<()> {
    let (tools, browser) = setup::for_bench(choice.subject == Subject::Sync)?;
    interrupt::handle()?;
    let built = build::build(&tools, Kind::Release)?;
    let postgres = Private::start_durable(&tools.postgres)?;
    say::heading(&format!("Measuring: {}", choice.subject.script()));
    let mut node = Command::new("node");
    node.arg(workspace::root().join(choice.subject.script())).args(choice.arguments());
    node.env("KEEPTILL_BIN", &built.binary)
        .env("KEEPTILL_SITE_DIR", &built.site)
        .env("KEEPTILL_TEST_DATABASE_URL", postgres.url())
        // Of the same version as the server it measures.
        .env("KEEPTILL_PGBENCH", tools.postgres.join("pgbench"))
        .env("CHROMIUM", &browser.chromium);
    if let Some(folder) = &browser.node {
        node.env("PATH", process::path_with(folder));
    }
    process::run(&mut node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_told_what_was_chosen_and_nothing_else() {
        let plain = Choice { subject: Subject::Sync, runs: None, quick: false, write: false, only: None };
        assert!(plain.arguments().is_empty());
        let full = Choice { runs: Some(3), quick: true, write: true, only: Some("rxdb".to_owned()), ..plain };
        assert_eq!(full.arguments(), ["--runs", "3", "--only", "rxdb", "--quick", "--write"]);
    }

    #[test]
    fn every_subject_has_its_script() {
        for subject in Subject::value_variants() {
            assert!(workspace::root().join(subject.script()).is_file(), "{subject:?}");
        }
    }
}

//! `cargo xtask`: everything that is done with this code apart from writing it. `run` and `test`
//! start from a bare machine; the other commands are their parts, for whoever needs one alone.

mod bench;
mod build;
mod dev;
mod interrupt;
mod postgres;
mod prepare;
mod process;
mod run;
mod say;
mod setup;
mod simulate;
mod test;
mod toolchain;
mod torture;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version)]
/// Builds, runs and tests Keeptill
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build a release and start the server with a demo shop
    Run {
        /// Where the shop's data is kept
        #[arg(long, env = "KEEPTILL_DATA_DIR", default_value_os_t = workspace::root().join("data"))]
        data_dir: PathBuf,
        /// Passed on to `keeptill`; see `target/keeptill/keeptill --help`
        #[arg(last = true)]
        server: Vec<OsString>,
    },
    /// Build without optimisation, start the server, and do both again whenever a file is saved
    Dev {
        /// Where the shop's data is kept
        #[arg(long, env = "KEEPTILL_DATA_DIR", default_value_os_t = workspace::root().join("data"))]
        data_dir: PathBuf,
        /// Passed on to `keeptill`
        #[arg(last = true)]
        server: Vec<OsString>,
    },
    /// Install what is missing and run every check and test; ends with `N passed, N failed`
    Test(test::Choice),
    /// Measure a release on this machine, beside others where there are others
    Bench(bench::Choice),
    /// Run the checks that need no database and no browser: format, lints, dependencies
    Check,
    /// Run many tills and a server under a seeded, hostile scheduler; a failing seed is shown and cut short
    Simulate(simulate::Choice),
    /// Install what `run` needs, and nothing else
    Setup {
        /// What `test` needs as well
        #[arg(long)]
        tests: bool,
    },
    /// Build the server with its site
    Build {
        /// What the build is for
        #[arg(long, value_enum, default_value_t = build::Kind::Release)]
        kind: build::Kind,
    },
    /// Kill two servers and their PostgreSQL again and again under load, then check every sale
    Torture {
        /// How long
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// What the sales and the faults are drawn from; without it another each time
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Write `.sqlx`, the description of every query against the migrations, afresh
    Prepare {
        /// Change nothing; fail where the committed description is not the current one
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            say::error(&error);
            // Somebody has to do something that this program may not do by itself.
            let code = if error.is::<setup::NeedsPerson>() { 2 } else { 1 };
            ExitCode::from(code)
        }
    }
}

fn perform(task: Task) -> anyhow::Result<ExitCode> {
    match task {
        Task::Run { data_dir, server } => run::run(&data_dir, &server)?,
        Task::Dev { data_dir, server } => dev::dev(&data_dir, &server)?,
        Task::Test(choice) => return test::test(&choice),
        Task::Bench(choice) => bench::bench(&choice)?,
        Task::Check => return test::test(&test::Choice::checks()),
        Task::Simulate(choice) => simulate::simulate(&choice)?,
        Task::Setup { tests: false } => drop(setup::for_run()?),
        Task::Setup { tests: true } => drop(setup::for_tests(true)?),
        Task::Build { kind } => drop(build::build(&setup::for_run()?, kind)?),
        Task::Torture { seconds, seed } => torture::torture(&setup::for_run()?, seconds, seed)?,
        Task::Prepare { check } => prepare::prepare(&setup::for_run()?, check)?,
    }
    Ok(ExitCode::SUCCESS)
}

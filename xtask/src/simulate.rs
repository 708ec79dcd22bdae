//! `cargo xtask simulate`: the sync engine under every fault, at length or one seed alone.

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::toolchain::Toolchain;

/// Which seeds are to be run.
#[derive(Args)]
pub struct Choice {
    /// How many seeds
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// This seed alone; if it fails, its shortened schedule and what happened, line by line
    #[arg(long, conflicts_with_all = ["seeds", "from", "mutants"])]
    seed: Option<u64>,
    /// Instead, in how many seeds each bug that is put in on purpose is caught
    #[arg(long)]
    mutants: bool,
}

/// # Errors
/// When a seed fails, or a mutant is not caught; what failed has been shown by then.
pub fn simulate(choice: &Choice) -> Result<()> {
    // The one that has just built this program: the simulation needs no wasm32.
    let mut cargo = Toolchain::Active.cargo();
    cargo.args(["test", "--release", "--package", "keeptill-sync", "--test", "simulation", "--"]);
    cargo.args(["--nocapture", if choice.mutants { "every_mutant_is_caught" } else { "every_seed_comes_right" }]);
    match choice.seed {
        Some(seed) => cargo.env("KEEPTILL_SIM_SEED", seed.to_string()),
        None if choice.mutants => cargo.env("KEEPTILL_SIM_MUTANT_SEEDS", choice.seeds.to_string()),
        None => {
            cargo.env("KEEPTILL_SIM_SEEDS", choice.seeds.to_string());
            cargo.env("KEEPTILL_SIM_FROM", choice.from.to_string())
        }
    };
    process::run(&mut cargo)
}

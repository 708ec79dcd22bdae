//! Many tills and a server under a seeded, hostile scheduler, driving the engine, the journal and the catalogue that
//! ship. `cargo xtask simulate` runs it at length.
//!
//! Everything is drawn from one seed: which devices there are, and a schedule of what befalls them. After each time
//! the faults end, [`oracle`] checks what must hold then.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails where it stands")]
#![allow(clippy::print_stdout, reason = "what was covered is for a person to read")]

mod browser;
mod disk;
mod ledger;
mod mutants;
mod oracle;
mod plan;
mod server;
mod settle;
mod shrink;
mod step;
mod wire;
mod world;

use mutants::Mutant;
use plan::plan;
use std::{collections::BTreeMap, thread};
use world::{Broken, Counts, World};

/// What `cargo test` runs.
const SEEDS: u64 = 2_000;
/// Every mutant must be caught within so many.
const SEEDS_PER_MUTANT: u64 = 500;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn run(seed: u64, mutant: Option<Mutant>) -> (Counts, Result<(), Broken>) {
    let plan = plan(seed);
    let (world, ended) = World::run(&plan, &plan.steps, mutant);
    let mut counts = world.counts;
    counts.add("step", plan.steps.len() as u64);
    counts.add("sale recorded", world.ledger.entries.len() as u64);
    (counts, ended)
}

/// Fails with the seed, the shortest schedule found, and how to see it again.
fn report(seed: u64, broken: &Broken) -> ! {
    let plan = plan(seed);
    let steps = shrink::shrink(&plan, None, broken.rule);
    let (_, ended) = World::run(&plan, &steps, None);
    if from_environment("KEEPTILL_SIM_SEED").is_some() {
        World::tell_story(&plan, &steps, None).iter().for_each(|line| println!("{line}"));
    }
    let shown: Vec<String> = steps.iter().map(|step| format!("  {step:?}")).collect();
    let Broken { rule, detail } = ended.expect_err("a shrunk schedule fails as the whole one does");
    panic!(
        "seed {seed} breaks \"{rule}\": {detail}\nshape: {:?}\n{} of {} steps are enough:\n{}\n\
         again: cargo xtask simulate --seed {seed}\n",
        plan.shape,
        steps.len(),
        plan.steps.len(),
        shown.join("\n"),
    );
}

#[test]
fn every_seed_comes_right() {
    let (from, count) = match from_environment("KEEPTILL_SIM_SEED") {
        Some(seed) => (seed, 1),
        None => {
            let count = from_environment("KEEPTILL_SIM_SEEDS").unwrap_or(SEEDS);
            (from_environment("KEEPTILL_SIM_FROM").unwrap_or(1), count)
        }
    };
    let halves = thread::available_parallelism().map_or(1, usize::from) as u64;
    let runs = (0..halves).map(|nth| {
        thread::spawn(move || {
            let mut counts = Counts::default();
            for seed in (from + nth..from + count).step_by(halves as usize) {
                let (covered, ended) = run(seed, None);
                counts.merge(&covered);
                if let Err(broken) = ended {
                    return Err((seed, broken));
                }
            }
            Ok(counts)
        })
    });
    let mut counts = Counts::default();
    let ended: Vec<_> = runs.collect::<Vec<_>>().into_iter().map(|run| run.join().expect("no panic")).collect();
    let mut failed: BTreeMap<u64, Broken> = BTreeMap::new();
    for end in ended {
        match end {
            Ok(covered) => counts.merge(&covered),
            Err((seed, broken)) => drop(failed.insert(seed, broken)),
        }
    }
    if let Some((seed, broken)) = failed.first_key_value() {
        report(*seed, broken);
    }
    println!("{count} seeds from {from}, every one came right:");
    for (what, count) in &counts.0 {
        println!("{count:>10}  {what}");
    }
}

#[test]
fn every_mutant_is_caught() {
    let limit = from_environment("KEEPTILL_SIM_MUTANT_SEEDS").unwrap_or(SEEDS_PER_MUTANT);
    let caught: Vec<_> = Mutant::ALL
        .into_iter()
        .map(|mutant| {
            let found = (1..=limit).find_map(|seed| Some((seed, run(seed, Some(mutant)).1.err()?)));
            (mutant, found)
        })
        .collect();
    for (mutant, found) in &caught {
        match found {
            Some((seed, broken)) => println!("{seed:>6}  {:<75} {}", mutant.name(), broken.rule),
            None => println!("  none  {:<75} in {limit} seeds", mutant.name()),
        }
    }
    assert!(caught.iter().all(|(_, found)| found.is_some()), "the simulation let a mutant through");
    // What it broke on is nothing that breaks by itself.
    let seeds = caught.iter().filter_map(|(_, found)| found.as_ref());
    assert!(seeds.into_iter().all(|(seed, _)| run(*seed, None).1.is_ok()));
}

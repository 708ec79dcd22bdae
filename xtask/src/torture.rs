//! Servers and PostgreSQL killed under load for as long as one likes. What is done and checked stands in
//! `server/tests/torture`; every run of the tests does six seconds of it.

use anyhow::{Context, Result, bail};

use crate::setup::Tools;
use crate::{process, say};

/// # Errors
/// When it can't be compiled, or a check fails; what was printed before says which, and how to see it again.
pub fn torture(tools: &Tools, seconds: u32, seed: Option<u64>) -> Result<()> {
    let seed = seed.map_or_else(drawn_seed, Ok)?;
    say::heading(&format!("Torture for {seconds} s, seed {seed}"));
    let mut cargo = tools.toolchain.cargo();
    cargo.args(["test", "--package", "keeptill-server", "--test", "torture", "--", "--nocapture"]);
    cargo.env("KEEPTILL_TORTURE_SECONDS", seconds.to_string()).env("KEEPTILL_SEED", seed.to_string());
    if process::run(&mut cargo).is_err() {
        bail!("a check failed; again: cargo xtask torture --seconds {seconds} --seed {seed}");
    }
    Ok(())
}

fn drawn_seed() -> Result<u64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).context("the clock is wrong")?;
    Ok(u64::from(since.subsec_nanos()) ^ since.as_secs())
}

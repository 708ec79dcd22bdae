//! Every check and test, each under its heading and with its time, and at the end one line of
//! counts. A step that fails does not keep the others from running: one run shows everything.

mod counts;
mod steps;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{interrupt, say, setup};
use counts::Counts;
use steps::{Bench, Step};

/// Which steps are to run: without a word all of them.
#[derive(Args)]
pub struct Choice {
    /// Run this step alone; may be given several times
    #[arg(long, value_enum)]
    only: Vec<Step>,
    /// Run this step and those after it
    #[arg(long, value_enum, conflicts_with = "only")]
    from: Option<Step>,
}

impl Choice {
    /// The steps that need no database, no browser and no build.
    pub fn checks() -> Self {
        Self { only: Step::CHECKS.to_vec(), from: None }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Step::value_variants().to_vec();
        if !self.only.is_empty() {
            steps.retain(|step| self.only.contains(step));
        }
        if let Some(from) = self.from {
            steps.retain(|step| *step >= from);
        }
        steps
    }
}

/// # Errors
/// When what the tests need can't be installed. A failing test is not an error but the exit code 1.
pub fn test(choice: &Choice) -> Result<ExitCode> {
    let start = Instant::now();
    let steps = choice.steps();
    let bench = Bench::new(setup::for_tests(steps.contains(&Step::Browser))?);
    interrupt::handle()?;
    let outcomes: Vec<_> = steps.iter().map(|step| (*step, perform(*step, &bench))).collect();
    drop(bench);

    say::heading(&format!("All of it took {}", say::duration(start.elapsed())));
    let mut total = Counts::default();
    for (step, (counts, time)) in outcomes {
        let name = step.name();
        say::note(&format!("{name:<12} {:>12}  {counts}", say::duration(time)));
        total += counts;
    }
    say::result(&total.to_string())?;
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn perform(step: Step, bench: &Bench) -> (Counts, Duration) {
    say::heading(&format!("{}: {}", step.name(), step.what()));
    let start = Instant::now();
    let counts = step.run(bench).unwrap_or_else(|error| {
        say::error(&error);
        Counts::FAILED
    });
    let time = start.elapsed();
    say::note(&format!("{counts}, took {}", say::duration(time)));
    (counts, time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_choice_every_step_runs() {
        let all = Choice { only: Vec::new(), from: None };
        assert_eq!(all.steps(), Step::value_variants());
    }

    #[test]
    fn from_a_step_on_those_before_it_are_left_out() {
        let late = Choice { only: Vec::new(), from: Some(Step::Build) };
        assert_eq!(late.steps(), [Step::Build, Step::Browser]);
    }

    #[test]
    fn only_keeps_the_usual_order() {
        let two = Choice { only: vec![Step::Browser, Step::Format], from: None };
        assert_eq!(two.steps(), [Step::Format, Step::Browser]);
    }
}

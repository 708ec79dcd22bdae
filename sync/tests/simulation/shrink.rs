//! Cutting a failing schedule down to what it needs to fail (Zeller's delta debugging, ddmin).

use crate::{
    mutants::Mutant,
    plan::{Plan, Step},
    world::World,
};

/// Replays at most; a schedule that is still longer then is short enough to read.
const REPLAYS_MAX: u32 = 600;

/// The shortest part of the plan's steps found that still breaks the same rule.
pub fn shrink(plan: &Plan, mutant: Option<Mutant>, rule: &str) -> Vec<Step> {
    let mut steps = plan.steps.clone();
    let mut chunk = steps.len().div_ceil(2);
    let mut replays = 0;
    while chunk > 0 && replays < REPLAYS_MAX {
        let mut start = 0;
        let mut cut = false;
        while start < steps.len() && replays < REPLAYS_MAX {
            let mut shorter = steps.clone();
            shorter.drain(start..(start + chunk).min(steps.len()));
            replays += 1;
            let (_, ended) = World::run(plan, &shorter, mutant);
            if ended.is_err_and(|broken| broken.rule == rule) {
                steps = shorter;
                cut = true;
            } else {
                start += chunk;
            }
        }
        if !cut || chunk > steps.len() {
            chunk /= 2;
        }
    }
    steps
}

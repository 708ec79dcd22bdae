//! How many passed and failed, as the test runners tell it.

use std::fmt::{Display, Formatter, Result};
use std::ops::AddAssign;

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub passed: u32,
    pub failed: u32,
}

impl Counts {
    pub const PASSED: Self = Self { passed: 1, failed: 0 };
    pub const FAILED: Self = Self { passed: 0, failed: 1 };

    /// What Rust's test runner says at the end of each program:
    /// `test result: ok. 12 passed; 0 failed; …`.
    pub fn read_rust(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in result.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                _ => {}
            }
        }
    }

    /// What Node's says at the end, whichever reporter it uses: `# pass 12` or `ℹ pass 12`.
    pub fn read_node(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else {
            return;
        };
        let mut words = rest.split_whitespace();
        let (word, number) = (words.next(), words.next().and_then(|word| word.parse().ok()));
        match (word, number.unwrap_or(0)) {
            (Some("pass"), number) => self.passed += number,
            // A test that was cut off has not shown anything.
            (Some("fail" | "cancelled"), number) => self.failed += number,
            _ => {}
        }
    }

    /// The counts of a runner that has ended. One that ran nothing has failed, and so has one that
    /// ended badly without naming a failed test: it did not compile, or crashed.
    pub fn of_ended(self, succeeded: bool) -> Self {
        let nothing_ran = self.passed + self.failed == 0;
        let unexplained = !succeeded && self.failed == 0;
        let failed = self.failed + u32::from(nothing_ran || unexplained);
        Self { failed, ..self }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Display for Counts {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_rust_programs_add_up() {
        let mut counts = Counts::default();
        counts.read_rust("running 3 tests");
        counts
            .read_rust("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        counts.read_rust(
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s",
        );
        assert_eq!(counts, Counts { passed: 7, failed: 2 });
    }

    #[test]
    fn both_reporters_of_node_are_read() {
        let mut tap = Counts::default();
        let mut spec = Counts::default();
        for (word, number) in [("tests", 9), ("pass", 6), ("fail", 1), ("cancelled", 1)] {
            tap.read_node(&format!("# {word} {number}"));
            spec.read_node(&format!("ℹ {word} {number}"));
        }
        tap.read_node("# Subtest: a sale while offline passes");
        assert_eq!(tap, Counts { passed: 6, failed: 2 });
        assert_eq!(spec, tap);
    }

    #[test]
    fn a_runner_that_ran_nothing_has_failed() {
        assert_eq!(Counts::default().of_ended(true), Counts::FAILED);
    }

    #[test]
    fn a_bad_end_without_a_failed_test_is_a_failure_of_its_own() {
        let passed = Counts { passed: 5, failed: 0 };
        assert_eq!(passed.of_ended(false), Counts { passed: 5, failed: 1 });
        assert_eq!(passed.of_ended(true), passed);
        let failed = Counts { passed: 5, failed: 2 };
        assert_eq!(failed.of_ended(false), failed);
    }
}

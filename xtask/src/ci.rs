//! `ci`: every step in turn, how long each took, and which failed.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{check, crash, docs, engines, examples, interop, tidy};

type Step = (&'static str, fn() -> Result<()>);

/// Quick steps first.
const STEPS: [Step; 11] = [
    ("fmt", check::fmt),
    ("tidy", tidy::check),
    ("lint", check::lint),
    ("test", check::test),
    ("doctest", check::doctest),
    ("examples", examples::run_every),
    ("docs", || docs::build(false)),
    ("polars", check::polars),
    ("crash", crash::briefly),
    ("interop", interop::briefly),
    ("engines", engines::briefly),
];

/// How a step ended.
struct Outcome {
    name: &'static str,
    took: Duration,
    failed: bool,
}

/// Runs all steps, also after one failed: a run tells everything there is to repair.
pub(crate) fn run() -> Result<()> {
    let mut outcomes = Vec::new();
    for (name, step) in STEPS {
        let (outcome, result) = timed(name, step);
        if let Err(error) = result {
            eprintln!("error: {error:#}");
        }
        outcomes.push(outcome);
    }
    eprint!("\n{}", summary(&outcomes));
    verdict(&outcomes)
}

/// Runs one step.
pub(crate) fn one(name: &'static str, step: impl FnOnce() -> Result<()>) -> Result<()> {
    timed(name, step).1
}

fn timed(name: &'static str, step: impl FnOnce() -> Result<()>) -> (Outcome, Result<()>) {
    eprintln!("\n== {name}");
    let start = Instant::now();
    let result = step();
    let outcome = Outcome { name, took: start.elapsed(), failed: result.is_err() };
    let end = if outcome.failed { "FAILED after" } else { "done in" };
    eprintln!("== {name}: {end} {:.1} s", outcome.took.as_secs_f64());
    (outcome, result)
}

fn summary(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for Outcome { name, took, failed } in outcomes {
        let end = if *failed { "FAILED" } else { "ok" };
        let _ = writeln!(text, "{name:<10} {:>8.1} s  {end}", took.as_secs_f64());
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    let _ = writeln!(text, "{:<10} {:>8.1} s", "total", total.as_secs_f64());
    text
}

fn verdict(outcomes: &[Outcome]) -> Result<()> {
    let failed: Vec<&str> = outcomes.iter().filter(|outcome| outcome.failed).map(|outcome| outcome.name).collect();
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}; run `cargo xtask {}` for the first alone", failed.join(", "), failed[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(failed: bool) -> [Outcome; 2] {
        [("fmt", 100, false), ("lint", 12_340, failed)].map(|(name, millis, failed)| Outcome {
            name,
            took: Duration::from_millis(millis),
            failed,
        })
    }

    #[test]
    fn the_summary_has_a_line_a_step() {
        let expected = "\
fmt             0.1 s  ok
lint           12.3 s  FAILED
total          12.4 s
";
        assert_eq!(summary(&outcomes(true)), expected);
    }

    #[test]
    fn the_verdict_names_what_failed() {
        assert!(verdict(&outcomes(false)).is_ok());
        let error = verdict(&outcomes(true)).unwrap_err();
        assert_eq!(error.to_string(), "failed: lint; run `cargo xtask lint` for the first alone");
    }
}

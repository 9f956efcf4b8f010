//! `crash`: kills, stops and fails the driver in every way, and has pyarrow judge what is left.

mod plan;
mod tally;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::metadata;
use crate::python::{clean, environment, install};
use crate::run::cargo;
use plan::{Length, Mode, Run, plan};
use tally::Tally;

const KIT: &str = "crates/varvite-testkit/torture";

/// Kills, stops and fails writers at any moment, and has pyarrow judge what is left.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to do; without any, everything.
    modes: Vec<Mode>,
    /// Every point of every kind, instead of about a minute in all.
    #[arg(long)]
    long: bool,
    /// How many writers are killed at random times.
    #[arg(long)]
    kills: Option<u64>,
    /// Seed of random times and of rows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder to work in, on the file system to test. Default: the target folder.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// Writes the figures into this file.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Args {
    /// The same, whatever folder is entered.
    pub(crate) fn absolute(mut self) -> Result<Self> {
        self.json = self.json.map(std::path::absolute).transpose()?;
        self.scratch = self.scratch.map(std::path::absolute).transpose()?;
        Ok(self)
    }
}

/// What the hammer is run with.
struct Tools {
    python: PathBuf,
    driver: PathBuf,
    scratch: PathBuf,
}

/// What came of a run.
struct Outcome {
    run: Run,
    took: Duration,
    tally: Tally,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let target = metadata::read()?.target_directory;
    let python = python(&target)?;
    campaign(args, &target, python)
}

/// About a minute of everything; or a line that says what is missing for it.
pub(crate) fn briefly() -> Result<()> {
    let target = metadata::read()?.target_directory;
    match python(&target) {
        Ok(python) => campaign(&Args::brief(), &target, python),
        Err(missing) => {
            eprintln!("SKIPPED: {missing:#}");
            Ok(())
        }
    }
}

impl Args {
    fn brief() -> Self {
        Self { modes: Vec::new(), long: false, kills: None, seed: 1, scratch: None, json: None }
    }

    fn runs(&self) -> Vec<Run> {
        let modes = if self.modes.is_empty() { &Mode::ALL[..] } else { &self.modes };
        plan(modes, if self.long { Length::Long } else { Length::Short }, self.kills, self.seed)
    }
}

/// A Python that can judge, if there is also what stops and fails system calls.
fn python(target: &Path) -> Result<PathBuf> {
    ensure!(can_trace(), "it needs strace, and the right to trace");
    let python = environment("python3", &target.join("crash").join("venv")).context("it needs python3")?;
    install(&python, &Path::new(KIT).join("requirements.txt")).context("it needs numpy and pyarrow, from PyPI")?;
    Ok(python)
}

fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    traced.is_ok_and(|status| status.success())
}

fn campaign(args: &Args, target: &Path, python: PathBuf) -> Result<()> {
    cargo(&["build", "--release", "--package", "varvite-testkit", "--bin", "driver"])?;
    let scratch = args.scratch.clone().unwrap_or_else(|| target.join("crash").join("scratch"));
    std::fs::create_dir_all(&scratch).with_context(|| format!("creating {}", scratch.display()))?;
    let tools = Tools { python, driver: target.join("release").join("driver"), scratch };
    let mut outcomes = Vec::new();
    for run in args.runs() {
        outcomes.push(hammer(&tools, run)?);
    }
    for outcome in &outcomes {
        println!("{}", outcome.line());
    }
    if let Some(path) = &args.json {
        let outcomes: Vec<Value> = outcomes.iter().map(Outcome::json).collect();
        let text = serde_json::to_string_pretty(&json!({ "seed": args.seed, "runs": outcomes }))?;
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let failures: u64 = outcomes.iter().map(|outcome| outcome.tally.failures).sum();
    ensure!(failures == 0, "{failures} failures: above, with the run that gave them");
    Ok(())
}

/// One run of the hammer. What it prints is passed on; its last line is the tally.
fn hammer(tools: &Tools, run: Run) -> Result<Outcome> {
    let mut command = command(tools, &run);
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    eprintln!("$ {} {}", command.get_program().display(), words.join(" "));
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().context("the hammer could not be started")?;
    let mut last = String::new();
    for line in BufReader::new(child.stdout.take().context("no output")?).lines() {
        last = line?;
        eprintln!("{last}");
    }
    let status = child.wait()?;
    let Some(tally) = Tally::read(&last) else { bail!("the hammer ended early: {status}") };
    ensure!(status.success() == (tally.failures == 0), "the hammer ended with {status}, but says {last}");
    Ok(Outcome { run, took: start.elapsed(), tally })
}

fn command(tools: &Tools, run: &Run) -> Command {
    let mut command = clean(&tools.python);
    // Readers open files by name, which writers may move: they pin them.
    let driver = format!("'{}' --pin", tools.driver.display());
    command.arg(Path::new(KIT).join("hammer.py")).arg(run.mode.name()).arg("--driver").arg(driver);
    command.arg("--scratch").arg(&tools.scratch).args(&run.args);
    command
}

impl Outcome {
    fn line(&self) -> String {
        format!("{:<8} {:>7.1} s  {}", self.run.mode.name(), self.took.as_secs_f64(), self.tally)
    }

    fn json(&self) -> Value {
        json!({
            "mode": self.run.mode.name(),
            "args": self.run.args,
            "seconds": self.took.as_secs_f64(),
            "counts": self.tally.counts,
            "failures": self.tally.failures,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_files_are_there() {
        let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(KIT);
        for name in ["hammer.py", "contract.py", "requirements.txt", "README.md"] {
            assert!(kit.join(name).is_file(), "{name}");
        }
    }

    #[test]
    fn the_hammer_gets_the_driver_and_the_folder() {
        let tools = Tools { python: "python".into(), driver: "a b/driver".into(), scratch: "scratch".into() };
        let run = Run { mode: Mode::Stall, args: vec!["--seed".to_owned(), "1".to_owned()] };
        let command = command(&tools, &run);
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        let script = format!("{KIT}/hammer.py");
        assert_eq!(args, [&script, "stall", "--driver", "'a b/driver' --pin", "--scratch", "scratch", "--seed", "1"]);
    }
}

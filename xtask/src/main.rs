//! Repository tasks: `cargo xtask ci` does what the pipeline does.

mod tidy;

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

/// Tasks of this repository.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must pass before a change lands.
    Ci,
    /// Conventions that a machine can see.
    Tidy,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Ci => ci(),
        Task::Tidy => tidy::check(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn ci() -> Result<()> {
    cargo("fmt", &["fmt", "--all", "--check"])?;
    tidy::check()?;
    cargo("doctest", &["test", "--quiet", "--workspace", "--doc"])?;
    if Command::new("cargo").args(["nextest", "--version"]).output().is_ok_and(|output| output.status.success()) {
        cargo("test", &["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo("test", &["test", "--workspace", "--lib", "--bins", "--tests"])
    }
}

fn cargo(step: &str, args: &[&str]) -> Result<()> {
    eprintln!("== {step}: cargo {}", args.join(" "));
    if Command::new("cargo").args(args).status()?.success() {
        return Ok(());
    }
    bail!("{step} failed: run `cargo {}`", args.join(" "))
}

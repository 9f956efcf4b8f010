//! Repository tasks: `cargo xtask ci` does what the pipeline does.

mod bench;
mod check;
mod ci;
mod conformance;
mod crash;
mod deny;
mod docs;
mod engines;
mod examples;
mod features;
mod interop;
mod layers;
mod metadata;
mod python;
mod run;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Tasks of this repository.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must pass before a change lands: fmt, tidy, lint, test, doctest,
    /// examples, docs, polars, crash, interop, engines.
    Ci,
    /// Whether the sources are formatted.
    Fmt,
    /// Conventions that a machine can see, and the layers.
    Tidy,
    /// Clippy, with warnings as errors.
    Lint,
    /// All tests but those in documentation.
    Test,
    /// The tests of the feature `polars`.
    Polars,
    /// The tests in documentation.
    Doctest,
    /// Runs every example of every crate.
    Examples,
    /// Builds the documentation, with warnings as errors.
    Docs {
        /// Opens it afterwards.
        #[arg(long)]
        open: bool,
    },
    /// Checks each feature of each crate alone. Takes long.
    Features,
    /// Runs conformance cases.
    Conformance {
        /// A folder with `dataset/write.json` and its siblings.
        path: PathBuf,
    },
    /// Has pyarrow, `DuckDB` and Polars read the folders that the demo and random work write.
    Interop(interop::Args),
    /// Kills, stops and fails writers at any moment, and has pyarrow judge what is left. Needs strace.
    Crash(crash::Args),
    /// Measures ours beside its peers. Without a name: lists what there is.
    Bench(bench::Args),
    /// Starts, tests and stops the other engines that queries run on.
    Engines(engines::Args),
    /// Licences, advisories and sources of dependencies.
    Deny,
}

fn main() -> ExitCode {
    match perform(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let task = match task {
        // Before the folder changes, which the path may be relative to.
        Task::Conformance { path } => Task::Conformance { path: std::path::absolute(path)? },
        Task::Bench(args) => Task::Bench(args.absolute()?),
        Task::Crash(args) => Task::Crash(args.absolute()?),
        other => other,
    };
    enter_root()?;
    match task {
        Task::Ci => ci::run(),
        Task::Fmt => ci::one("fmt", check::fmt),
        Task::Tidy => ci::one("tidy", tidy::check),
        Task::Lint => ci::one("lint", check::lint),
        Task::Test => ci::one("test", check::test),
        Task::Polars => ci::one("polars", check::polars),
        Task::Doctest => ci::one("doctest", check::doctest),
        Task::Examples => ci::one("examples", examples::run_every),
        Task::Docs { open } => ci::one("docs", || docs::build(open)),
        Task::Features => ci::one("features", features::check),
        Task::Conformance { path } => ci::one("conformance", || conformance::run(&path)),
        Task::Interop(args) => ci::one("interop", || interop::run_readers(&args)),
        Task::Bench(args) => bench::run(&args),
        Task::Crash(args) => ci::one("crash", || crash::run(&args)),
        Task::Engines(args) => engines::run(&args),
        Task::Deny => ci::one("deny", deny::check),
    }
}

/// Tasks name files from the root of the repository, wherever they are called.
fn enter_root() -> Result<()> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").context("run it as `cargo xtask`")?;
    std::env::set_current_dir(PathBuf::from(own).join("..")).context("the repository's root cannot be entered")
}

//! `engines`: the other engines of `varvite-sql`, started, tested and stopped. What they need lies in the target folder.

mod duckdb;
mod server;
mod spark;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::metadata;
use crate::run::cargo_with;

/// Starts, tests and stops the other engines that queries run on.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Fetches or starts an engine, and prints where it is.
    Up {
        /// `duckdb` or `spark`.
        engine: Engine,
    },
    /// Stops what `up` has started.
    Down {
        /// `spark`; without it, all that run.
        engine: Option<Engine>,
    },
    /// Starts engines, runs their tests, stops them.
    Test {
        /// Which; without it, all of them.
        engine: Option<Engine>,
        /// An engine that cannot be had is told and left out.
        #[arg(long)]
        skip_absent: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    Duckdb,
    Spark,
}

/// What tests need to know of an engine: variables of their environment.
type Environment = Vec<(&'static str, String)>;

impl Engine {
    const ALL: [Self; 2] = [Self::Duckdb, Self::Spark];

    fn name(self) -> &'static str {
        match self {
            Self::Duckdb => "duckdb",
            Self::Spark => "spark",
        }
    }

    fn folder(self, target: &Path) -> PathBuf {
        target.join("engines").join(self.name())
    }

    /// Whether it can be had without fetching or starting anything.
    fn is_there(self, target: &Path) -> bool {
        match self {
            Self::Duckdb => duckdb::is_there(&self.folder(target)),
            Self::Spark => server::is_up(&self.folder(target)),
        }
    }

    fn up(self, target: &Path) -> Result<Environment> {
        let folder = self.folder(target);
        std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        match self {
            Self::Duckdb => duckdb::up(&folder),
            Self::Spark => spark::up(&folder),
        }
    }

    fn down(self, target: &Path) -> Result<()> {
        match self {
            Self::Duckdb => Ok(()),
            Self::Spark => server::stop(&self.folder(target)),
        }
    }

    fn tests(self, environment: &[(&'static str, String)]) -> Result<()> {
        let name = self.name();
        let package = ["test", "--package", "varvite-sql", "--no-default-features", "--features", name];
        // Tests that need a server are ignored where nobody has started one: here there is one.
        let all = ["--lib", "--test", name, "--", "--include-ignored"];
        cargo_with(&[&package[..], &all].concat(), environment)?;
        cargo_with(&[&package[..], &["--doc"]].concat(), environment)
    }

    /// Starts it, runs its tests, and stops it if it did not run before.
    fn test(self, target: &Path) -> Result<Tested> {
        let was_up = server::is_up(&self.folder(target));
        let environment = match self.up(target) {
            Ok(environment) => environment,
            Err(absent) => return Ok(Tested::Absent(absent)),
        };
        let tested = self.tests(&environment);
        if !was_up {
            self.down(target)?;
        }
        tested.map(|()| Tested::Passed)
    }
}

enum Tested {
    Passed,
    Absent(anyhow::Error),
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let target = metadata::read()?.target_directory;
    match &args.action {
        Action::Up { engine } => {
            for (name, value) in engine.up(&target)? {
                println!("export {name}={value}");
            }
            Ok(())
        }
        Action::Down { engine } => {
            let engines = engine.map_or_else(|| Engine::ALL.to_vec(), |engine| vec![engine]);
            engines.into_iter().try_for_each(|engine| engine.down(&target))
        }
        Action::Test { engine, skip_absent } => {
            let engines = engine.map_or_else(|| Engine::ALL.to_vec(), |engine| vec![engine]);
            test(&engines, *skip_absent, &target)
        }
    }
}

/// The tests of those engines that are there already; the others are told and counted.
pub(crate) fn briefly() -> Result<()> {
    let target = metadata::read()?.target_directory;
    let (there, absent): (Vec<Engine>, Vec<Engine>) =
        Engine::ALL.into_iter().partition(|engine| engine.is_there(&target));
    for engine in &absent {
        eprintln!("SKIPPED: {0}: it is not there; `cargo xtask engines test {0}` gets it and tests it", engine.name());
    }
    eprintln!("engines: {} to test, {} skipped", there.len(), absent.len());
    if there.is_empty() { Ok(()) } else { test(&there, false, &target) }
}

/// Every engine is named at the end, the missing ones too.
fn test(engines: &[Engine], skip_absent: bool, target: &Path) -> Result<()> {
    let (mut passed, mut absent, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for engine in engines {
        match engine.test(target) {
            Ok(Tested::Passed) => passed.push(engine.name()),
            Ok(Tested::Absent(reason)) => {
                eprintln!("SKIPPED: {}: {reason:#}", engine.name());
                absent.push(engine.name());
            }
            Err(error) => {
                eprintln!("error: {}: {error:#}", engine.name());
                failed.push(engine.name());
            }
        }
    }
    eprintln!("engines: {} tested, {} skipped, {} failed", passed.len(), absent.len(), failed.len());
    ensure!(failed.is_empty(), "the tests of {} failed", failed.join(" and "));
    if !absent.is_empty() && !skip_absent {
        bail!("{} could not be had: say --skip-absent to go on without", absent.join(" and "));
    }
    Ok(())
}

//! The commands, one a file.

#[cfg(feature = "asset")]
pub(crate) mod asset;
pub(crate) mod completions;
pub(crate) mod dataset;
#[cfg(feature = "feature")]
pub(crate) mod feature;
pub(crate) mod man;
#[cfg(feature = "sql")]
pub(crate) mod sql;
pub(crate) mod store;

use crate::args::{Cli, Command};
use crate::demo;
use crate::error::Result;

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well: exit code 0.
    Done,
    /// The answer is no, and has been printed: exit code 1.
    Refused,
}

/// Runs the command that was asked for.
pub(crate) fn run(cli: &Cli) -> Result<Outcome> {
    match &cli.command {
        Command::Demo(args) => demo::run(args, cli.json),
        Command::Dataset(command) => dataset::run(command, cli.json),
        Command::Store(command) => store::run(command, cli.json),
        #[cfg(feature = "feature")]
        Command::Feature(command) => feature::run(command, cli.json),
        #[cfg(feature = "asset")]
        Command::Asset(command) => asset::run(command, cli.json),
        #[cfg(feature = "sql")]
        Command::Sql(args) => sql::run(args, cli.json),
        Command::Completions(args) => completions::run(*args, cli.json),
        Command::Man(args) => man::run(args, cli.json),
    }
}

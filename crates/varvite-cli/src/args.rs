//! The command line as a whole: which commands there are, and what all of them take.

use clap::{ArgAction, Parser, Subcommand};

#[cfg(feature = "asset")]
use crate::commands::asset;
#[cfg(feature = "feature")]
use crate::commands::feature;
#[cfg(feature = "sql")]
use crate::commands::sql;
use crate::commands::{completions, dataset, man, store};
use crate::demo;

/// Ordered, keyed feature data on plain Parquet.
#[derive(Debug, Parser)]
#[command(name = "varvite", version, max_term_width = 110)]
#[command(after_help = "Examples:
  varvite demo
  varvite dataset write prices/AAPL day.csv --ordered-on ts --duplicates-on ts
  varvite dataset scan prices/AAPL --start 2024-03-01 --end 2024-04-01
  varvite store ls prices
  varvite feature join features users.score --entities labels.csv --time at
  varvite asset fetch catalog weather --range now-7d/d..now

Exit codes: 0 done, 1 refused or failed, 2 bad usage.")]
pub(crate) struct Cli {
    /// Prints JSON: one value, or one line a row where rows stream. Errors become JSON on stderr
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,

    /// Logs more to stderr: -v what happens, -vv details, -vvv everything
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Everywhere")]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    /// Works with one dataset: a folder of ordered rows
    #[command(subcommand)]
    Dataset(dataset::Command),
    /// Works with all datasets below a root
    #[command(subcommand)]
    Store(store::Command),
    /// Works with a feature store: definitions, histories, values as of a time
    #[cfg(feature = "feature")]
    #[command(subcommand)]
    Feature(feature::Command),
    /// Works with a catalog of assets: rows by intervals of time, dated files, and what was never written
    #[cfg(feature = "asset")]
    #[command(subcommand)]
    Asset(asset::Command),
    #[cfg(feature = "sql")]
    Sql(sql::Args),
    Completions(completions::Args),
    Man(man::Args),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command, path: &str) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                let path = format!("{path} {}", sub.get_name());
                if sub.has_subcommands() {
                    check(sub, &path);
                } else {
                    let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                    assert!(help.contains(&path), "`{path} --help` lacks an example");
                }
            }
        }
        check(&Cli::command(), "varvite");
    }
}

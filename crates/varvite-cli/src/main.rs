//! The command line of varvite: ordered, keyed feature data on plain Parquet.

mod args;
mod commands;
mod demo;
mod error;
mod input;
mod output;
#[cfg(feature = "asset")]
mod runtime;

use std::process::ExitCode;

use clap::Parser;
use tracing::level_filters::LevelFilter;

use args::Cli;
use commands::Outcome;
use output::stdout;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return error::report_usage(&error),
    };
    log_to_stderr(cli.verbose);
    let outcome = commands::run(&cli);
    if stdout::reader_left() {
        return ExitCode::SUCCESS; // as with `| head`: the reader has seen enough
    }
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Err(failure) => failure.report(cli.json),
    }
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false) // asking for colour without that feature panics
        .with_target(verbose > 1)
        .init();
}

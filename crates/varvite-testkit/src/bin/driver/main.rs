//! Drives datasets from the command line for programs that try to break them: kills, failing calls, full disks.
//!
//! Commands and output are fixed, so that a verifier needs to know nothing of the format. What a commit holds is
//! [`varvite_testkit::workload`]; what the exit codes mean is in `exit.rs`.

mod check;
mod exit;
mod files;
mod history;
mod key;
mod line;
mod read;
mod vacuum;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use varvite_dataset::Dataset;

use exit::Failure;

/// Drives datasets for programs that try to break them.
#[derive(Parser)]
struct Cli {
    /// Gives each listed file a second name that stays for two minutes, whatever writers do.
    #[arg(long, global = true)]
    pin: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes commits, telling when each begins and when it is durable.
    Write(write::Arguments),
    /// Prints one JSON object a version.
    History(Which),
    /// Prints the files of a version as one JSON object.
    Files(OneVersion),
    /// Reads a version into a Parquet file.
    Read(read::Arguments),
    /// Verifies everything that can be verified.
    Check(Which),
    /// Removes what only older versions and dead writers used.
    Vacuum(vacuum::Arguments),
    /// Makes an empty dataset for each key on standard input.
    Key(key::Arguments),
    /// Prints the fields of every key.
    Keys(key::Root),
}

/// The dataset that a command is about.
#[derive(Args)]
struct Which {
    /// Its folder.
    #[arg(long)]
    dataset: PathBuf,
}

impl Which {
    fn open(&self) -> Result<Dataset, Failure> {
        Ok(Dataset::open(&self.dataset)?)
    }
}

/// A version of the dataset that a command is about.
#[derive(Args)]
struct OneVersion {
    #[command(flatten)]
    which: Which,
    /// The version, if it is not to be the newest.
    #[arg(long)]
    version: Option<u64>,
}

impl OneVersion {
    fn open(&self) -> Result<Dataset, Failure> {
        let newest = self.which.open()?;
        Ok(match self.version {
            None => newest,
            Some(version) => newest.version(version)?,
        })
    }
}

fn main() -> ExitCode {
    let Cli { pin, command } = Cli::parse();
    let ended = match command {
        Command::Write(arguments) => write::run(&arguments),
        Command::History(which) => history::run(&which),
        Command::Files(one) => files::run(&one, pin),
        Command::Read(arguments) => read::run(&arguments),
        Command::Check(which) => check::run(&which),
        Command::Vacuum(arguments) => vacuum::run(&arguments),
        Command::Key(arguments) => key::create(&arguments),
        Command::Keys(root) => key::list(&root),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

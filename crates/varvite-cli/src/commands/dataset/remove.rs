//! `varvite dataset remove PATH`

use std::path::PathBuf;

use serde_json::json;

use super::{Outcome, open};
use crate::error::{About, Error, Result};
use crate::output::format::{bytes, plural};
use crate::output::{print, print_json};

/// Removes a dataset with all its versions; without --yes it only says what would go
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite dataset remove prices/AAPL --yes

JSON: {\"dataset\", \"removed\", \"num_rows\", \"bytes\", \"version\"}")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    /// Yes, for ever
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    remove(args, &shown, as_json).about(&shown)?;
    Ok(Outcome::Done)
}

fn remove(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    let dataset = open(&args.path)?;
    let Some(snapshot) = dataset.snapshot() else { return Ok(()) };
    let (rows, size) = (plural(snapshot.num_rows(), "row"), bytes(snapshot.total_bytes()));
    if !args.yes {
        return Err(Error::Usage(format!("{rows} ({size}) would be removed for ever: say --yes")).into());
    }
    dataset.remove()?;
    if as_json {
        return print_json(&json!({
            "dataset": shown,
            "removed": true,
            "num_rows": snapshot.num_rows(),
            "bytes": snapshot.total_bytes(),
            "version": snapshot.version,
        }));
    }
    print(&format!("{rows} removed ({size})"))
}

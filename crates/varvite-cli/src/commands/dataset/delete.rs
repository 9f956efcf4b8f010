//! `varvite dataset delete PATH`

use std::path::PathBuf;

use clap::ArgGroup;
use varvite::dataset::{Change, WriteOptions};

use super::change::Job;
use super::range::RangeArgs;
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::input;
use crate::output::progress::Progress;

/// Deletes the rows of a range, or those with given keys
///
/// The rows stay readable in older versions as long as those are kept: `vacuum` removes them for good.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("range").args(["start", "end"]).multiple(true).conflicts_with("keys")))]
#[command(group(ArgGroup::new("what").args(["start", "end", "keys"]).required(true).multiple(true)))]
#[command(after_help = "Examples:
  varvite dataset delete prices/AAPL --start 2024-03-01 --end 2024-04-01
  varvite dataset delete prices/AAPL --keys wrong.csv --dry-run

JSON: {\"dataset\", \"dry_run\", \"committed\"} and the counts of the report (with --dry-run: of the plan)")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    #[command(flatten)]
    range: RangeArgs,

    /// A file whose columns are the ordered one and any others, `-` for standard input: rows go that agree in all of
    /// them with one of its rows
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,

    /// Tells what would be done, and does nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    delete(args, &shown, as_json).about_write_to(&shown)?;
    Ok(Outcome::Done)
}

fn delete(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    let dataset = open(&args.path)?;
    let progress = Progress::start("deleting, read", None, as_json);
    let change = match &args.keys {
        None => Change::DeleteRange(args.range.to_range()),
        Some(keys) => {
            let reader = input::open(std::slice::from_ref(keys), dataset.schema().as_ref(), false)?;
            Change::DeleteKeys(progress.count(reader).into())
        }
    };
    let job = Job { dataset: &dataset, shown, dry_run: args.dry_run, as_json };
    job.run(change, &WriteOptions::default(), progress)
}

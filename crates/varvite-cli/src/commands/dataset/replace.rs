//! `varvite dataset replace PATH INPUT...`

use std::path::PathBuf;

use clap::ArgGroup;
use varvite::dataset::{Change, Dataset};

use super::Outcome;
use super::change::Job;
use super::options::OptionArgs;
use super::range::RangeArgs;
use crate::error::{About, Result};
use crate::input;
use crate::output::progress::Progress;

/// Replaces all rows of a range by those of the input, which lie in it
///
/// INPUT is what `write` reads. Rows that are stored already, and no others of the range, are no reason to write.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("range").args(["start", "end"]).required(true).multiple(true)))]
#[command(after_help = "Examples:
  varvite dataset replace prices/AAPL march.csv --start 2024-03-01 --end 2024-04-01
  varvite dataset replace prices/AAPL march.csv --start 2024-03-01 --end 2024-04-01 --dry-run

JSON: {\"dataset\", \"dry_run\", \"committed\"} and the counts of the report (with --dry-run: of the plan)")]
pub(crate) struct Args {
    /// The dataset's folder; it is made by the first write
    path: PathBuf,

    /// Files with rows, `-` for standard input
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,

    #[command(flatten)]
    range: RangeArgs,

    #[command(flatten)]
    options: OptionArgs,

    /// Tells what would be done, and does nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    replace(args, &shown, as_json).about_write_to(&shown)?;
    Ok(Outcome::Done)
}

fn replace(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    let dataset = Dataset::open_or_new(&args.path)?;
    let progress = Progress::start("reading", None, as_json);
    let reader = progress.count(input::open(&args.inputs, dataset.schema().as_ref(), args.options.evolve)?);
    let options = args.options.to_options(&dataset, Some(reader.schema()));
    let change = Change::ReplaceRange(args.range.to_range(), reader.into());
    Job { dataset: &dataset, shown, dry_run: args.dry_run, as_json }.run(change, &options, progress)
}

//! `varvite dataset compact PATH`

use std::path::PathBuf;

use varvite::dataset::{Change, Compact, Duplicates, RowGroupTarget, WriteOptions};

use super::change::Job;
use super::{Outcome, columns, open};
use crate::error::{About, Result};
use crate::output::progress::Progress;

/// Writes row groups anew that are off target, and drops stored duplicates that it meets
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset compact prices/AAPL
  varvite dataset compact prices/AAPL --everything --row-group-target-size 1mo --dry-run

JSON: {\"dataset\", \"dry_run\", \"committed\"} and the counts of the report (with --dry-run: of the plan)")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    /// What a row group aims for, from now on: a number of rows, or a period such as 1D or 1mo
    #[arg(long, value_name = "ROWS|PERIOD")]
    row_group_target_size: Option<RowGroupTarget>,

    /// Of rows that agree in these columns and in the ordered one the last written survives, this time
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    duplicates_on: Vec<String>,

    /// Writes every row group anew, so that every stored duplicate is found
    #[arg(long)]
    everything: bool,

    /// Tells what would be done, and does nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    compact(args, &shown, as_json).about_write_to(&shown)?;
    Ok(Outcome::Done)
}

fn compact(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    let dataset = open(&args.path)?;
    let mut options = WriteOptions::default();
    options.row_group_target_size = args.row_group_target_size;
    if !args.duplicates_on.is_empty() {
        let schema = dataset.schema();
        let column = |text: &String| columns::parse(text, schema.as_deref(), None);
        options = options.with_duplicates_on(Duplicates::on(args.duplicates_on.iter().map(column)));
    }
    let what = if args.everything { Compact::Everything } else { Compact::OffTarget };
    let progress = Progress::start("compacting", None, as_json);
    let job = Job { dataset: &dataset, shown, dry_run: args.dry_run, as_json };
    job.run(Change::Compact(what), &options, progress)
}

//! `varvite dataset import SOURCE PATH`

use std::path::{Path, PathBuf};

use serde::Serialize;
use varvite::dataset::{Dataset, ImportReport, RowGroupTarget, SeedDataset, WriteOptions};

use super::{Outcome, columns};
use crate::error::{About, Result};
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Imports a dataset of oups (`OrderedParquetDataset`) into a new one; the source is only read
///
/// Rows, their order and plain metadata are taken, in one commit, and compared with what the source says of them.
/// Pickled objects are never loaded: metadata that holds any is left out, and --ordered-on has to be said.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset import old/AAPL prices/AAPL
  varvite dataset import old/AAPL prices/AAPL --row-group-target-size 1mo --dry-run

JSON: {\"source\", \"dataset\", \"dry_run\", \"num_rows\", \"row_groups\", \"ordered_on\", \"metadata_kept\", \"metadata_refused\",
\"ignored_files\", \"written\"}; written is the report of the write, or null with --dry-run")]
pub(crate) struct Args {
    /// The folder with the data of the source; its metadata is beside it
    source: PathBuf,

    /// The new dataset's folder
    path: PathBuf,

    /// The column that rows are ordered on, where the source does not say it
    #[arg(long, value_name = "COLUMN")]
    ordered_on: Option<String>,

    /// What a row group aims for: a number of rows, or a period such as 1D or 1mo
    #[arg(long, value_name = "ROWS|PERIOD")]
    row_group_target_size: Option<RowGroupTarget>,

    /// Sorts rows that the source holds in disorder
    #[arg(long)]
    sort: bool,

    /// Tells what would be imported, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Imported<'a> {
    source: &'a Path,
    dataset: &'a str,
    dry_run: bool,
    #[serde(flatten)]
    report: &'a ImportReport,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    import(args, &shown, as_json).about_write_to(&shown)?;
    Ok(Outcome::Done)
}

fn import(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    let seed = SeedDataset::open(&args.source)?;
    let dataset = Dataset::open_or_new(&args.path)?;
    let mut options = WriteOptions::default().with_sort(args.sort);
    options.ordered_on = args.ordered_on.as_ref().map(|text| columns::parse(text, None, None));
    options.row_group_target_size = args.row_group_target_size;
    let progress = Progress::start("importing", None, as_json);
    let report =
        if args.dry_run { seed.plan_import(&dataset, &options)? } else { seed.import_into(&dataset, &options)? };
    drop(progress);
    if as_json {
        return print_json(&Imported { source: &args.source, dataset: shown, dry_run: args.dry_run, report: &report });
    }
    let note = if args.dry_run { "\ndry run: nothing was written" } else { "" };
    print(&format!("{report}{note}"))
}

//! `varvite dataset write PATH INPUT...`

use std::path::PathBuf;

use arrow::datatypes::Schema;
use clap::ValueEnum;
use serde::Serialize;
use varvite::dataset::{
    Compression, Dataset, Duplicates, Mode, PlannedWrite, RowGroupTarget, Rows, Settings, WriteOptions, WriteReport,
};

use super::{Outcome, columns};
use crate::error::{About, Result};
use crate::input;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Writes rows into a dataset: all of them or none become visible
///
/// INPUT is Parquet, CSV with a header line, an Arrow IPC file, JSON lines, or `-` for standard input. Several are read
/// one after the other. Columns are cast to the stored types where nothing is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset write prices/AAPL day.csv --ordered-on ts --duplicates-on ts
  varvite dataset write prices/AAPL more/*.parquet --row-group-target-size 1D
  varvite dataset write prices/AAPL late.jsonl --dry-run
  cat day.parquet | varvite dataset write prices/AAPL - --sort

JSON: {\"dataset\", \"dry_run\", \"committed\"} and the counts of the report (with --dry-run: of the plan)")]
pub(crate) struct Args {
    /// The dataset's folder; it is made by the first write
    path: PathBuf,

    /// Files with rows, `-` for standard input
    #[arg(value_name = "INPUT", required_unless_present_any = ["set", "unset", "max_n_off_target_rgs"])]
    inputs: Vec<PathBuf>,

    /// The column that rows are ordered on, `event.ts` inside a struct; a new dataset needs it
    #[arg(long, value_name = "COLUMN")]
    ordered_on: Option<String>,

    /// What a row group aims for: a number of rows, or a period such as 1D or 1mo
    #[arg(long, value_name = "ROWS|PERIOD")]
    row_group_target_size: Option<RowGroupTarget>,

    /// Rows that agree in these columns and in the ordered one are the same row: the last written survives
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',', conflicts_with = "duplicates_on_all")]
    duplicates_on: Vec<String>,

    /// Rows that agree in all columns are the same row
    #[arg(long)]
    duplicates_on_all: bool,

    /// Repairs row groups off target beside the write if there are more than N
    #[arg(long, value_name = "N")]
    max_n_off_target_rgs: Option<usize>,

    /// Sets an entry of the key-value metadata
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,

    /// Removes an entry of the key-value metadata
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,

    /// How rows meet stored ones
    #[arg(long, value_enum, default_value_t = ModeArg::Merge)]
    mode: ModeArg,

    /// Sorts the rows first; they are then held in memory
    #[arg(long)]
    sort: bool,

    /// How pages are compressed
    #[arg(long, value_enum)]
    compression: Option<CompressionArg>,

    /// Tells what would be done, and does nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// Rows find their place; with a duplicates key the last written of equal rows survives
    Merge,
    /// Rows come after all stored ones; earlier rows are refused
    Append,
    /// Rows replace everything that is stored
    Overwrite,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CompressionArg {
    None,
    Snappy,
    Lz4,
    Zstd,
}

#[derive(Serialize)]
struct Written<'a, R> {
    dataset: String,
    dry_run: bool,
    committed: bool,
    #[serde(flatten)]
    report: &'a R,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    write(args, &shown, as_json).about_write_to(&shown)?;
    Ok(Outcome::Done)
}

fn write(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    let dataset = Dataset::open_or_new(&args.path)?;
    let progress = Progress::start("reading", None, as_json);
    let reader = match args.inputs.as_slice() {
        [] => None,
        inputs => Some(progress.count(input::open(inputs, dataset.schema().as_ref())?)),
    };
    let schema = reader.as_ref().map(|reader| reader.schema()).or_else(|| dataset.schema());
    let settings = dataset.snapshot().map(|snapshot| snapshot.settings.clone());
    let options = args.options(schema.as_deref(), settings.as_ref())?;
    let rows = reader.map_or_else(Rows::none, Rows::from);
    if args.dry_run {
        let plan = dataset.plan_write(rows, &options)?;
        drop(progress);
        return print_plan(shown, &plan, as_json);
    }
    let report = dataset.write(rows, &options)?;
    drop(progress);
    print_report(shown, &report, as_json)
}

fn print_plan(shown: &str, plan: &PlannedWrite, as_json: bool) -> Result<()> {
    if as_json {
        return print_json(&Written { dataset: shown.to_owned(), dry_run: true, committed: false, report: plan });
    }
    print(&format!("{plan}\ndry run: nothing was written"))
}

fn print_report(shown: &str, report: &WriteReport, as_json: bool) -> Result<()> {
    if as_json {
        let committed = report.committed();
        return print_json(&Written { dataset: shown.to_owned(), dry_run: false, committed, report });
    }
    print(&report.to_string())
}

impl Args {
    fn options(&self, schema: Option<&Schema>, stored: Option<&Settings>) -> Result<WriteOptions> {
        if self.inputs.is_empty() && self.mode != ModeArg::Merge {
            return Err(crate::error::Error::Usage("--mode needs an INPUT".to_owned()).into());
        }
        let column = |text: &String| columns::parse(text, schema, stored);
        let mut options = WriteOptions::default().with_mode(self.mode.into()).with_sort(self.sort);
        options.ordered_on = self.ordered_on.as_ref().map(column);
        options.row_group_target_size = self.row_group_target_size;
        options.compression = self.compression.map(Into::into);
        if self.duplicates_on_all {
            options = options.with_duplicates_on(Duplicates::AllColumns);
        } else if !self.duplicates_on.is_empty() {
            options = options.with_duplicates_on(Duplicates::on(self.duplicates_on.iter().map(column)));
        }
        if let Some(max) = self.max_n_off_target_rgs {
            options = options.with_max_n_off_target_rgs(max);
        }
        for (key, value) in &self.set {
            options = options.with_metadata(key, value);
        }
        Ok(self.unset.iter().fold(options, WriteOptions::without_metadata))
    }
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Merge => Self::Merge,
            ModeArg::Append => Self::Append,
            ModeArg::Overwrite => Self::Overwrite,
        }
    }
}

impl From<CompressionArg> for Compression {
    fn from(compression: CompressionArg) -> Self {
        match compression {
            CompressionArg::None => Self::None,
            CompressionArg::Snappy => Self::Snappy,
            CompressionArg::Lz4 => Self::Lz4,
            CompressionArg::Zstd => Self::Zstd,
        }
    }
}

fn key_value(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

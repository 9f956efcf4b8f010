//! `varvite dataset scan PATH`

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use serde_json::json;
use varvite::dataset::{Dataset, Scan, ScanOptions};

use super::at::AtArgs;
use super::range::RangeArgs;
use super::{Outcome, open};
use crate::error::{About, Error, Result};
use crate::input::Format;
use crate::output::file::RowsWriter;
use crate::output::format::count;
use crate::output::progress::Progress;
use crate::output::{print, print_json, rows};

/// Rows shown in a table if nothing else is said.
const DEFAULT_LIMIT: u64 = 20;

/// Reads rows in order
///
/// Without -o it shows the first rows as a table, or with --json all of them as JSON lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset scan prices/AAPL --start 2024-03-01 --end 2024-04-01 --columns ts,price
  varvite dataset scan prices/AAPL --start 2024-03-01 --n-prev 20 -o march.parquet
  varvite dataset scan prices/AAPL -o - --format csv | head
  varvite dataset scan prices/AAPL --as-of 2024-04-01T12:00

JSON: one line a row; with -o FILE: {\"dataset\", \"file\", \"rows\", \"bytes\"}")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    #[command(flatten)]
    range: RangeArgs,

    #[command(flatten)]
    at: AtArgs,

    /// Columns, in the order wanted
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    columns: Option<Vec<String>>,

    /// So many rows before --start as well
    #[arg(long, value_name = "N", default_value_t = 0)]
    n_prev: usize,

    /// At most so many rows; a table has 20 if nothing else is said
    #[arg(long, value_name = "N")]
    limit: Option<u64>,

    /// Writes to a file, which appears whole or not at all; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The format of the output, where its name does not say it
    #[arg(long, value_enum, requires = "output")]
    format: Option<Format>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    let dataset = args.at.pin(&open(&args.path)?).about(&shown)?;
    match &args.output {
        Some(file) => args.export(&dataset, file, as_json),
        None if as_json => args.stream(&dataset, Format::Jsonl),
        None => args.show(&dataset),
    }
    .about(&shown)?;
    Ok(Outcome::Done)
}

impl Args {
    fn options(&self) -> ScanOptions {
        let mut options = ScanOptions::default().with_range(self.range.to_range()).with_n_prev(self.n_prev);
        options.columns.clone_from(&self.columns);
        options.limit = self.limit;
        options
    }

    fn show(&self, dataset: &Dataset) -> Result<()> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        let mut scan = dataset.scan(&self.options().with_limit(limit))?;
        let mut batches: Vec<RecordBatch> = Vec::new();
        while let Some(batch) = scan.next_batch()? {
            batches.push(batch);
        }
        let shown: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let total = if shown < limit { shown } else { self.count(dataset)? };
        let note = if shown == total {
            crate::output::format::plural(total, "row")
        } else {
            format!("{} of {} rows: --limit shows more, -o writes them", count(shown), count(total))
        };
        print(&format!("{}\n{note}", rows::table(&scan.schema(), &batches)?.to_text()))
    }

    /// How many rows there are, by reading no more than the ordered column.
    fn count(&self, dataset: &Dataset) -> Result<u64> {
        let Some(snapshot) = dataset.snapshot() else { return Ok(0) };
        if self.range.is_all() {
            return Ok(snapshot.num_rows());
        }
        let mut options = self.options().with_columns([snapshot.settings.ordered_on.top()]);
        options.limit = None;
        let progress = Progress::start("counting", None, false);
        let mut scan = dataset.scan(&options)?;
        let mut total = 0;
        while let Some(batch) = scan.next_batch()? {
            progress.add(batch.num_rows());
            total += batch.num_rows() as u64;
        }
        Ok(total)
    }

    fn stream(&self, dataset: &Dataset, format: Format) -> Result<()> {
        let mut scan = dataset.scan(&self.options())?;
        let writer = RowsWriter::to_stdout(format, &scan.schema())?;
        copy(&mut scan, writer, &Progress::start("reading", None, true)).map(drop)
    }

    fn export(&self, dataset: &Dataset, file: &Path, as_json: bool) -> Result<()> {
        let format = self.format.or_else(|| Format::of_name(file)).ok_or_else(|| {
            let names = "name it .parquet, .csv, .arrow or .jsonl, or say --format";
            Error::Usage(format!("the format of `{}` is not clear: {names}", file.display()))
        })?;
        if file == Path::new("-") {
            return self.stream(dataset, format);
        }
        let mut scan = dataset.scan(&self.options())?;
        let writer = RowsWriter::to_file(file, format, &scan.schema())?;
        let progress = Progress::start("writing", None, as_json);
        let rows = copy(&mut scan, writer, &progress)?;
        drop(progress);
        let bytes = std::fs::metadata(file).map(|metadata| metadata.len()).unwrap_or_default();
        if as_json {
            let dataset = self.path.display().to_string();
            return print_json(&json!({"dataset": dataset, "file": file, "rows": rows, "bytes": bytes}));
        }
        let rows = crate::output::format::plural(rows, "row");
        print(&format!("{rows} to {} ({})", file.display(), crate::output::format::bytes(bytes)))
    }
}

fn copy(scan: &mut Scan, mut writer: RowsWriter, progress: &Progress) -> Result<u64> {
    let mut rows = 0;
    while let Some(batch) = scan.next_batch()? {
        writer.write(&batch)?;
        progress.add(batch.num_rows());
        rows += batch.num_rows() as u64;
    }
    writer.finish()?;
    Ok(rows)
}

//! `varvite feature write ROOT GROUP INPUT...`

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;
use varvite::feature::{FeatureWriteReport, WriteMode};
use varvite::time::Instant;

use super::{Outcome, open};
use crate::error::Result;
use crate::input;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Writes rows of a group as one commit, or refuses them with every row that does not fit
///
/// INPUT is Parquet, CSV with a header line, an Arrow IPC file, JSON lines, or `-` for standard input. Several are read
/// one after the other. Columns are cast to the defined types where nothing is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature write features users day.csv
  varvite feature write features users corrected.parquet --mode upsert --dry-run
  varvite feature write features users@v1 may.parquet --range 2024-05-01..2024-06-01

JSON: {\"store\", \"dry_run\"} and the counts of the report; a refusal has {\"error\": {\"report\": {\"rows\", \"refusals\":
[{\"kind\", \"column\", \"count\", \"rows\", \"reason\"}]}}} on stderr")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// The group, `users`, or a version of it, `users@v1`
    group: String,

    /// Files with rows, `-` for standard input
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,

    /// How rows meet stored ones
    #[arg(long, value_enum, default_value_t = ModeArg::Append, conflicts_with = "range")]
    mode: ModeArg,

    /// Replaces all rows whose event time lies in this range, the end excluded: a back-fill
    #[arg(long, value_name = "START..END", value_parser = range, allow_hyphen_values = true)]
    range: Option<(Instant, Instant)>,

    /// Compares the rows with the definition, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// All rows are kept; of several for one entity and time, reads take the one that was known last
    Append,
    /// Rows take the place of those of the same entity and event time, unless those were created later
    Upsert,
    /// Rows take the place of everything
    Overwrite,
}

#[derive(Serialize)]
pub(super) struct Written<'a> {
    pub(super) store: String,
    pub(super) dry_run: bool,
    #[serde(flatten)]
    pub(super) report: &'a FeatureWriteReport,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let report = write(args, as_json).map_err(|failure| failure.of_group(&args.group))?;
    let store = args.root.display().to_string();
    if as_json {
        print_json(&Written { store, dry_run: args.dry_run, report: &report })?;
    } else if args.dry_run {
        print(&format!("{}\ndry run: nothing was written", planned(&report)))?;
    } else {
        print(&report.to_string())?;
    }
    Ok(Outcome::Done)
}

fn write(args: &Args, as_json: bool) -> Result<FeatureWriteReport> {
    let store = open(&args.root)?;
    let history = store.group(&args.group)?;
    let progress = Progress::start("reading", None, as_json);
    let reader = input::open(&args.inputs, Some(&history.schema()), false)?;
    let (_, rows) = input::collect(progress.count(reader))?;
    let mode = args.mode();
    let report =
        if args.dry_run { store.plan_write(&args.group, &rows, mode) } else { store.write(&args.group, &rows, mode) };
    Ok(report?)
}

impl Args {
    fn mode(&self) -> WriteMode {
        match (self.range, self.mode) {
            (Some((start, end)), _) => WriteMode::OverwriteRange { start, end },
            (None, ModeArg::Append) => WriteMode::Append,
            (None, ModeArg::Upsert) => WriteMode::Upsert,
            (None, ModeArg::Overwrite) => WriteMode::Overwrite,
        }
    }
}

/// What a write would do.
fn planned(report: &FeatureWriteReport) -> String {
    let mut text = format!("{}: {} rows fit, {} would be written", report.group, report.rows, report.written);
    for (count, what) in [(report.identical, "identical"), (report.superseded, "superseded")] {
        if count > 0 {
            text = format!("{text}, {count} {what}");
        }
    }
    text
}

fn range(text: &str) -> std::result::Result<(Instant, Instant), String> {
    let (start, end) = text.split_once("..").ok_or("write START..END")?;
    let instant = |text: &str| text.parse::<Instant>().map_err(|error| error.to_string());
    Ok((instant(start)?, instant(end)?))
}

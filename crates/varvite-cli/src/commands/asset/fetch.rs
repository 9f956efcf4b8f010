//! `varvite asset fetch ROOT ASSET`

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use clap::ValueEnum;
use futures_util::TryStreamExt;
use serde_json::json;
use varvite::asset::{
    Batches, Collection, Edges, Fetch, FetchOptions, FetchPlan, FetchSummary, FieldPlan, Filter, Missing, VersionInfo,
    Want, plan_fetch,
};
use varvite::time::Instant;

use super::name::{AssetArgs, Found};
use super::options::{RangeArgs, key_value};
use super::{ASSET, Outcome, json};
use crate::error::{About, Result};
use crate::output::destination::DestinationArgs;
use crate::output::format::{bytes, count, plural};
use crate::output::progress::Progress;
use crate::output::table::Table;
use crate::output::{print, print_json};
use crate::runtime::block_on;

/// Reads rows of an asset, and tells which intervals were never written
///
/// All partitions are read, in order of their keys and, within each, of time. Rows are clipped to the range. Without -o a
/// table is shown, or with --json JSON lines. Files of a lake asset are listed; -o writes the content of one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite asset fetch catalog weather --range now-7d/d..now
  varvite asset fetch catalog weather --start 2024-01-01 --key region=north --filter \"temperature > 30\" -o hot.parquet
  varvite asset fetch catalog weather --latest --tolerance 2
  varvite asset fetch catalog weather --range 2024-01-01..2025-01-01 --plan

Filters: comparisons (= != < <= > >=), `in (...)`, `is null`, joined by `and`, `or`, `not` and brackets; text, dates \
and times stand in quotes.

JSON: one line a row. Else {\"asset\", \"kind\", \"resolution\", \"version\"} and, with -o FILE, \"file\", \"rows\", \"bytes\" and the \
plan as \"report\"; with --summary \"now\", \"range\", \"expected\", \"found\", \"missing\", \"gaps\", \"lacking\", \"files\", \"rows\", \
\"bytes\", \"retries\", \"cache_hits\"; with --plan the same but for the last two, and \"latest\", \"policy\", \"written\", \
\"partitions\", \"scans\"; of a lake asset \"files\": [{\"date\", \"format\", \"bytes\", \"path\"}]")]
pub(crate) struct Args {
    #[command(flatten)]
    asset: AssetArgs,

    #[command(flatten)]
    range: RangeArgs,

    /// Rows of the newest interval that was written, of the one that holds now or an earlier one
    #[arg(long, conflicts_with_all = ["range", "start", "end", "edges"])]
    latest: bool,

    /// How many intervals before now --latest may go back
    #[arg(long, value_name = "N", default_value_t = 0, requires = "latest")]
    tolerance: u32,

    /// Only partitions with this value; several have to hold all
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    key: Vec<(String, String)>,

    /// Columns, in the order wanted
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    columns: Option<Vec<String>>,

    /// Only rows for which this holds, such as "temperature > 30 and region in ('north', 'east')"
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<Filter>,

    /// What to do about intervals that a partition lacks, from its first interval on
    #[arg(long, value_enum, default_value_t = MissingArg::Skip)]
    missing: MissingArg,

    /// Which rows at the ends of the range
    #[arg(long, value_enum)]
    edges: Option<EdgesArg>,

    /// Shows what would be read, and reads nothing
    #[arg(long, conflicts_with_all = ["summary", "output"])]
    plan: bool,

    /// Shows what was read in place of the rows
    #[arg(long, conflicts_with = "output")]
    summary: bool,

    #[command(flatten)]
    pub(super) to: DestinationArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MissingArg {
    /// Tell
    Skip,
    /// Warn on stderr
    Warn,
    /// Fail, and read nothing
    Fail,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EdgesArg {
    /// Those from the start on, before the end
    Clipped,
    /// All rows of the intervals that meet the range
    Whole,
    /// Those at the end, too
    Closed,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let found = args.asset.find()?;
    if !args.asset.names_a_version() {
        tell_of_earlier(&found);
    }
    fetch(args, &found, as_json).about_a(ASSET, &found.shown())?;
    Ok(Outcome::Done)
}

fn fetch(args: &Args, found: &Found, as_json: bool) -> Result<()> {
    let want = args.want(found)?;
    if args.plan {
        let plan = args.plan(found, want)?;
        return told(&plan, as_json);
    }
    if found.is_lake() {
        let plan = args.plan(found, want)?;
        return super::lake::show(args, found, &args.asset.root(), &plan, as_json);
    }
    if args.summary {
        let (plan, summary) = args.summary(found, want, as_json)?;
        return read_so(&plan, &summary, as_json);
    }
    let schema = columns_of(&want);
    let plan = args.plan(found, want.clone())?;
    let mut rows = args.to.open(&schema, as_json)?;
    read(found, want, as_json, plan.now, |batch| rows.take(batch))?;
    let missing = plan.fields.first().and_then(|field| never_written(field));
    let further = if args.latest && rows.num_rows() == 0 { "; --tolerance N looks further back" } else { "" };
    let note = missing.map(|missing| format!("{}; {missing}{further}", plural(rows.num_rows(), "row")));
    let report = plan.fields.first().map(|field| json::plan(&plan, field));
    rows.finish(found.json(json!({"root": args.asset.root()})), note, &report, as_json)
}

/// What a plan says.
fn told(plan: &FetchPlan, as_json: bool) -> Result<()> {
    let Some(field) = plan.fields.first() else { return Ok(()) };
    if as_json {
        return print_json(&json::plan(plan, field));
    }
    let range = match (&field.latest, &field.span) {
        (Some(latest), _) => latest.to_string(),
        (None, Some(span)) => span.to_string(),
        (None, None) => "all".to_owned(),
    };
    let mut table = Table::new().left("range").right("intervals").right("files").right("rows").right("bytes");
    let (files, rows) = (count(field.num_files), count(field.num_rows));
    table.row([range, field.intervals.to_string(), files, rows, bytes(field.num_bytes)]);
    print(&with_notes(&table, plan, field))
}

/// What was read.
fn read_so(plan: &FetchPlan, summary: &FetchSummary, as_json: bool) -> Result<()> {
    let (Some(field), Some(read)) = (plan.fields.first(), summary.fields.first()) else { return Ok(()) };
    if as_json {
        return print_json(&json::summary(plan, field, summary));
    }
    let mut table = Table::new().right("intervals").right("files").right("rows").right("bytes").right("retries");
    let counts = [read.files, read.rows].map(count);
    let cells = [field.intervals.to_string()].into_iter().chain(counts);
    table.row(cells.chain([bytes(read.bytes), count(read.retries)]));
    print(&with_notes(&table, plan, field))
}

/// What it is about, the table, and what is missing.
fn with_notes(table: &Table, plan: &FetchPlan, field: &FieldPlan) -> String {
    let mut lines = vec![format!("{}, now {}", field.want.label(), plan.now), table.to_text()];
    if !field.intervals.gaps.is_empty() {
        lines.push(format!("never written: {}", field.intervals.gaps.first()));
    }
    lines.join("\n")
}

/// Tells of versions with rows or files that are not read, since nobody asked for a version.
fn tell_of_earlier(found: &Found) {
    let has_any = |info: &&VersionInfo| info.version < found.version && info.rows.unwrap_or(info.partitions) > 0;
    let text = |info: &VersionInfo| {
        let what = info.rows.map_or_else(|| plural(info.partitions, "date"), |rows| plural(rows, "row"));
        format!("{} ({what})", found.shown_as(info.version))
    };
    let earlier: Vec<String> = found.info.versions.iter().filter(has_any).map(text).collect();
    if !earlier.is_empty() {
        eprintln!("note: {} is read; earlier versions are not: {}", found.shown(), earlier.join(", "));
    }
}

/// The columns of the rows that are wanted.
fn columns_of(want: &Want) -> SchemaRef {
    let all = want.schema().map(|schema| schema.arrow());
    let all = all.unwrap_or_else(|| Arc::new(Schema::empty()));
    match &want.columns {
        None => all,
        Some(names) => {
            let fields = names.iter().filter_map(|name| all.field_with_name(name).ok().cloned());
            Arc::new(Schema::new(fields.collect::<Vec<_>>()))
        }
    }
}

impl Args {
    fn want(&self, found: &Found) -> Result<Want> {
        let name = &found.id.name;
        if found.is_lake() {
            return Ok(self.fetch().lake(name).version(found.version).want_files(name)?);
        }
        let schema = found.catalog.schema_of(&found.id, found.version)?.to_model(found.resolution()?)?;
        Ok(self.fetch().want_of(name, Arc::new(schema))?)
    }

    /// What the options say.
    fn fetch(&self) -> Fetch {
        let mut fetch = Fetch::default().missing(self.missing.into());
        if let Some(span) = self.range.span() {
            fetch = fetch.within(span);
        }
        if self.latest {
            fetch = fetch.latest(self.tolerance);
        }
        if let Some(columns) = &self.columns {
            fetch = fetch.columns(columns);
        }
        if let Some(filter) = &self.filter {
            fetch = fetch.filter(filter.clone());
        }
        if let Some(edges) = self.edges {
            fetch = fetch.edges(edges.into());
        }
        self.key.iter().fold(fetch, |fetch, (name, value)| fetch.key(name, value))
    }

    fn plan(&self, found: &Found, want: Want) -> Result<FetchPlan> {
        let now = self.range.now.unwrap_or_else(|| found.catalog.now());
        let listing = found.catalog.listing_at(std::slice::from_ref(&want), now)?;
        Ok(plan_fetch(&[want], now, &listing)?)
    }

    /// Reads everything, and keeps what was read.
    fn summary(&self, found: &Found, want: Want, as_json: bool) -> Result<(FetchPlan, FetchSummary)> {
        let mut wants = Collection::new();
        wants.add_want::<Batches>(want)?;
        let progress = Progress::start("reading", None, as_json);
        let show = progress.setter();
        let mut options = FetchOptions::default().with_progress(move |progress| show(progress.rows));
        options.now = self.range.now;
        let fetched = block_on(found.catalog.fetch_collection(wants, &options))??;
        Ok((fetched.plan().clone(), fetched.summary().clone()))
    }
}

/// Reads rows in order. Memory holds no more than some pieces.
fn read(
    found: &Found,
    want: Want,
    as_json: bool,
    now: Instant,
    mut each: impl FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let progress = Progress::start("reading", None, as_json);
    block_on(async {
        let mut batches = found.catalog.stream_batches(want, &FetchOptions::default().with_now(now));
        while let Some(batch) = batches.try_next().await? {
            progress.add(batch.num_rows());
            each(&batch)?;
        }
        Ok(())
    })?
}

/// What is said of intervals that were never written, if there are any.
fn never_written(field: &FieldPlan) -> Option<String> {
    let intervals = &field.intervals;
    let (missing, expected) = (intervals.missing().filter(|missing| *missing > 0)?, intervals.expected?);
    Some(format!("{} of {} never written: {}", count(missing), plural(expected, "interval"), intervals.gaps.first()))
}

impl From<MissingArg> for Missing {
    fn from(missing: MissingArg) -> Self {
        match missing {
            MissingArg::Skip => Self::Skip,
            MissingArg::Warn => Self::Warn,
            MissingArg::Fail => Self::Fail,
        }
    }
}

impl From<EdgesArg> for Edges {
    fn from(edges: EdgesArg) -> Self {
        match edges {
            EdgesArg::Clipped => Self::Clipped,
            EdgesArg::Whole => Self::WholeIntervals,
            EdgesArg::Closed => Self::Closed,
        }
    }
}

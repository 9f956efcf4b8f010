//! `varvite dataset info PATH`

use std::fmt::Write;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use varvite::dataset::{Dataset, Duplicates, Settings, Snapshot};

use super::at::AtArgs;
use super::coverage::{self, Coverage};
use super::{Outcome, open, retention};
use crate::error::{About, Result};
use crate::output::format::{bytes, count, plural};
use crate::output::table::{Table, terminal_width};
use crate::output::{picture, print, print_json};

/// Most buckets of the picture.
const WIDEST: usize = 60;

/// Row groups shown at each end where there are many.
const SHOWN: usize = 20;

/// Tells what a dataset is made of: columns, settings, row groups, coverage
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset info prices/AAPL
  varvite dataset info prices/AAPL --version 41

JSON: {\"dataset\", \"dataset_id\", \"key\", \"version\", \"num_rows\", \"bytes\", \"schema\": [{\"name\", \"type\", \"nullable\"}],
\"settings\", \"tags\", \"readable_from\", \"key_value_metadata\",
\"row_groups\": [{\"file\", \"num_rows\", \"min\", \"max\", \"bytes\"}],
\"coverage\": null or {\"period\", \"buckets\": [{\"start\", \"rows\"}]}}")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    #[command(flatten)]
    at: AtArgs,

    /// Shows every row group, however many there are
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct Column {
    name: String,
    r#type: String,
    nullable: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    show(args, &open(&args.path)?, as_json).about(&args.path.display().to_string())?;
    Ok(Outcome::Done)
}

fn show(args: &Args, newest: &Dataset, as_json: bool) -> Result<()> {
    let dataset = &args.at.pin(newest)?;
    let (Some(snapshot), Some(newest)) = (dataset.snapshot(), newest.snapshot()) else { return Ok(()) };
    let width = terminal_width().unwrap_or(WIDEST).clamp(10, WIDEST);
    let coverage = coverage::of(dataset, width, as_json)?;
    if as_json {
        return print_json(&json!({
            "dataset": args.path,
            "dataset_id": snapshot.dataset_id,
            "key": snapshot.key,
            "version": snapshot.version,
            "num_rows": snapshot.num_rows(),
            "bytes": snapshot.total_bytes(),
            "schema": columns(&snapshot),
            "settings": snapshot.settings,
            "tags": newest.tags,
            "readable_from": newest.readable_from,
            "key_value_metadata": snapshot.key_value_metadata,
            "row_groups": snapshot.row_groups(),
            "coverage": coverage,
        }));
    }
    let mut text = facts(&args.path.display().to_string(), &snapshot, &newest);
    text.push_str(&section("columns", &schema_table(&snapshot)));
    if !snapshot.key_value_metadata.is_empty() {
        text.push_str(&section("metadata", &metadata_table(&snapshot)));
    }
    text.push_str(&section("row groups", &row_group_table(&snapshot, args.all)));
    if let Some(coverage) = &coverage {
        text.push_str(&section("coverage", &draw(coverage)));
    }
    print(text.trim_end())
}

fn section(title: &str, body: &str) -> String {
    format!("\n{title}\n{}\n", body.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}

fn facts(path: &str, snapshot: &Snapshot, newest: &Snapshot) -> String {
    let mut text = format!("{path}\n");
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<14}{value}");
    };
    if let Some(key) = &snapshot.key {
        fact("key", key);
    }
    let groups = plural(snapshot.files.len() as u64, "row group");
    fact("rows", &format!("{} in {groups}, {}", count(snapshot.num_rows()), bytes(snapshot.total_bytes())));
    fact("version", &snapshot.version.to_string());
    if !newest.tags.is_empty() {
        let tags: Vec<String> = newest.tags.iter().map(|(name, version)| format!("{name} ({version})")).collect();
        fact("tags", &tags.join(", "));
    }
    for (name, value) in settings(&snapshot.settings) {
        fact(name, &value);
    }
    text
}

fn settings(settings: &Settings) -> Vec<(&'static str, String)> {
    let duplicates = match &settings.duplicates_on {
        Duplicates::KeepAll => "every row is kept".to_owned(),
        Duplicates::AllColumns => "all columns".to_owned(),
        Duplicates::Columns(columns) => columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let off_target = settings.max_n_off_target_rgs.map_or_else(|| "any number".to_owned(), |max| max.to_string());
    vec![
        ("ordered on", settings.ordered_on.to_string()),
        ("duplicates", duplicates),
        ("target", target(settings)),
        ("off target", off_target),
        ("compression", format!("{:?}", settings.compression).to_lowercase()),
        ("kept", retention::describe(settings.retention)),
    ]
}

fn target(settings: &Settings) -> String {
    match settings.row_group_target_size {
        varvite::dataset::RowGroupTarget::Rows(rows) => plural(rows, "row"),
        period @ varvite::dataset::RowGroupTarget::Period(_) => period.to_string(),
    }
}

fn columns(snapshot: &Snapshot) -> Vec<Column> {
    let fields = snapshot.schema.iter().flat_map(|schema| schema.fields().iter());
    fields
        .map(|field| Column {
            name: field.name().clone(),
            r#type: field.data_type().to_string(),
            nullable: field.is_nullable(),
        })
        .collect()
}

fn schema_table(snapshot: &Snapshot) -> String {
    let mut table = Table::new().left("name").left("type").left("nulls");
    for column in columns(snapshot) {
        table.row([column.name, column.r#type, if column.nullable { "yes" } else { "no" }.to_owned()]);
    }
    table.to_text()
}

fn metadata_table(snapshot: &Snapshot) -> String {
    let mut table = Table::new().left("name").left("value");
    for (name, value) in &snapshot.key_value_metadata {
        table.row([name, value]);
    }
    table.to_text()
}

fn row_group_table(snapshot: &Snapshot, all: bool) -> String {
    let groups = snapshot.row_groups();
    let mut table = Table::new().right("#").right("rows").left("min").left("max").right("bytes").left("file");
    let hidden = if all || groups.len() <= 2 * SHOWN { 0..0 } else { SHOWN..groups.len() - SHOWN };
    for (at, group) in groups.iter().enumerate() {
        if !hidden.contains(&at) {
            let size = bytes(group.bytes);
            table.row([&at.to_string(), &count(group.num_rows), &group.min, &group.max, &size, &group.file]);
        } else if at == hidden.start {
            let note = format!("{} more: --all", hidden.len());
            table.row(["…", "", note.as_str(), "", "", ""]);
        }
    }
    table.to_text()
}

fn draw(coverage: &Coverage) -> String {
    let counts: Vec<u64> = coverage.buckets.iter().map(|bucket| bucket.rows).collect();
    let day = |bucket: Option<&coverage::Bucket>| bucket.map(|bucket| bucket.start.clone()).unwrap_or_default();
    let (first, last) = (day(coverage.buckets.first()), day(coverage.buckets.last()));
    let most = counts.iter().copied().max().unwrap_or_default();
    format!(
        "{}\n{first} to {last},\n{} a block, at most {}",
        picture::bars(&counts),
        coverage.period,
        plural(most, "row")
    )
}

//! `varvite asset show ROOT ASSET`

use serde_json::{Value, json};
use varvite::asset::{Catalog, Coverage, Gaps, Interval, RegisteredSchema, Span, VersionInfo, VersionListing, Want};

use super::name::{AssetArgs, Found};
use super::{ASSET, Outcome, json};
use crate::error::{About, Result};
use crate::output::format::{bytes, count, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Partitions and gaps that are shown.
const SHOWN: usize = 10;

/// Shows an asset: its columns, versions and partitions, what is covered, and when it was changed
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite asset show catalog weather
  varvite asset show catalog weather@1d@v1 --json

JSON: {\"root\", \"asset\", \"kind\", \"resolution\", \"version\", \"versions\", \"schema\": {\"time\", \"keys\", \"columns\": [{\"name\", \
\"type\", \"nullable\", \"default\", \"checks\"}]}, \"partitions\": [{\"keys\": {NAME: VALUE}, \"rows\", \"bytes\", \"covered\": \
[{\"start\", \"end\"}]}], \"missing\", \"gaps\": [{\"start\", \"end\", \"intervals\"}], \"lacking\": [{\"keys\", \"missing\", \"gaps\"}]} \
with `versions` as `ls` has them; `schema` is null for files that are kept as bytes")]
pub(crate) struct Args {
    #[command(flatten)]
    asset: AssetArgs,
}

/// What there is of a partition.
struct Partition {
    keys: Vec<(String, String)>,
    rows: u64,
    bytes: u64,
    covered: Coverage,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let found = args.asset.find()?;
    show(&found, &args.asset.root(), as_json).about_a(ASSET, &found.shown())?;
    Ok(Outcome::Done)
}

fn show(found: &Found, root: &str, as_json: bool) -> Result<()> {
    let schema = if found.is_lake() { None } else { Some(found.catalog.schema_of(&found.id, found.version)?) };
    let partitions = match found.resolution()? {
        Some(_) => partitions(&found.catalog, found)?,
        None => Vec::new(),
    };
    let gaps = between(found, &partitions)?;
    if as_json {
        let partitions: Vec<Value> = partitions.iter().map(Partition::json).collect();
        let mut facts = found.json(json!({"root": root, "versions": json::versions(&found.info), "schema": schema,
            "partitions": partitions}));
        json::put_gaps(&mut facts, &gaps, found.resolution()?);
        return print_json(&facts);
    }
    let mut parts = vec![head(found)];
    parts.extend(schema.map(|schema| columns(&schema).to_text()));
    if !partitions.iter().all(|partition| partition.keys.is_empty()) {
        parts.push(table(&partitions).to_text());
        parts.extend(more(partitions.len(), "partition", "partitions"));
    }
    parts.extend(gaps_text(&gaps));
    print(&parts.join("\n\n"))
}

/// The partitions of the version, in order of their keys.
fn partitions(catalog: &Catalog, found: &Found) -> Result<Vec<Partition>> {
    let partition = |partition: varvite::asset::Partition| {
        let snapshot = partition.dataset.snapshot();
        let rows = snapshot.as_ref().map_or(0, |snapshot| snapshot.num_rows());
        let bytes = snapshot.as_ref().map_or(0, |snapshot| snapshot.total_bytes());
        Partition { keys: partition.keys, rows, bytes, covered: partition.coverage }
    };
    let schema = catalog.schema_of(&found.id, found.version)?.to_model(found.resolution()?)?;
    let mut listing = catalog.listing(&[Want::new(&found.id.name, schema.into())])?;
    let versions = listing.assets.remove(&found.id).unwrap_or_default().versions;
    match versions.into_iter().find(|(version, _)| *version == found.version) {
        Some((_, VersionListing::Feature(partitions))) => Ok(partitions.into_iter().map(partition).collect()),
        _ => Ok(Vec::new()),
    }
}

/// The gaps between the first and the last interval that was written in any partition.
fn between(found: &Found, partitions: &[Partition]) -> Result<Gaps> {
    let first = partitions.iter().filter_map(|partition| partition.covered.runs().next()).map(|run| run.start).min();
    let last = partitions.iter().filter_map(|partition| partition.covered.runs().next_back()).map(|run| run.end).max();
    let Some((first, last)) = first.zip(last) else { return Ok(Gaps::default()) };
    Ok(found.catalog.gaps(&found.id, found.version, Span::between(first, last), &[])?)
}

fn head(found: &Found) -> String {
    let resolution = found.id.resolution.as_ref().map(|resolution| format!(" of {resolution}")).unwrap_or_default();
    let mut lines = vec![format!("{}: {} asset{resolution}", found.id.name, found.id.kind)];
    lines.extend(found.info.versions.iter().map(|version| version_text(found.id.kind, version)));
    if found.info.versions.len() > 1 {
        lines.push(format!("  shown         version {}", found.version));
    }
    lines.join("\n")
}

fn version_text(kind: &str, version: &VersionInfo) -> String {
    let mut facts = Vec::new();
    match kind {
        "feature" => facts.push(plural(version.partitions, "partition")),
        "lake" => facts.push(plural(version.partitions, "date")),
        _ => {}
    }
    facts.extend(version.rows.map(|rows| plural(rows, "row")));
    facts.push(bytes(version.bytes));
    let (from, to) = super::ls::ends(version);
    if !from.is_empty() {
        facts.push(format!("{from} to {to}"));
    }
    facts.extend(version.changed.as_ref().map(|changed| format!("changed {changed}")));
    format!("  version {:<5} {}", version.version, facts.join(", "))
}

fn columns(schema: &RegisteredSchema) -> Table {
    let mut table = Table::new().left("column").left("type").left("null").left("role").left("default").left("checks");
    for column in &schema.columns {
        let is_key = schema.keys.contains(&column.name);
        let role = if schema.time.as_ref() == Some(&column.name) { "time" } else { "" };
        table.row([
            column.name.clone(),
            column.data_type.clone(),
            if column.nullable { "yes" } else { "" }.to_owned(),
            if is_key { "key" } else { role }.to_owned(),
            column.default.clone().unwrap_or_default(),
            column.checks.join("; "),
        ]);
    }
    table
}

fn table(partitions: &[Partition]) -> Table {
    let names: Vec<&str> =
        partitions.first().map(|first| first.keys.iter().map(|(name, _)| name.as_str()).collect()).unwrap_or_default();
    let mut table = names.iter().fold(Table::new(), |table, name| table.left(*name));
    table = table.right("rows").right("bytes").left("covered");
    for partition in partitions.iter().take(SHOWN) {
        let keys = partition.keys.iter().map(|(_, value)| value.clone());
        table.row(keys.chain([count(partition.rows), bytes(partition.bytes), stretches(&partition.covered)]));
    }
    table
}

/// The first and the last instant that is covered, and how many stretches there are.
fn stretches(covered: &Coverage) -> String {
    let ends = covered.runs().next().zip(covered.runs().next_back());
    let Some((first, last)) = ends else { return "nothing".to_owned() };
    let whole = format!("{}..{}", first.start, last.end);
    match covered.runs().count() {
        1 => whole,
        several => format!("{whole}, in {several} stretches"),
    }
}

fn gaps_text(gaps: &Gaps) -> Option<String> {
    let named: Vec<(Interval, String)> = gaps.named().collect();
    let first = named.iter().take(SHOWN).map(|(stretch, lacking)| {
        if lacking.is_empty() { format!("  {stretch}") } else { format!("  {stretch} ({lacking})") }
    });
    let more = more(named.len(), "stretch", "stretches");
    (!gaps.is_empty()).then(|| {
        let title = format!("never written: {}", plural(gaps.count, "interval"));
        [title].into_iter().chain(first).chain(more).collect::<Vec<_>>().join("\n")
    })
}

fn more(all: usize, one: &str, several: &str) -> Option<String> {
    let left = all.saturating_sub(SHOWN);
    (left > 0).then(|| format!("  and {left} more {}: --json has all", if left == 1 { one } else { several }))
}

impl Partition {
    fn json(&self) -> Value {
        json!({"keys": json::keys(&self.keys), "rows": self.rows, "bytes": self.bytes,
            "covered": json::covered(&self.covered)})
    }
}

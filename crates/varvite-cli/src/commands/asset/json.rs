//! What the commands of assets print as JSON: one shape for what an asset is, for keys and for stretches of time. The
//! guide has it, too (`docs/guide/10-asset-collections.md`).

use serde_json::{Map, Value, json};
use varvite::asset::{
    AssetId, AssetInfo, AssetReport, Coverage, FetchPlan, FetchSummary, FieldPlan, Gaps, Interval, Lacking,
    PartitionReport, Resolution, VersionInfo,
};
use varvite::time::TimeSpan;

/// Facts of a version of an asset, behind what it is: `{"asset", "kind", "resolution", "version", ..}`.
pub(super) fn of_asset(id: &AssetId, version: u32, facts: Value) -> Value {
    let mut object = identity(id);
    object.insert("version".to_owned(), version.into());
    with(object, facts)
}

/// `{"asset", "kind", "resolution", "versions"}`
pub(super) fn asset(info: &AssetInfo) -> Value {
    with(identity(&info.id()), json!({"versions": versions(info)}))
}

pub(super) fn versions(info: &AssetInfo) -> Vec<Value> {
    info.versions.iter().map(version).collect()
}

/// `{"region": "north"}`
pub(super) fn keys(keys: &[(String, String)]) -> Value {
    keys.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect::<Map<_, _>>().into()
}

/// `[{"start", "end"}]`
pub(super) fn covered(coverage: &Coverage) -> Vec<Value> {
    coverage.runs().map(interval).collect()
}

/// `{"missing", "gaps": [{"start", "end", "intervals"}], "lacking": [{"keys", "missing", "gaps"}]}`, put into `object`.
pub(super) fn put_gaps(object: &mut Value, gaps: &Gaps, resolution: Option<Resolution>) {
    let lacking = |lacking: &Lacking| {
        json!({"keys": keys(&lacking.keys), "missing": lacking.count,
            "gaps": counted(&lacking.stretches, resolution)})
    };
    object["missing"] = gaps.count.into();
    object["gaps"] = counted(&gaps.stretches, resolution).into();
    object["lacking"] = gaps.lacking.iter().map(lacking).collect::<Vec<_>>().into();
}

/// What a write did.
pub(super) fn report(root: &str, id: &AssetId, version: u32, report: &AssetReport) -> Value {
    let partition = |part: &PartitionReport| {
        json!({"keys": keys(&part.keys), "rows": part.rows, "inserted": part.inserted, "deleted": part.deleted,
            "covered": stretches(&part.covered), "dataset_version": part.dataset_version})
    };
    let partitions: Vec<Value> = report.partitions.iter().map(partition).collect();
    of_asset(id, version, json!({"root": root, "registered": report.registered, "partitions": partitions}))
}

/// What is read of an asset: a plan of one field.
pub(super) fn plan(plan: &FetchPlan, field: &FieldPlan) -> Value {
    let part = |part: &std::sync::Arc<varvite::asset::Part>| {
        json!({"version": part.version, "keys": keys(&part.keys), "range": range(part.span), "rows": part.num_rows,
            "bytes": part.num_bytes})
    };
    let written = |(stretch, version): &(Interval, u32)| json!({"start": stretch.start.to_string(), "end": stretch.end.to_string(), "version": version});
    let mut facts = found(plan, field);
    facts["latest"] = field.latest.map(interval).into();
    facts["policy"] = field.want.missing.to_string().into();
    facts["written"] = field.intervals.written.iter().map(written).collect::<Vec<_>>().into();
    facts["partitions"] = field.parts.iter().map(part).collect::<Vec<_>>().into();
    facts["scans"] = field.scans.len().into();
    facts["files"] = field.num_files.into();
    facts["rows"] = field.num_rows.into();
    facts["bytes"] = field.num_bytes.into();
    of_want(field, facts)
}

/// What was read of an asset.
pub(super) fn summary(plan: &FetchPlan, field: &FieldPlan, summary: &FetchSummary) -> Value {
    let mut facts = found(plan, field);
    if let Some(read) = summary.field(&field.want.field) {
        facts["files"] = read.files.into();
        facts["rows"] = read.rows.into();
        facts["bytes"] = read.bytes.into();
        facts["retries"] = read.retries.into();
        facts["cache_hits"] = read.cache_hits.into();
    }
    of_want(field, facts)
}

fn of_want(field: &FieldPlan, facts: Value) -> Value {
    of_asset(&AssetId::new(&field.want.asset, field.want.kind), field.want.version, facts)
}

/// Which intervals there are. Where the range is open, `expected` is null, and `missing` counts what lies between.
fn found(plan: &FetchPlan, field: &FieldPlan) -> Value {
    let mut facts = json!({"now": plan.now.to_string(), "range": field.span.map(range),
        "expected": field.intervals.expected, "found": field.intervals.found});
    let resolution = match field.want.kind {
        varvite::asset::AssetKind::Feature { resolution } => Some(resolution),
        _ => None,
    };
    put_gaps(&mut facts, &field.intervals.gaps, resolution);
    facts
}

fn identity(id: &AssetId) -> Map<String, Value> {
    let facts =
        [("asset", id.name.clone().into()), ("kind", id.kind.into()), ("resolution", id.resolution.clone().into())];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn with(mut object: Map<String, Value>, facts: Value) -> Value {
    if let Value::Object(facts) = facts {
        object.extend(facts);
    }
    object.into()
}

fn version(info: &VersionInfo) -> Value {
    let end = |end: &Option<String>| end.as_deref().map(stretch);
    json!({"version": info.version, "partitions": info.partitions, "rows": info.rows, "bytes": info.bytes,
        "first": end(&info.first), "last": end(&info.last), "covered": stretches(&info.covered),
        "changed": info.changed})
}

/// Stretches that are divided by spaces.
fn stretches(text: &str) -> Vec<Value> {
    text.split_whitespace().map(stretch).collect()
}

/// An interval, or a date: which starts and has no end.
fn stretch(text: &str) -> Value {
    let (start, end) = text.split_once("..").map_or((text, None), |(start, end)| (start, Some(end)));
    json!({"start": start, "end": end})
}

fn counted(stretches: &[Interval], resolution: Option<Resolution>) -> Vec<Value> {
    let json = |stretch: &Interval| {
        let mut counted = interval(*stretch);
        counted["intervals"] = resolution.map(|resolution| resolution.count(*stretch)).into();
        counted
    };
    stretches.iter().map(json).collect()
}

fn interval(stretch: Interval) -> Value {
    json!({"start": stretch.start.to_string(), "end": stretch.end.to_string()})
}

/// A stretch of time whose ends may be open: null then.
fn range(span: TimeSpan) -> Value {
    let end = |ns: Option<i128>| ns.map(|ns| varvite::time::Instant::from_ns(ns).to_string());
    json!({"start": end(span.start_ns()), "end": end(span.end_ns())})
}

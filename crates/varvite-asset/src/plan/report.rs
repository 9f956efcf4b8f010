//! Plans for programs: what serializes.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{FetchPlan, FieldPlan};

#[derive(Serialize)]
struct PlanReport<'a> {
    now: String,
    fields: Vec<FieldReport<'a>>,
}

#[derive(Serialize)]
struct FieldReport<'a> {
    field: &'a str,
    asset: String,
    kind: &'static str,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<String>,
    policy: String,
    expected: Option<u64>,
    found: u64,
    missing: Option<u64>,
    gaps: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lacking: Vec<LackingReport<'a>>,
    written: Vec<WrittenReport>,
    partitions: Vec<PartReport<'a>>,
    scans: usize,
    files: u64,
    rows: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct LackingReport<'a> {
    keys: BTreeMap<&'a str, &'a str>,
    missing: u64,
    gaps: Vec<String>,
}

#[derive(Serialize)]
struct WrittenReport {
    span: String,
    version: u32,
}

#[derive(Serialize)]
struct PartReport<'a> {
    version: u32,
    keys: BTreeMap<&'a str, &'a str>,
    span: String,
    rows: u64,
    bytes: u64,
}

impl Serialize for FetchPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PlanReport { now: self.now.to_string(), fields: self.fields.iter().map(|plan| field(plan)).collect() }
            .serialize(serializer)
    }
}

impl Serialize for FieldPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        field(self).serialize(serializer)
    }
}

fn field(plan: &FieldPlan) -> FieldReport<'_> {
    let (want, intervals) = (&plan.want, &plan.intervals);
    let written = |(run, version): &(crate::Interval, u32)| WrittenReport { span: run.to_string(), version: *version };
    FieldReport {
        field: &want.field,
        asset: want.label(),
        kind: crate::AssetId::new(&want.asset, want.kind).kind,
        version: want.version,
        span: plan.span.map(|span| span.to_string()),
        latest: plan.latest.map(|latest| latest.to_string()),
        policy: want.missing.to_string(),
        expected: intervals.expected,
        found: intervals.found,
        missing: intervals.missing(),
        gaps: texts(&intervals.gaps.stretches),
        lacking: intervals.gaps.lacking.iter().map(lacking_report).collect(),
        written: intervals.written.iter().map(written).collect(),
        partitions: plan.parts.iter().map(|part| part_report(part)).collect(),
        scans: plan.scans.len(),
        files: plan.num_files,
        rows: plan.num_rows,
        bytes: plan.num_bytes,
    }
}

fn part_report(part: &super::Part) -> PartReport<'_> {
    PartReport {
        version: part.version,
        keys: keys_report(&part.keys),
        span: part.span.to_string(),
        rows: part.num_rows,
        bytes: part.num_bytes,
    }
}

fn lacking_report(lacking: &super::Lacking) -> LackingReport<'_> {
    LackingReport { keys: keys_report(&lacking.keys), missing: lacking.count, gaps: texts(&lacking.stretches) }
}

fn keys_report(keys: &[(String, String)]) -> BTreeMap<&str, &str> {
    keys.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn texts(stretches: &[crate::Interval]) -> Vec<String> {
    stretches.iter().map(ToString::to_string).collect()
}

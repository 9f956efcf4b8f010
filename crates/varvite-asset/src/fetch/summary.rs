//! [`FetchSummary`]: what a fetch read, field by field.

use std::fmt;

use serde::Serialize;
use varvite_time::Instant;

use crate::FieldPlan;
use crate::plan::table;

/// What a fetch read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FetchSummary {
    /// The moment that spans were resolved by.
    #[serde(serialize_with = "as_text")]
    pub now: Instant,
    /// The fields, in the order of the collection.
    pub fields: Vec<FieldSummary>,
}

/// What was read for one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldSummary {
    /// The field.
    pub field: String,
    /// Its asset.
    pub asset: String,
    /// How many intervals its stretch has; `None` if it is open.
    pub expected: Option<u64>,
    /// How many no partition lacks.
    pub found: u64,
    /// How many are missing; `None` if the stretch is open.
    pub missing: Option<u64>,
    /// The first stretches that were never written, with the partitions that lack them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gaps: String,
    /// How many files were read.
    pub files: u64,
    /// How many rows came of them, after range and filter.
    pub rows: u64,
    /// Length of the files in bytes.
    pub bytes: u64,
    /// How many scans were tried again, counting each time.
    pub retries: u64,
    /// How many files were in the cache.
    pub cache_hits: u64,
}

fn as_text<S: serde::Serializer>(now: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(now)
}

impl FieldSummary {
    pub(super) fn planned(plan: &FieldPlan) -> Self {
        Self {
            field: plan.want.field.clone(),
            asset: plan.want.label(),
            expected: plan.intervals.expected,
            found: plan.intervals.found,
            missing: plan.intervals.missing(),
            gaps: plan.intervals.gaps.first(),
            files: 0,
            rows: 0,
            bytes: 0,
            retries: 0,
            cache_hits: 0,
        }
    }
}

impl FetchSummary {
    /// How many rows came for all fields.
    pub fn rows(&self) -> u64 {
        self.fields.iter().map(|field| field.rows).sum()
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&FieldSummary> {
        self.fields.iter().find(|field| field.field == name)
    }
}

impl fmt::Display for FetchSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEAD: [&str; 8] = ["FIELD", "ASSET", "INTERVALS", "FILES", "ROWS", "BYTES", "RETRIES", "CACHED"];
        let mut rows = vec![HEAD.map(str::to_owned)];
        rows.extend(self.fields.iter().map(|field| {
            let found = field.expected.map_or(field.found.to_string(), |all| format!("{} of {all}", field.found));
            let counts = [field.files, field.rows, field.bytes, field.retries, field.cache_hits];
            let [files, rows, bytes, retries, hits] = counts.map(|count| count.to_string());
            [field.field.clone(), field.asset.clone(), found, files, rows, bytes, retries, hits]
        }));
        writeln!(f, "now {}", self.now)?;
        table(f, &rows)?;
        for field in self.fields.iter().filter(|field| !field.gaps.is_empty()) {
            writeln!(f, "{}: never written: {}", field.field, field.gaps)?;
        }
        Ok(())
    }
}

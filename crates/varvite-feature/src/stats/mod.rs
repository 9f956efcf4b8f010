//! Statistics of features: of a whole history, and of each commit, kept beside it and compared.

mod column;
mod distinct;
mod drift;
mod kept;

use std::fmt;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use crate::{FeatureStore, Result};
use column::ColumnSketch;

pub use drift::{FeatureDrift, StatisticsDrift};

/// What the values of a feature are like. Statistics are over values that are not null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureStatistics {
    /// The feature.
    pub feature: String,
    /// Rows.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// Different values: exact below 4096, then an estimate (standard error 1.6 %).
    pub distinct: u64,
    /// Whether `distinct` is exact.
    pub distinct_is_exact: bool,
    /// The least value, as text.
    pub min: Option<String>,
    /// The greatest value, as text; NaN is greater than all numbers.
    pub max: Option<String>,
    /// The mean of numbers; none where NaN or infinity is among them.
    pub mean: Option<f64>,
    /// The standard deviation of numbers, of a sample; none where there is no mean.
    pub std: Option<f64>,
}

/// The statistics of the rows that one commit wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitStatistics {
    /// The group and version.
    pub group: String,
    /// The commit.
    pub commit: u64,
    /// One for each feature, in the order of the definition.
    pub features: Vec<FeatureStatistics>,
}

/// Describes the columns `names` of rows that stream by.
pub(crate) struct Describer {
    columns: Vec<(String, ColumnSketch)>,
}

impl Describer {
    pub(crate) fn new(schema: &SchemaRef, names: impl IntoIterator<Item = String>) -> Result<Self> {
        let column = |name: String| {
            let field = schema.field_with_name(&name).map_err(crate::error::arrow("describe values"))?;
            let sketch = ColumnSketch::new(&name, field.data_type())?;
            Ok((name, sketch))
        };
        Ok(Self { columns: names.into_iter().map(column).collect::<Result<_>>()? })
    }

    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        for (name, sketch) in &mut self.columns {
            if let Some(column) = batch.column_by_name(name) {
                sketch.push(column)?;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Vec<FeatureStatistics>> {
        self.columns.into_iter().map(|(_, sketch)| sketch.finish()).collect()
    }
}

impl FeatureStore {
    /// Statistics of all stored rows of a group, feature by feature.
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) for a group that is not registered; a damaged file.
    pub fn statistics(&self, group: &str) -> Result<Vec<FeatureStatistics>> {
        self.group(group)?.statistics()
    }

    /// Statistics of the rows that a commit wrote: kept since then, or computed from those that are still stored.
    ///
    /// # Errors
    /// As [`statistics`](Self::statistics).
    pub fn commit_statistics(&self, group: &str, commit: u64) -> Result<CommitStatistics> {
        let history = self.group(group)?;
        match self.kept_statistics(&history, commit)? {
            Some(kept) => Ok(kept),
            None => history.describe_commit(commit),
        }
    }

    /// How the rows of one commit differ from those of an earlier one.
    ///
    /// # Errors
    /// As [`statistics`](Self::statistics).
    pub fn compare_statistics(&self, group: &str, before: u64, after: u64) -> Result<StatisticsDrift> {
        Ok(StatisticsDrift::of(&self.commit_statistics(group, before)?, &self.commit_statistics(group, after)?))
    }
}

impl fmt::Display for FeatureStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.distinct_is_exact { "" } else { "about " };
        write!(f, "{}: {} rows, {} null, {about}{} distinct", self.feature, self.rows, self.nulls, self.distinct)?;
        if let (Some(min), Some(max)) = (&self.min, &self.max) {
            write!(f, ", {min} to {max}")?;
        }
        self.mean.map_or(Ok(()), |mean| write!(f, ", mean {mean:.6}"))?;
        self.std.map_or(Ok(()), |std| write!(f, ", std {std:.6}"))
    }
}

impl fmt::Display for CommitStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, commit {}", self.group, self.commit)?;
        self.features.iter().try_for_each(|feature| write!(f, "\n  {feature}"))
    }
}

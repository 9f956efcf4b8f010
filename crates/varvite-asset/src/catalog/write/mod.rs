//! Writing feature assets, in the order it happens: rows are conformed, split and checked, each partition is planned, the
//! columns are registered, then comes one commit for each partition.

mod execute;
#[cfg(feature = "polars")]
mod frame;
mod options;
pub(super) mod plan;
mod report;
pub(crate) mod rows;
mod split;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use varvite_time::{TimeSpan, TimeUnit};

pub(in crate::catalog) use execute::dataset_options;
pub use options::{AssetWrite, AssetWriteMode};
pub use report::{AssetReport, PartitionReport};

use super::key::{AssetKey, FeatureVersion, label};
use super::registry::RegisteredSchema;
use super::{Catalog, names};
use crate::{Checker, Error, FeatureModel, ModelSchema, Resolution, Result};
use plan::{Planned, plan_write, whole_intervals};
use split::{Part, split};

/// All that a write does, decided before anything is written.
struct Prepared {
    label: String,
    resolution: Resolution,
    time: String,
    unit: TimeUnit,
    parts: Vec<PreparedPart>,
}

/// The commit of one partition.
struct PreparedPart {
    key: AssetKey,
    keys: Vec<(String, String)>,
    rows: RecordBatch,
    planned: Planned,
}

impl Catalog {
    /// Writes rows of a feature asset: by default each interval that they lie in is replaced as a whole.
    ///
    /// The rows of each combination of partition keys are one dataset, and one commit: all of its rows and what they cover,
    /// or nothing. An asset without partition keys has one. Writers of other intervals do not hinder each other.
    ///
    /// # Errors
    /// Rows that do not fit, break a check of the model or lie outside of what is covered are refused before anything is
    /// written; so are columns other than those that the version was registered with ([`Error::SchemaMismatch`]).
    /// [`Error::PartlyWritten`] if one of several partitions failed.
    pub fn write<M: FeatureModel>(&self, rows: &[M], how: &AssetWrite) -> Result<AssetReport> {
        let batch = M::encode(rows).map_err(|error| undecodable(M::schema(), error))?;
        self.write_batches(M::schema(), &[batch], how)
    }

    /// Writes rows of a feature asset whose columns are known only now. Columns are found by name; narrower types of the
    /// same family are taken.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_batches(&self, schema: &ModelSchema, rows: &[RecordBatch], how: &AssetWrite) -> Result<AssetReport> {
        names::check(&schema.asset)?;
        let known = self.registered("feature", &schema.asset, schema.version)?;
        let prepared = self.prepare(schema, known.as_ref(), rows, how)?;
        let (_, registered) = self.register(schema)?;
        let partitions = self.execute(&prepared)?;
        Ok(AssetReport { asset: prepared.label, registered, partitions })
    }

    fn prepare(
        &self,
        schema: &ModelSchema,
        known: Option<&RegisteredSchema>,
        rows: &[RecordBatch],
        how: &AssetWrite,
    ) -> Result<Prepared> {
        let resolution = schema.resolution().ok_or_else(|| Error::InvalidOption {
            option: "asset",
            reason: format!("{} is no feature asset", schema.label()),
        })?;
        let (time, unit) = time_of(schema)?;
        let target = stored_order(schema, known);
        let rows = rows::conformed(schema, &target, rows)?;
        let covering = how.covering.map(|span| span.resolve(self.now())).transpose()?;
        let covering = covering.map(|span| whole_intervals(resolution, span)).transpose()?;
        let parts = chosen(schema, how, split(schema, time, &rows)?, covering, &target)?;
        let version = FeatureVersion::new(&schema.asset, resolution, schema.version);
        let parts = parts.into_iter().map(|part| {
            checked(schema, || part.place(), &part.rows)?;
            let planned = plan_write(how.mode, resolution, covering, &part.times, unit)?;
            Ok(PreparedPart { key: version.key(&part.keys)?, keys: part.keys, rows: part.rows, planned })
        });
        let parts = parts.collect::<Result<_>>()?;
        Ok(Prepared { label: schema.label(), resolution, time: time.to_owned(), unit, parts })
    }
}

/// Refuses rows that break a check of the model. `place` says which rows, in the order in which they are counted.
pub(in crate::catalog) fn checked(
    schema: &ModelSchema,
    place: impl FnOnce() -> String,
    rows: &RecordBatch,
) -> Result<()> {
    Checker::new(schema)?.check(rows).map_err(|violations| Error::ChecksFailed {
        asset: schema.label(),
        place: place(),
        violations,
    })
}

/// The columns as they are stored: in the order in which they were registered.
pub(in crate::catalog) fn stored_order(schema: &ModelSchema, known: Option<&RegisteredSchema>) -> SchemaRef {
    let Some(known) = known else { return schema.arrow() };
    let mut ordered = schema.clone();
    let place = |name: &str| known.columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX);
    ordered.columns.sort_by_key(|column| place(&column.name));
    ordered.arrow()
}

/// The time column and the unit that it counts.
fn time_of(schema: &ModelSchema) -> Result<(&str, TimeUnit)> {
    let refused = |reason: String| Error::SchemaMismatch { asset: schema.label(), reason };
    let time = schema.time.as_deref().ok_or_else(|| refused("a feature asset has a time column".to_owned()))?;
    let column = schema.column(time).ok_or_else(|| refused(format!("there is no time column `{time}`")))?;
    let unit = rows::unit_of(&column.data_type)
        .ok_or_else(|| refused(format!("time column `{time}` is {}: no timestamp or date", column.data_type)))?;
    Ok((time, unit))
}

/// The partitions that are written: those of the rows, or the one that was named.
fn chosen(
    schema: &ModelSchema,
    how: &AssetWrite,
    parts: Vec<Part>,
    covering: Option<TimeSpan>,
    target: &SchemaRef,
) -> Result<Vec<Part>> {
    let refused = |reason: String| Error::InvalidOption { option: "partition", reason };
    let empty = |keys| vec![Part { keys, rows: RecordBatch::new_empty(target.clone()), times: Vec::new() }];
    let mut names: Vec<&String> = schema.keys.iter().collect();
    names.sort();
    if how.partition.is_empty() {
        return match (parts.is_empty(), covering) {
            (true, Some(_)) if names.is_empty() => Ok(empty(Vec::new())),
            (true, Some(_)) => Err(refused(format!(
                "there are no rows to tell which partition of {} is covered: name it, by {}",
                schema.label(),
                schema.keys.join(", ")
            ))),
            _ => Ok(parts),
        };
    }
    if how.partition.iter().map(|(name, _)| name).ne(names) {
        let known =
            if schema.keys.is_empty() { "has none".to_owned() } else { format!("are {}", schema.keys.join(", ")) };
        return Err(refused(format!(
            "`{}` was named, but the partition keys of {} {known}",
            label(&how.partition),
            schema.label()
        )));
    }
    let mut parts = parts;
    for part in &mut parts {
        part.keys.sort();
    }
    match parts.iter().find(|part| part.keys != how.partition) {
        Some(other) => Err(refused(format!(
            "`{}` was named, but there are rows of `{}`",
            label(&how.partition),
            label(&other.keys)
        ))),
        None if parts.is_empty() && covering.is_some() => Ok(empty(how.partition.clone())),
        None => Ok(parts),
    }
}

/// A row that cannot become a value of its column.
pub(in crate::catalog) fn undecodable(schema: &ModelSchema, error: crate::DecodeError) -> Error {
    Error::Decode {
        asset: schema.label(),
        column: error.column,
        row: error.row,
        place: rows::GIVEN.to_owned(),
        reason: error.reason,
    }
}

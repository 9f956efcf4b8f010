//! Rows by interval: `BTreeMap<Interval, Vec<M>>`.

use std::collections::BTreeMap;

use arrow::array::{Array, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use varvite_dataset::{OrderedType, OrderedValue};
use varvite_time::Instant;

use super::decoder::Decoder;
use super::rows::wanted_rows;
use super::{Filling, Slot};
use crate::model::resolution_of;
use crate::{Error, FeatureModel, Fetch, FieldPlan, Interval, PlannedScan, Resolution, Result, Want};

/// Each has an entry, with rows or without.
const MAX_INTERVALS: u64 = 10_000_000;

/// Rows by interval in the making.
pub struct FillByInterval<M> {
    resolution: Resolution,
    decoder: Decoder<M>,
    /// The time columns of the versions.
    times: BTreeMap<u32, String>,
    rows: BTreeMap<Interval, Vec<M>>,
}

impl<M: FeatureModel> Filling for FillByInterval<M> {
    type Filled = BTreeMap<Interval, Vec<M>>;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        let times = self.times_of(scan, &batch)?;
        let mut from = 0;
        while from < times.len() {
            let interval = self.resolution.interval_at(times[from]);
            let to = from + times[from..].partition_point(|time| *time < interval.end);
            let rows = self.rows.entry(interval).or_default();
            let part = batch.slice(from, to - from);
            self.decoder.decode(scan, &part, rows).map_err(|error| moved(error, from))?;
            from = to;
        }
        Ok(())
    }

    fn finish(self) -> Result<Self::Filled> {
        Ok(self.rows)
    }
}

impl<M> FillByInterval<M> {
    /// When each row is. Rows of a batch are in order of it.
    fn times_of(&self, scan: &PlannedScan, batch: &RecordBatch) -> Result<Vec<Instant>> {
        let name = self.times.get(&scan.part.version).map_or("", String::as_str);
        let absent = |reason: String| Error::SchemaMismatch { asset: String::new(), reason };
        let column = batch.column_by_name(name).ok_or_else(|| absent(format!("column `{name}` is absent")))?;
        let ordered = OrderedType::try_new(&name.into(), column.data_type())
            .map_err(|source| Error::Dataset { asset: name.to_owned(), source: Box::new(source) })?;
        let counts = cast(column, &DataType::Int64)
            .map_err(|source| Error::Arrow { action: "read the times of rows", source })?;
        let counts = counts.as_any().downcast_ref::<Int64Array>().map(Int64Array::values);
        let instant =
            |count: &i64| ordered.instant(&OrderedValue::Int(*count)).map(|(at, unit)| Instant::new(at, unit));
        let times = counts.and_then(|counts| counts.iter().map(instant).collect());
        times.ok_or_else(|| absent(format!("column `{name}` holds no times")))
    }
}

/// The error of a part of a batch, as that of the batch.
fn moved(mut error: Error, by: usize) -> Error {
    if let Error::Decode { row, .. } = &mut error {
        *row += by as u64;
    }
    error
}

impl<M: FeatureModel> Slot for BTreeMap<Interval, Vec<M>> {
    type Filling = FillByInterval<M>;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        if resolution_of::<M>().is_none() {
            let reason = format!("{} has no intervals to be had by", M::schema().label());
            return Err(Error::InvalidName { name: field.to_owned(), reason });
        }
        wanted_rows::<M>(field, fetch)
    }

    fn filling(plan: &FieldPlan) -> Result<Self::Filling> {
        let resolution = resolution_of::<M>().unwrap_or(Resolution::literal("1d"));
        let count: u64 = plan.intervals.written.iter().map(|(run, _)| resolution.count(*run)).sum();
        if count > MAX_INTERVALS {
            let reason =
                format!("more than {MAX_INTERVALS} of its intervals were written: ask for less, or for plain rows");
            let range = plan.span.map(|span| span.to_string()).unwrap_or_default();
            return Err(Error::InvalidRange { range, reason });
        }
        let written = plan.intervals.written.iter().filter_map(|(run, _)| resolution.intervals(run.span()));
        let rows = written.flatten().map(|interval| (interval, Vec::new())).collect();
        let times = plan.want.schemas.iter().filter_map(|(version, schema)| Some((*version, schema.time.clone()?)));
        Ok(FillByInterval { resolution, decoder: Decoder::new(plan), times: times.collect(), rows })
    }
}

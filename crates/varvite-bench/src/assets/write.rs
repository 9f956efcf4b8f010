//! `asset-write`: rows become an asset, a commit a day; and the assets that other works start from.

use std::sync::Arc;

use anyhow::{Result, ensure};
use arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray};
use varvite_asset::{AssetWrite, Catalog, FeatureModel};

use super::{AssetCase, HOUR_US, Reading, START_US, Weather, catalog};
use crate::Measured;
use crate::case::{fact, read_rows};
use crate::measure::Meter;
use crate::outcome::Outcome;
use crate::place::{Place, disk_bytes};

/// The options of `asset-write`.
#[derive(Debug, clap::Args)]
pub struct WriteAsset;

/// Rows of each interval of the asset of many intervals.
const OF_INTERVAL: usize = 4;
/// Intervals that one commit of it writes.
const AT_ONCE: usize = 1000;

impl Measured for WriteAsset {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let case = AssetCase::read(&place.case)?;
        let days = read_rows(&place.case, "rows.arrow")?;
        let storage = place.scratch()?;
        let meter = Meter::start();
        write_days(&catalog(&storage)?, &days)?;
        let (seconds, cost) = meter.stop();
        let fact = fact(&days, &case.value)?;
        Ok(Outcome {
            seconds: vec![seconds],
            cost,
            rows: fact.rows,
            sum: Some(fact.sum),
            rows_processed: Some(fact.rows),
            disk_bytes: Some(disk_bytes(&place.scratch)?),
            storage: storage.take(),
            ..Outcome::default()
        })
    }
}

/// Writes the asset of days, once.
pub fn prepare(place: &Place) -> Result<()> {
    place.once(|| write_days(&catalog(&place.base()?)?, &read_rows(&place.case, "rows.arrow")?))
}

/// Writes the asset of many intervals, once.
pub fn prepare_many(place: &Place, intervals: usize) -> Result<()> {
    place.once(|| {
        let catalog = catalog(&place.base()?)?;
        for first in (0..intervals).step_by(AT_ONCE) {
            let batch = readings(first, AT_ONCE.min(intervals - first))?;
            let report = catalog.write_batches(Reading::schema(), &[batch], &AssetWrite::replace())?;
            ensure!(report.deleted() == 0, "intervals were written twice");
        }
        Ok(())
    })
}

fn write_days(catalog: &Catalog, days: &[RecordBatch]) -> Result<()> {
    for day in days {
        let _ = catalog.write_batches(Weather::schema(), std::slice::from_ref(day), &AssetWrite::replace())?;
    }
    Ok(())
}

fn readings(first: usize, count: usize) -> Result<RecordBatch> {
    let step = HOUR_US / i64::try_from(OF_INTERVAL)?;
    let begin = i64::try_from(first * OF_INTERVAL)?;
    let numbers = begin..begin + i64::try_from(count * OF_INTERVAL)?;
    let times: TimestampMicrosecondArray =
        numbers.clone().map(|number| START_US + number * step).collect::<Vec<_>>().into();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let values: Float64Array = numbers.map(|number| Some(number as f64)).collect();
    let columns: [(&str, ArrayRef); 2] =
        [("timestamp", Arc::new(times.with_timezone("UTC"))), ("value", Arc::new(values))];
    Ok(RecordBatch::try_from_iter(columns)?)
}

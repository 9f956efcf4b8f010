//! A catalog in a folder, and the frame of one field.
#![allow(dead_code, clippy::unwrap_used, clippy::result_large_err, reason = "each test file uses some of it")]

use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::polars::prelude::{DataFrame, DataType};
use varvite_asset::{
    AssetWrite, Catalog, Collection, FeatureModel, Fetch, Filling, Frame, Result, Slot, Stop, plan_field,
};
use varvite_time::Instant;

/// Ten readings a day of two stations.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
pub(crate) struct Weather {
    pub(crate) timestamp: DateTime<Utc>,
    pub(crate) station: i32,
    #[model(check(range = -90.0..=60.0))]
    pub(crate) temperature: f64,
    #[model(default)]
    pub(crate) note: Option<String>,
}

pub(crate) const NOW: &str = "2025-02-01T00:00:00Z";

pub(crate) fn catalog() -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(folder.path().join("catalog")).unwrap().with_clock(|| NOW.parse().unwrap());
    (folder, catalog)
}

/// An hour of January 2025.
pub(crate) fn at(hour: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(1_735_689_600 + i64::from(hour) * 3600, 0).unwrap()
}

pub(crate) fn reading(hour: u32) -> Weather {
    let note = hour.is_multiple_of(5).then(|| format!("hour {hour}"));
    Weather {
        timestamp: at(hour),
        station: i32::try_from(hour % 2).unwrap(),
        temperature: f64::from(hour) / 10.0,
        note,
    }
}

/// `days` days of 24 readings.
pub(crate) fn write_days(catalog: &Catalog, days: u32) {
    let rows: Vec<Weather> = (0..days * 24).map(reading).collect();
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
}

/// The frame of a field that fetches so.
pub(crate) fn frame<M: FeatureModel>(catalog: &Catalog, fetch: impl Into<Fetch>) -> Result<Frame<M>> {
    let mut wants = Collection::new();
    wants.add::<Frame<M>>("frame", fetch)?;
    let wants: Vec<_> = wants.wants().cloned().collect();
    let listing = catalog.listing(&wants)?;
    let now: Instant = NOW.parse().unwrap();
    let plan = plan_field(&wants[0], now, &listing)?;
    let mut filling = Frame::<M>::filling(&plan)?;
    for part in &plan.parts {
        filling.open(part, &Stop::default())?;
    }
    filling.finish()
}

pub(crate) fn floats(frame: &DataFrame, column: &str) -> Vec<f64> {
    frame.column(column).unwrap().f64().unwrap().into_no_null_iter().collect()
}

pub(crate) fn columns(frame: &DataFrame) -> Vec<(String, DataType)> {
    frame.schema().iter().map(|(name, data_type)| (name.to_string(), data_type.clone())).collect()
}

pub(crate) fn names(frame: &DataFrame) -> Vec<String> {
    frame.get_column_names().iter().map(ToString::to_string).collect()
}

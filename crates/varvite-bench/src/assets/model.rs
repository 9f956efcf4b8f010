//! The models.

use chrono::{DateTime, Utc};
use varvite_asset::FeatureModel;

/// 2025-01-01T00:00:00Z in microseconds.
pub const START_US: i64 = 1_735_689_600_000_000;
/// Microseconds of an hour.
pub const HOUR_US: i64 = 3_600_000_000;
/// Microseconds of a day.
pub const DAY_US: i64 = 24 * HOUR_US;

/// What a station saw.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather", resolution = "1d", version = 1, time = timestamp)]
pub struct Weather {
    /// When.
    pub timestamp: DateTime<Utc>,
    /// With one decimal.
    pub temperature: f64,
    /// One in ten is not known.
    pub humidity: Option<f64>,
    /// Which of 50.
    pub station: i32,
}

/// A row of an asset of many intervals.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "readings", resolution = "1h", version = 1, time = timestamp)]
pub struct Reading {
    /// When.
    pub timestamp: DateTime<Utc>,
    /// What.
    pub value: f64,
}

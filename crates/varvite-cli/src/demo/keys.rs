//! The keys of the demo.

use varvite::{sublevel, toplevel};

/// A series of measurements.
#[sublevel]
pub(super) struct Series {
    resolution: String,
}

/// A weather station, and one of its series.
#[toplevel]
pub(super) struct Station {
    origin: String,
    series: Series,
}

impl Station {
    /// The hourly series of a station.
    pub(super) fn hourly(origin: &str) -> varvite::key::Result<Self> {
        Self::new(origin, Series::new("1h")?)
    }
}

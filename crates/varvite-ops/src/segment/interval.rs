//! [`Tiler`]: the bins of a period in the ticks of an ordered column.

use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};
use varvite_time::{Tiling, TimeUnit};

use super::options::{PeriodBins, Side};
use crate::keys::unit;
use crate::{Error, Result};

/// One bin of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interval {
    /// First tick of the tile.
    pub(crate) start: i64,
    /// First tick of the tile behind it; at the very end of ticks, the last of this one.
    pub(crate) end: i64,
    /// The last tick that belongs to the bin, by the side that is closed.
    pub(crate) last: i64,
}

/// Finds bins, and walks from one to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiler {
    tiling: Tiling,
    closed: Side,
    label: Side,
    unit: TimeUnit,
    /// The length of every bin in ticks, if they have one: then the next is found without a division.
    step: Option<i64>,
}

impl Tiler {
    pub(crate) fn try_new(bins: &PeriodBins, column: &str, data_type: &DataType) -> Result<Self> {
        let Some(unit) = unit(data_type) else {
            return Err(Error::UnsupportedType {
                column: column.to_owned(),
                place: "rows".to_owned(),
                data_type: data_type.to_string(),
                reason: "bins of a period need timestamps or dates".to_owned(),
            });
        };
        Self::of_unit(bins, unit)
    }

    pub(crate) fn of_unit(bins: &PeriodBins, unit: TimeUnit) -> Result<Self> {
        let PeriodBins { tiling, closed, label } = *bins;
        let (length, tick) = (tiling.period().elapsed_ns(), unit.nanoseconds());
        if length.is_some_and(|length| length < tick) {
            let reason = format!("{tiling} is shorter than 1{unit}, in which the ordered column counts");
            return Err(Error::InvalidOption { option: "bins", reason });
        }
        let step = length.filter(|length| length % tick == 0 && tiling.zone().is_none()).map(|length| length / tick);
        Ok(Self { tiling, closed, label, unit, step })
    }

    /// The bin that holds `key`.
    pub(crate) fn of(&self, key: i64) -> Interval {
        let within = match self.closed {
            Side::Left => key,
            Side::Right => key.saturating_sub(1),
        };
        let ticks = self.tiling.tile_ticks(within, self.unit);
        let end = ticks.end().saturating_add(1);
        let last = match self.closed {
            Side::Left => *ticks.end(),
            Side::Right => end,
        };
        Interval { start: *ticks.start(), end, last }
    }

    /// The bin behind; the same at the very end of ticks.
    pub(crate) fn after(&self, interval: Interval) -> Interval {
        let stepped = || {
            let step = self.step?;
            let end = interval.end.checked_add(step)?;
            // A clipped first tile is shorter than the others, but ends where the next starts.
            Some(Interval { start: interval.end, end, last: interval.last.checked_add(step)? })
        };
        stepped().unwrap_or_else(|| self.of(interval.last.saturating_add(1)))
    }

    /// What names the bin.
    pub(crate) fn label(&self, interval: Interval) -> i64 {
        match self.label {
            Side::Left => interval.start,
            Side::Right => interval.end,
        }
    }

    /// The bin of this name.
    pub(crate) fn named(&self, label: i64) -> Interval {
        match (self.label, self.closed) {
            (Side::Left, Side::Left) | (Side::Right, Side::Right) => self.of(label),
            (Side::Left, Side::Right) => self.of(label.saturating_add(1)),
            (Side::Right, Side::Left) => self.of(label.saturating_sub(1)),
        }
    }

    /// The first tick of the bin, by the side that is closed.
    pub(crate) fn first(&self, interval: Interval) -> i64 {
        match self.closed {
            Side::Left => interval.start,
            // The very first tick has no bin before it: it is in this one.
            Side::Right if interval.start == i64::MIN => i64::MIN,
            Side::Right => interval.start + 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tiling: &str, closed: Side, key: i64, expected: (i64, i64, i64)) {
        let bins = PeriodBins::new(tiling.parse::<Tiling>().unwrap()).closed(closed);
        let tiler = Tiler::of_unit(&bins, TimeUnit::Second).unwrap();
        let found = tiler.of(key);
        assert_eq!((found.start, found.end, found.last), expected);
        // Walking gives what looking up gives.
        assert_eq!(tiler.after(found), tiler.of(found.last + 1));
    }

    #[test]
    fn bins_are_tiles() {
        check("1min", Side::Left, 60, (60, 120, 119));
        check("1min", Side::Right, 60, (0, 60, 60));
        check("1min", Side::Right, 61, (60, 120, 120));
        check("1min", Side::Left, -1, (-60, 0, -1));
        check("1min", Side::Right, 0, (-60, 0, 0));
        check("1mo", Side::Left, -1, (-31 * 86_400, 0, -1));
        check("1d@Europe/Berlin", Side::Left, 0, (-3600, 82_800, 82_799));
    }

    #[test]
    fn bins_reach_to_the_ends_of_ticks() {
        let tiler = Tiler::of_unit(&PeriodBins::new(varvite_time::Period::MINUTE), TimeUnit::Second).unwrap();
        assert_eq!(tiler.of(i64::MIN).start, i64::MIN);
        let last = tiler.of(i64::MAX);
        assert_eq!((last.end, tiler.after(last)), (i64::MAX, last));
        let first = tiler.of(i64::MIN);
        assert_eq!(tiler.after(first), tiler.of(first.last + 1));
    }
}

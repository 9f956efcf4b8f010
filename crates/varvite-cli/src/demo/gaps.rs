//! [`Gap`]: hours that a series lacks.

use serde::Serialize;
use varvite::time::{TimeUnit, format_instant};

use super::weather::HOUR_US;

/// Hours in a row that are missing, in microseconds since 1970: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gap {
    pub(super) start: i64,
    pub(super) end: i64,
}

/// A gap in words.
#[derive(Debug, Serialize)]
pub(super) struct GapText {
    from: String,
    to: String,
    hours: i64,
}

impl Gap {
    pub(super) fn hours(&self) -> i64 {
        (self.end - self.start) / HOUR_US
    }

    pub(super) fn text(&self) -> GapText {
        GapText {
            from: format_instant(self.start, TimeUnit::Microsecond),
            to: format_instant(self.end, TimeUnit::Microsecond),
            hours: self.hours(),
        }
    }

    /// The missing hours one by one.
    pub(super) fn each(self) -> impl Iterator<Item = i64> {
        (0..self.hours()).map(move |hour| self.start + hour * HOUR_US)
    }
}

/// Where more than an hour lies between two of the ascending `hours`.
pub(super) fn gaps(hours: &[i64]) -> Vec<Gap> {
    let pairs = hours.iter().zip(hours.iter().skip(1));
    pairs.filter(|(a, b)| *b - *a > HOUR_US).map(|(a, b)| Gap { start: a + HOUR_US, end: *b }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_rows() {
        let hours = [0, 1, 2, 5, 6, 8].map(|hour| hour * HOUR_US);
        let found: Vec<i64> = gaps(&hours).iter().map(Gap::hours).collect();
        assert_eq!(found, [2, 1]);
        let each: Vec<i64> = gaps(&hours)[0].each().map(|hour| hour / HOUR_US).collect();
        assert_eq!(each, [3, 4]);
    }

    #[test]
    fn none_where_hours_repeat_or_are_few() {
        assert_eq!(gaps(&[]), []);
        assert_eq!(gaps(&[0, 0, HOUR_US]), []);
    }
}

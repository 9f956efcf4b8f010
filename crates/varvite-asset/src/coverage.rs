//! [`Coverage`]: which intervals of an asset were written, also those without rows.

use std::fmt;
use std::str::FromStr;

use varvite_time::{Instant, TimeSpan};

use crate::{Error, Interval, Result};

/// Which stretches of time were written: disjoint, not adjacent, in order. What is covered and has no rows was written
/// without rows; what is not covered was never written.
///
/// ```
/// use varvite_asset::Coverage;
/// let mut covered = Coverage::default();
/// covered.add("2025-01-01..2025-01-03".parse()?);
/// covered.add("2025-01-03..2025-01-04".parse()?);
/// assert_eq!(covered.to_string(), "2025-01-01T00:00:00Z..2025-01-04T00:00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Start and end of each stretch.
    runs: Vec<(Instant, Instant)>,
}

impl Coverage {
    /// Adds a stretch with both ends; an empty or an open one adds nothing.
    pub fn add(&mut self, span: TimeSpan) {
        let (Some(start), Some(end)) = (span.start_ns(), span.end_ns()) else { return };
        if start >= end {
            return;
        }
        let (mut start, mut end) = (Instant::from_ns(start), Instant::from_ns(end));
        // Stretches that touch become one.
        let first = self.runs.partition_point(|run| run.1 < start);
        let last = self.runs.partition_point(|run| run.0 <= end);
        if let Some(touched) = self.runs.get(first..last).filter(|touched| !touched.is_empty()) {
            start = start.min(touched[0].0);
            end = end.max(touched[touched.len() - 1].1);
        }
        self.runs.splice(first..last.max(first), [(start, end)]);
    }

    /// Adds what another one covers.
    pub fn union(&mut self, other: &Self) {
        for run in other.runs() {
            self.add(run.span());
        }
    }

    /// Whether all of `interval` was written.
    pub fn contains(&self, interval: Interval) -> bool {
        let at = self.runs.partition_point(|run| run.1 < interval.end);
        self.runs.get(at).is_some_and(|run| run.0 <= interval.start)
    }

    /// Whether any of `interval` was written.
    pub fn meets(&self, interval: Interval) -> bool {
        let at = self.runs.partition_point(|run| run.1 <= interval.start);
        self.runs.get(at).is_some_and(|run| run.0 < interval.end)
    }

    /// The stretches, in order.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = Interval> + '_ {
        self.runs.iter().map(|(start, end)| Interval { start: *start, end: *end })
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

impl fmt::Display for Coverage {
    /// The stretches, divided by spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, run) in self.runs().enumerate() {
            write!(f, "{}{run}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl FromStr for Coverage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut coverage = Self::default();
        for run in text.split_ascii_whitespace() {
            let span: TimeSpan = run.parse().map_err(|error: varvite_time::Error| Error::InvalidRange {
                range: run.to_owned(),
                reason: error.to_string(),
            })?;
            coverage.add(span);
        }
        Ok(coverage)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_touch_become_one() {
        let mut covered: Coverage =
            "2025-01-05..2025-01-06 2025-01-01..2025-01-02 2025-01-09..2025-01-10".parse().unwrap();
        covered.add("2025-01-03..2025-01-04".parse().unwrap());
        assert_eq!(covered.runs().count(), 4);
        covered.add("2025-01-02..2025-01-05".parse().unwrap());
        assert_eq!(
            covered.to_string(),
            "2025-01-01T00:00:00Z..2025-01-06T00:00:00Z 2025-01-09T00:00:00Z..2025-01-10T00:00:00Z"
        );
        assert_eq!(covered.to_string().parse::<Coverage>().unwrap(), covered);
        let day = |text: &str| "1d".parse::<crate::Resolution>().unwrap().interval_at(text.parse().unwrap());
        assert!(covered.contains(day("2025-01-05")) && covered.contains(day("2025-01-01")));
        assert!(!covered.contains(day("2025-01-06")) && !covered.contains(day("2024-12-31")));
    }
}

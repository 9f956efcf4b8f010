//! [`Coverage`]: which intervals of an asset were written, also those without rows.

use std::fmt;
use std::str::FromStr;

use varvite_time::{Instant, TimeSpan};

use crate::{Error, Interval, Resolution, Result};

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

    /// What both cover.
    pub fn intersection(&self, other: &Self) -> Self {
        let mut common = Self::default();
        for run in self.runs() {
            let first = other.runs.partition_point(|theirs| theirs.1 <= run.start);
            for theirs in other.runs[first..].iter().take_while(|theirs| theirs.0 < run.end) {
                common.add(Interval { start: run.start.max(theirs.0), end: run.end.min(theirs.1) }.span());
            }
        }
        common
    }

    /// The intervals of `resolution` that meet `stretch` and were not written as wholes, in order.
    pub fn gaps(&self, resolution: Resolution, stretch: Interval) -> impl Iterator<Item = Interval> + '_ {
        let next = move |mut from: Instant| {
            while from < stretch.end {
                let interval = resolution.interval_at(from);
                let at = self.runs.partition_point(|run| run.1 < interval.end);
                match self.runs.get(at).filter(|run| run.0 <= interval.start) {
                    // The rest of the run has no gap.
                    Some(run) => from = run.1.max(interval.end),
                    None => return Some(interval),
                }
            }
            None
        };
        std::iter::successors(next(stretch.start), move |gap| next(gap.end))
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

    #[test]
    fn gaps_are_what_is_not_covered_as_a_whole() {
        let covered: Coverage = "2025-01-02..2025-01-04 2025-01-06..2025-01-06T12:00".parse().unwrap();
        let gaps = |from: &str, to: &str| {
            let stretch = Interval { start: from.parse().unwrap(), end: to.parse().unwrap() };
            let gaps = covered.gaps("1d".parse().unwrap(), stretch).map(|gap| gap.start.to_string()[8..10].to_owned());
            gaps.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(gaps("2025-01-01", "2025-01-08"), "01 04 05 06 07");
        assert_eq!(gaps("2025-01-03T12:00", "2025-01-05T00:00:01"), "04 05");
        assert_eq!(gaps("2025-01-03", "2025-01-03"), "");
        assert_eq!(gaps("2025-01-02", "2025-01-04"), "");
    }

    #[test]
    fn common_stretches() {
        let common = |a: &str, b: &str| {
            let (a, b): (Coverage, Coverage) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!(a.intersection(&b), b.intersection(&a));
            a.intersection(&b).to_string().replace("-01T00:00:00Z", "")
        };
        let all = "2024-01-01..2024-06-01 2024-08-01..2024-12-01";
        assert_eq!(
            common(all, "2024-02-01..2024-03-01 2024-04-01..2024-09-01"),
            "2024-02..2024-03 2024-04..2024-06 2024-08..2024-09"
        );
        assert_eq!(common(all, all), "2024-01..2024-06 2024-08..2024-12");
        assert_eq!((common(all, "2024-06-01..2024-08-01"), common(all, "")), (String::new(), String::new()));
    }
}

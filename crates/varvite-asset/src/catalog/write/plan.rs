//! What a write replaces and what it covers, decided from plain values.

use varvite_time::{Instant, TimeSpan, TimeUnit};

use crate::{AssetWriteMode, Coverage, Error, Interval, Resolution, Result};

/// What a commit does to one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Stretches whose stored rows go, in order; `None` if rows are added.
    pub(crate) replaced: Option<Vec<Interval>>,
    /// What is written, whether there are rows or not.
    pub(crate) covered: Coverage,
}

/// Plans a write of rows at `times` (ascending, in `unit`) to a partition.
///
/// # Errors
/// [`Error::InvalidRange`] names the first row outside the stretch that is covered.
pub(crate) fn plan_write(
    mode: AssetWriteMode,
    resolution: Resolution,
    covering: Option<TimeSpan>,
    times: &[i64],
    unit: TimeUnit,
) -> Result<Planned> {
    let covered = match covering {
        None => touched(resolution, times, unit),
        Some(span) => {
            refuse_outside(span, times, unit)?;
            let mut covered = Coverage::default();
            covered.add(span);
            covered
        }
    };
    let replaced = match mode {
        AssetWriteMode::Replace => Some(covered.runs().collect()),
        AssetWriteMode::Merge => None,
    };
    Ok(Planned { replaced, covered })
}

/// The stretch if it is made of whole intervals, and of at least one.
///
/// # Errors
/// [`Error::InvalidRange`] names the nearest one that is.
pub(crate) fn whole_intervals(resolution: Resolution, span: TimeSpan) -> Result<TimeSpan> {
    let refused = |reason: String| Error::InvalidRange { range: span.to_string(), reason };
    let (Some(start), Some(end)) = (span.start_ns(), span.end_ns()) else {
        return Err(refused("what is covered has a start and an end".to_owned()));
    };
    if start == end {
        return Err(refused("it is empty, so it covers no interval".to_owned()));
    }
    let first = resolution.interval_at(Instant::from_ns(start));
    let last = resolution.interval_at(Instant::from_ns(end).plus_ns(-1));
    if first.start.as_ns() == start && last.end.as_ns() == end {
        return Ok(span);
    }
    let whole = Interval { start: first.start, end: last.end };
    Err(refused(format!("it is not made of whole intervals of {resolution}: the nearest that holds it is {whole}")))
}

/// The intervals that rows lie in.
fn touched(resolution: Resolution, times: &[i64], unit: TimeUnit) -> Coverage {
    let mut covered = Coverage::default();
    let mut from = 0;
    while let Some(time) = times.get(from) {
        let interval = resolution.interval_at(Instant::new(*time, unit));
        covered.add(interval.span());
        let behind = times[from..].partition_point(|time| Instant::new(*time, unit) < interval.end);
        from += behind.max(1);
    }
    covered
}

fn refuse_outside(span: TimeSpan, times: &[i64], unit: TimeUnit) -> Result<()> {
    // In order: the first or the last one lies outside if any does.
    let outside = |time: &&i64| !span.contains(**time, unit);
    let Some(time) = times.first().filter(outside).or(times.last().filter(outside)) else { return Ok(()) };
    let reason = format!("a row at {} lies outside of what is said to be covered", Instant::new(*time, unit));
    Err(Error::InvalidRange { range: span.to_string(), reason })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const DAY: Resolution = Resolution::literal("1d");
    const SECONDS: i64 = 86_400;

    fn plan(mode: AssetWriteMode, covering: Option<&str>, days: &[i64]) -> Result<Planned> {
        let times: Vec<i64> = days.iter().map(|day| day * SECONDS + 60).collect();
        let covering = covering.map(|span| span.parse().unwrap());
        plan_write(mode, DAY, covering, &times, TimeUnit::Second)
    }

    #[test]
    fn intervals_of_rows_are_replaced() {
        let planned = plan(AssetWriteMode::Replace, None, &[0, 0, 1, 4]).unwrap();
        let text = "1970-01-01T00:00:00Z..1970-01-03T00:00:00Z 1970-01-05T00:00:00Z..1970-01-06T00:00:00Z";
        assert_eq!(planned.covered.to_string(), text);
        assert_eq!(planned.replaced, Some(planned.covered.runs().collect()));
        let merged = plan(AssetWriteMode::Merge, None, &[0, 0, 1, 4]).unwrap();
        assert_eq!((merged.replaced, merged.covered), (None, planned.covered));
        assert_eq!(plan(AssetWriteMode::Replace, None, &[]).unwrap().replaced, Some(Vec::new()));
    }

    #[test]
    fn what_is_covered_is_replaced_with_or_without_rows() {
        let planned = plan(AssetWriteMode::Replace, Some("1970-01-01..1970-01-04"), &[1]).unwrap();
        assert_eq!(planned.covered.to_string(), "1970-01-01T00:00:00Z..1970-01-04T00:00:00Z");
        assert_eq!(planned.replaced.unwrap().len(), 1);
        let error = plan(AssetWriteMode::Replace, Some("1970-01-01..1970-01-04"), &[1, 3]).unwrap_err();
        assert!(error.to_string().contains("a row at 1970-01-04T00:01:00Z lies outside"), "{error}");
        assert!(plan(AssetWriteMode::Merge, Some("1970-01-02..1970-01-04"), &[0, 2]).is_err());
    }

    #[test]
    fn only_whole_intervals_are_covered() {
        let whole = |span: &str| whole_intervals(DAY, span.parse().unwrap());
        assert!(whole("2025-01-01..2025-01-03").is_ok());
        let error = whole("2025-01-01T12:00..2025-01-02T00:01").unwrap_err();
        assert!(error.to_string().contains("2025-01-01T00:00:00Z..2025-01-03T00:00:00Z"), "{error}");
        for bad in
            ["2025-01-01..", "..2025-01-01", "2025-01-01..2025-01-01", "2025-01-01..2025-01-02T00:00:00.000000001"]
        {
            assert!(whole(bad).is_err(), "{bad}");
        }
    }
}

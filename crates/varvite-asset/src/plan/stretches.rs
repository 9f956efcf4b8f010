//! Stretches of time as sorted, disjoint lists: what is in both, what is left, how many intervals they have.

use varvite_time::{Instant, TimeSpan, TimeUnit};

use crate::{Coverage, Interval, Resolution, Result};

/// What of `coverage` lies in `span`.
pub(super) fn within(coverage: &Coverage, span: TimeSpan) -> Vec<Interval> {
    let (start, end) = (span.start_ns().map(Instant::from_ns), span.end_ns().map(Instant::from_ns));
    let runs = coverage.runs().skip_while(|run| start.is_some_and(|start| run.end <= start));
    let runs = runs.take_while(|run| end.is_none_or(|end| run.start < end));
    let cut = |run: Interval| Interval {
        start: start.map_or(run.start, |start| start.max(run.start)),
        end: end.map_or(run.end, |end| end.min(run.end)),
    };
    runs.map(cut).filter(|run| run.start < run.end).collect()
}

/// What of `stretches` is not in `taken`; both sorted and disjoint. One pass over both.
pub(super) fn without(stretches: &[Interval], taken: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    let mut first = 0;
    for stretch in stretches {
        let mut from = stretch.start;
        while taken.get(first).is_some_and(|taken| taken.end <= from) {
            first += 1;
        }
        for taken in taken[first..].iter().take_while(|taken| taken.start < stretch.end) {
            if from < taken.start {
                left.push(Interval { start: from, end: taken.start });
            }
            from = from.max(taken.end);
        }
        if from < stretch.end {
            left.push(Interval { start: from, end: stretch.end });
        }
    }
    left
}

/// Both lists as one: sorted, disjoint, what touches is joined.
pub(super) fn joined(mut stretches: Vec<Interval>, more: &[Interval]) -> Vec<Interval> {
    stretches.extend_from_slice(more);
    stretches.sort_unstable();
    let mut all: Vec<Interval> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match all.last_mut().filter(|last| last.end >= stretch.start) {
            Some(last) => last.end = last.end.max(stretch.end),
            None => all.push(stretch),
        }
    }
    all
}

/// What of `stretches` are whole intervals: a part of one is what repartitioning may leave.
pub(super) fn whole_intervals(stretches: &[Interval], resolution: Resolution) -> Vec<Interval> {
    let inner = |run: &Interval| {
        let first = resolution.interval_at(run.start);
        let start = if first.start == run.start { first.start } else { first.end };
        let end = resolution.interval_at(run.end).start;
        (start < end).then_some(Interval { start, end })
    };
    stretches.iter().filter_map(inner).collect()
}

impl Resolution {
    /// The number of the interval that `instant` lies in.
    pub(super) fn index(self, instant: Instant) -> i128 {
        self.period().tile_of(instant.floor(TimeUnit::Second), TimeUnit::Second)
    }

    /// How many intervals meet a stretch. They are not walked.
    pub fn count(self, stretch: Interval) -> u64 {
        if stretch.start >= stretch.end {
            return 0;
        }
        let last = self.index(stretch.end.plus_ns(-1));
        u64::try_from(last - self.index(stretch.start) + 1).unwrap_or_default()
    }

    /// How many intervals meet stretches of whole ones.
    pub(super) fn count_all(self, stretches: &[Interval]) -> u64 {
        stretches.iter().map(|stretch| self.count(*stretch)).sum()
    }

    /// `span` moved outwards to where intervals begin and end.
    pub(crate) fn whole(self, span: TimeSpan) -> Result<TimeSpan> {
        if span.is_empty() {
            return Ok(span);
        }
        let start = span.start_ns().map(|start| self.interval_at(Instant::from_ns(start)).start.as_ns());
        let end = span.end_ns().map(|end| self.interval_at(Instant::from_ns(end - 1)).end.as_ns());
        super::feature::span_of(start, end)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Interval> {
        let coverage: Coverage = text.parse().unwrap();
        coverage.runs().collect()
    }

    fn render(stretches: &[Interval]) -> String {
        let day = |at: Instant| at.to_string()[8..10].to_owned();
        let stretches: Vec<_> =
            stretches.iter().map(|stretch| format!("{}-{}", day(stretch.start), day(stretch.end))).collect();
        stretches.join(" ")
    }

    const SOME: &str = "2025-01-02..2025-01-05 2025-01-08..2025-01-09 2025-01-11..2025-01-20";

    #[test]
    fn what_lies_within_is_cut_at_its_edges() {
        let some: Coverage = SOME.parse().unwrap();
        let check = |span: &str, expected: &str| assert_eq!(render(&within(&some, span.parse().unwrap())), expected);
        check("2025-01-03..2025-01-12", "03-05 08-09 11-12");
        check("2025-01-05..2025-01-08", "");
        check("2025-01-09..", "11-20");
        check("..2025-01-02", "");
        check("..", "02-05 08-09 11-20");
    }

    #[test]
    fn what_is_taken_is_left_out() {
        let check = |taken: &str, expected: &str| assert_eq!(render(&without(&list(SOME), &list(taken))), expected);
        check("", "02-05 08-09 11-20");
        check("2025-01-01..2025-01-30", "");
        check("2025-01-03..2025-01-04", "02-03 04-05 08-09 11-20");
        check("2025-01-01..2025-01-03 2025-01-04..2025-01-12 2025-01-13..2025-01-14", "03-04 12-13 14-20");
        check("2025-01-12..2025-01-13 2025-01-19..2025-01-25", "02-05 08-09 11-12 13-19");
    }

    #[test]
    fn what_touches_is_joined() {
        let all = joined(list(SOME), &list("2025-01-05..2025-01-06 2025-01-09..2025-01-11"));
        assert_eq!(render(&all), "02-06 08-20");
    }

    #[test]
    fn intervals_are_counted_without_listing_them() {
        let count = |resolution: &str, span: &str| {
            let resolution: Resolution = resolution.parse().unwrap();
            list(span).into_iter().map(|stretch| resolution.count(stretch)).sum::<u64>()
        };
        assert_eq!(count("1d", "2025-01-01..2025-01-03"), 2);
        assert_eq!(count("1d", "2025-01-01T23:00:00Z..2025-01-03T00:00:01Z"), 3);
        assert_eq!(count("3M", "2024-01-01..2025-01-01"), 4);
        assert_eq!(count("1s", "1971-01-01..2025-01-01"), 1_704_153_600);
    }
}

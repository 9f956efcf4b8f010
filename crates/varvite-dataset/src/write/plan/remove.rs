//! Which stored row groups are rewritten when stored rows go.

use std::ops::Range;

use super::{Positions, Run};
use crate::{Files, KeyRange};

/// The rows of `ranges` go and the new ones, which lie in them, take their place: one run for each range, over the row
/// groups that reach into it. `ranges` are in order and disjoint.
pub(crate) fn plan_replace(stored: &Files, ranges: &[KeyRange], new: &dyn Positions) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for range in ranges {
        let (row_groups, rows) = (reaching_into(stored, range), rows_of(range, new));
        if row_groups.is_empty() && rows.is_empty() {
            continue;
        }
        // Runs without a row group between them are one: new files go between files that stay.
        match runs.last_mut().filter(|last| row_groups.start <= last.row_groups.end) {
            Some(last) => {
                last.row_groups.end = last.row_groups.end.max(row_groups.end);
                last.rows.end = rows.end;
            }
            None => runs.push(Run { row_groups, rows, coalesced: 0 }),
        }
    }
    runs
}

/// The first new row that lies in none of `ranges`, which are in order and disjoint.
pub(crate) fn first_outside(ranges: &[KeyRange], new: &dyn Positions) -> Option<u64> {
    let mut inside = 0;
    for rows in ranges.iter().map(|range| rows_of(range, new)) {
        if rows.start > inside {
            break;
        }
        inside = rows.end;
    }
    (inside < new.len()).then_some(inside)
}

/// The new rows that lie in a range.
fn rows_of(range: &KeyRange, new: &dyn Positions) -> Range<u64> {
    let start = range.start.as_ref().map_or(0, |start| new.below(start));
    start..range.end.as_ref().map_or(new.len(), |end| new.below(end)).max(start)
}

fn reaching_into(stored: &Files, range: &KeyRange) -> Range<usize> {
    let first = range.start.as_ref().map_or(0, |start| stored.partition_point(|file| file.max < *start));
    let last = range.end.as_ref().map_or(stored.len(), |end| stored.partition_point(|file| file.min < *end));
    let nothing = matches!((&range.start, &range.end), (Some(start), Some(end)) if start >= end);
    if nothing { first..first } else { first..last.max(first) }
}

/// Rows with one of `keys` go: one run for each row group that may hold such rows, so that the others keep their files.
pub(crate) fn plan_delete_keys(stored: &Files, keys: &dyn Positions) -> Vec<Run> {
    if keys.len() == 0 {
        return Vec::new();
    }
    stored
        .touching(&keys.value(0), &keys.value(keys.len() - 1))
        .filter(|at| keys.up_to(&stored[*at].max) > keys.below(&stored[*at].min))
        .map(|at| Run { row_groups: at..at + 1, rows: 0..0, coalesced: 0 })
        .collect()
}

/// The runs that new rows make, and those that `deletions` make of row groups that no new row meets.
pub(crate) fn with_deletions(mut runs: Vec<Run>, deletions: Vec<Run>) -> Vec<Run> {
    let is_read = |at: usize, runs: &[Run]| runs.iter().any(|run| run.row_groups.contains(&at));
    let alone: Vec<Run> = deletions.into_iter().filter(|run| !is_read(run.row_groups.start, &runs)).collect();
    runs.extend(alone);
    runs.sort_by_key(|run| (run.row_groups.start, run.row_groups.end));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OrderedValue;

    fn spans(bounds: &[(i64, i64)]) -> Files {
        Files::of_spans(bounds.iter().map(|(min, max)| ((*min).into(), (*max).into(), 2)))
    }

    /// New rows with these values.
    struct New(Vec<i64>);

    impl Positions for New {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }
        fn below(&self, value: &OrderedValue) -> u64 {
            self.0.partition_point(|new| OrderedValue::from(*new) < *value) as u64
        }
        fn up_to(&self, value: &OrderedValue) -> u64 {
            self.0.partition_point(|new| OrderedValue::from(*new) <= *value) as u64
        }
        fn value(&self, position: u64) -> OrderedValue {
            self.0[usize::try_from(position).unwrap_or_default()].into()
        }
    }

    #[track_caller]
    fn check(ranges: &[KeyRange], new: &[i64], expected: &[(Range<usize>, Range<u64>)]) {
        let ranges = KeyRange::union(ranges.to_vec());
        let runs = plan_replace(&spans(&[(0, 4), (5, 9), (10, 14)]), &ranges, &New(new.to_vec()));
        let found: Vec<_> = runs.into_iter().map(|run| (run.row_groups, run.rows)).collect();
        assert_eq!(found, expected, "{ranges:?}");
    }

    #[test]
    fn a_replaced_range_is_one_run() {
        check(&[(4..10).into()], &[5], &[(0..2, 0..1)]);
        check(&[(5..10).into()], &[], &[(1..2, 0..0)]);
        check(&[(15..20).into()], &[], &[]);
        check(&[(15..20).into()], &[15, 16, 17], &[(3..3, 0..3)]);
        check(&[(..).into()], &[], &[(0..3, 0..0)]);
        check(&[(7..7).into()], &[], &[]);
    }

    #[test]
    fn what_lies_between_replaced_ranges_stays() {
        check(&[(0..2).into(), (12..13).into()], &[1, 12, 12], &[(0..1, 0..1), (2..3, 1..3)]);
        check(&[(20..30).into(), (0..2).into()], &[25], &[(0..1, 0..0), (3..3, 0..1)]);
    }

    #[test]
    fn ranges_with_nothing_between_them_are_one_run() {
        check(&[(0..2).into(), (3..4).into()], &[0, 3], &[(0..1, 0..2)]);
        check(&[(0..2).into(), (5..6).into()], &[1, 5], &[(0..2, 0..2)]);
        check(&[(15..16).into(), (20..21).into()], &[15, 20], &[(3..3, 0..2)]);
    }

    #[test]
    fn a_new_row_between_the_ranges_is_found() {
        let ranges = [KeyRange::from(0..2), KeyRange::from(5..8)];
        let outside = |new: &[i64]| first_outside(&ranges, &New(new.to_vec()));
        assert_eq!(outside(&[0, 1, 5, 7]), None);
        assert_eq!((outside(&[-1]), outside(&[0, 3, 5]), outside(&[0, 5, 8])), (Some(0), Some(1), Some(2)));
        assert_eq!((outside(&[]), first_outside(&[], &New(vec![1]))), (None, Some(0)));
    }
}

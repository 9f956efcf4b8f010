//! Which stored row groups are rewritten when stored rows go.

use std::ops::Range;

use super::{Positions, Run};
use crate::{Files, KeyRange};

/// The rows of `range` go and `num_rows` new ones take their place: one run over all row groups that reach into it.
pub(crate) fn plan_replace(stored: &Files, range: &KeyRange, num_rows: u64) -> Option<Run> {
    let row_groups = reaching_into(stored, range);
    let nothing = row_groups.is_empty() && num_rows == 0;
    (!nothing).then_some(Run { row_groups, rows: 0..num_rows, coalesced: 0 })
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

    fn spans(bounds: &[(i64, i64)]) -> Files {
        Files::of_spans(bounds.iter().map(|(min, max)| ((*min).into(), (*max).into(), 2)))
    }

    #[test]
    fn a_replaced_range_is_one_run() {
        let check = |range: KeyRange, rows: u64, expected: Option<Range<usize>>| {
            let run = plan_replace(&spans(&[(0, 4), (5, 9), (10, 14)]), &range, rows);
            assert_eq!(run.map(|run| run.row_groups), expected, "{range}");
        };
        check((4..10).into(), 1, Some(0..2));
        check((5..10).into(), 0, Some(1..2));
        check((15..20).into(), 0, None);
        check((15..20).into(), 3, Some(3..3));
        check((..).into(), 0, Some(0..3));
        check((7..7).into(), 0, None);
    }
}

//! Which row groups a scan reads, decided from metadata alone.

use std::ops::Range;

use crate::{Error, Files, KeyRange, Result};

/// Row groups to read, by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ScanPlan {
    /// Row groups that may hold rows before the range, newest last: read from the back until there are enough rows.
    pub(crate) before: Vec<usize>,
    /// Row groups that may hold rows of the range.
    pub(crate) within: Vec<usize>,
}

/// Plans a scan of `range` (in the column's own type) with `n_prev` rows before its start.
///
/// # Errors
/// [`Error::RowGroupOutOfRange`] for a position that does not exist, [`Error::InvalidOption`] for positions out of order.
pub(crate) fn plan_scan(
    files: &Files,
    range: &KeyRange,
    n_prev: usize,
    row_groups: Option<&[usize]>,
) -> Result<ScanPlan> {
    let chosen: Vec<usize> = match row_groups {
        None => overlapping(files, range).collect(),
        Some(positions) => {
            if let Some(index) = positions.iter().find(|index| **index >= files.len()) {
                return Err(Error::RowGroupOutOfRange { index: *index, len: files.len() });
            }
            if let Some((before, next)) =
                positions.iter().zip(positions.iter().skip(1)).find(|(before, next)| before >= next)
            {
                let reason = format!("positions ascend, but {next} follows {before}");
                return Err(Error::InvalidOption { option: "row_groups", reason });
            }
            let overlapping = overlapping(files, range);
            positions.iter().copied().filter(|index| overlapping.contains(index)).collect()
        }
    };
    if range.start.is_none() || n_prev == 0 {
        return Ok(ScanPlan { before: Vec::new(), within: chosen });
    }
    let start = range.start.as_ref();
    let earlier = start.map_or(0, |start| files.partition_point(|file| file.min < *start));
    let all: Box<dyn Iterator<Item = usize>> = match row_groups {
        None => Box::new((0..earlier).rev()),
        Some(positions) => Box::new(positions.iter().copied().filter(|index| *index < earlier).rev()),
    };
    let mut before = Vec::new();
    let mut rows = 0;
    for index in all {
        before.push(index);
        // A row group that reaches into the range holds an unknown number of rows before it.
        if start.is_some_and(|start| files[index].max < *start) {
            rows += files[index].num_rows;
        }
        if rows >= n_prev as u64 {
            break;
        }
    }
    before.reverse();
    Ok(ScanPlan { before, within: chosen })
}

/// The row groups that may hold values of `range`: they stand side by side, since row groups are in order.
fn overlapping(files: &Files, range: &KeyRange) -> Range<usize> {
    let first = range.start.as_ref().map_or(0, |start| files.partition_point(|file| file.max < *start));
    let last = range.end.as_ref().map_or(files.len(), |end| files.partition_point(|file| file.min < *end));
    let nothing = matches!((&range.start, &range.end), (Some(start), Some(end)) if start >= end);
    if nothing { first..first } else { first..last.max(first) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[track_caller]
    fn check(groups: &[(i64, i64)], range: impl Into<KeyRange>, n_prev: usize, before: &[usize], within: &[usize]) {
        let files = Files::of_spans(groups.iter().map(|(min, max)| ((*min).into(), (*max).into(), 2)));
        let plan = plan_scan(&files, &range.into(), n_prev, None).unwrap();
        assert_eq!((plan.before.as_slice(), plan.within.as_slice()), (before, within));
    }

    const GROUPS: [(i64, i64); 4] = [(0, 4), (5, 9), (9, 12), (20, 22)];

    #[test]
    fn the_end_is_excluded_and_the_start_included() {
        check(&GROUPS, 4..5, 0, &[], &[0]);
        check(&GROUPS, 9..20, 0, &[], &[1, 2]);
        check(&GROUPS, 13..20, 0, &[], &[]);
        check(&GROUPS, 5..5, 0, &[], &[]);
    }

    #[test]
    fn rows_before_the_start_reach_back_over_row_groups() {
        check(&GROUPS, 20..30, 3, &[1, 2], &[3]);
        check(&GROUPS, 6..8, 1, &[0, 1], &[1]);
        check(&GROUPS, 0..2, 5, &[], &[0]);
    }
}

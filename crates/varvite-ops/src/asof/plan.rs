//! Which row each target matches: counted by walking targets and rows side by side. Plain positions, no values.

use std::ops::Range;

use super::options::Matching;
use crate::Result;
use crate::keys::{Keys, gallop};

/// Targets of a block: their positions stay in fast memory, however large a call is.
pub(crate) const BLOCK: usize = 1 << 16;

/// Takes a block: which targets it has, and how many rows of its group go before each of them.
pub(crate) type Take<'a> = dyn FnMut(Range<usize>, &[u32]) -> Result<()> + 'a;

/// Counts block by block how many rows of its group go before each target. `keys` are the groups' rows; `chosen` says
/// which group a target refers to, the only one if it is `None`.
pub(crate) fn count_before(
    targets: &Keys,
    keys: &[Keys],
    chosen: Option<&[u32]>,
    matching: Matching,
    block: usize,
    take: &mut Take<'_>,
) -> Result<()> {
    macro_rules! of_shape {
        ($shape:ident, $targets:expr) => {{
            // All keys have the targets' type.
            let slices: Vec<&[_]> =
                keys.iter().map(|keys| if let Keys::$shape(values) = keys { &values[..] } else { &[] }).collect();
            count_slices($targets, &slices, chosen, matching, block, take)
        }};
    }
    match targets {
        Keys::Int(targets) => of_shape!(Int, targets),
        Keys::UInt(targets) => of_shape!(UInt, targets),
        Keys::Float(targets) => of_shape!(Float, targets),
        Keys::Decimal(targets) => of_shape!(Decimal, targets),
        Keys::Text(targets) => {
            let rows: Vec<Vec<&str>> = keys.iter().map(texts).collect();
            let slices: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
            let targets: Vec<&str> = targets.iter().map(Option::unwrap_or_default).collect();
            count_slices(&targets, &slices, chosen, matching, block, take)
        }
    }
}

fn texts(keys: &Keys) -> Vec<&str> {
    match keys {
        Keys::Text(values) => values.iter().map(Option::unwrap_or_default).collect(),
        _ => Vec::new(),
    }
}

fn count_slices<T: PartialOrd + Copy>(
    targets: &[T],
    groups: &[&[T]],
    chosen: Option<&[u32]>,
    matching: Matching,
    block: usize,
    take: &mut Take<'_>,
) -> Result<()> {
    let mut rows = vec![0; groups.len()];
    let mut before = Vec::with_capacity(targets.len().min(block));
    for start in (0..targets.len()).step_by(block) {
        let range = start..targets.len().min(start + block);
        let (targets, chosen) = (&targets[range.clone()], chosen.map(|chosen| &chosen[range.clone()]));
        before.clear();
        match (matching, chosen) {
            (Matching::Before, None) => {
                count_one(targets, groups[0], &mut rows[0], &mut before, |row, target| row < target);
            }
            (Matching::AtOrBefore, None) => {
                count_one(targets, groups[0], &mut rows[0], &mut before, |row, target| row <= target);
            }
            (Matching::Before, Some(chosen)) => {
                count_chosen(targets, groups, chosen, &mut rows, &mut before, |row, target| row < target);
            }
            (Matching::AtOrBefore, Some(chosen)) => {
                count_chosen(targets, groups, chosen, &mut rows, &mut before, |row, target| row <= target);
            }
        }
        take(range, &before)?;
    }
    Ok(())
}

/// Steps that are tried one by one before rows are leapt over.
const STEPS: usize = 8;

#[inline]
fn advance<T: PartialOrd + Copy>(rows: &[T], from: usize, before: impl Fn(T) -> bool) -> usize {
    let mut row = from;
    let near = rows.len().min(from + STEPS);
    while row < near && before(rows[row]) {
        row += 1;
    }
    if row == from + STEPS { gallop(rows, row, before) } else { row }
}

/// Goes on from `row`, before which all rows lie before the first target.
#[expect(clippy::cast_possible_truncation, reason = "a call has fewer rows than 32 bits count")]
fn count_one<T: PartialOrd + Copy>(
    targets: &[T],
    rows: &[T],
    row: &mut usize,
    found: &mut Vec<u32>,
    before: impl Fn(T, T) -> bool,
) {
    let mut at = *row;
    found.extend(targets.iter().map(|target| {
        at = advance(rows, at, |value| before(value, *target));
        at as u32
    }));
    *row = at;
}

/// As [`count_one`], for each group.
#[expect(clippy::cast_possible_truncation, reason = "a call has fewer rows than 32 bits count")]
fn count_chosen<T: PartialOrd + Copy>(
    targets: &[T],
    groups: &[&[T]],
    chosen: &[u32],
    rows: &mut [usize],
    found: &mut Vec<u32>,
    before: impl Fn(T, T) -> bool,
) {
    found.extend(targets.iter().zip(chosen).map(|(target, group)| {
        let group = *group as usize;
        rows[group] = advance(groups[group], rows[group], |value| before(value, *target));
        rows[group] as u32
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[i64], targets: &[i64], matching: Matching, expected: &[u32]) {
        let int = |values: &[i64]| Keys::Int(values.to_vec().into());
        let chosen = vec![1; targets.len()];
        let groups = [int(&[]), int(rows)];
        for block in [1, 2, 3, 1000] {
            let counted = |keys: &[Keys], chosen| {
                let mut counted = Vec::new();
                let mut take = |range: Range<usize>, before: &[u32]| {
                    assert_eq!((range.start, range.len()), (counted.len(), before.len()));
                    counted.extend_from_slice(before);
                    Ok(())
                };
                count_before(&int(targets), keys, chosen, matching, block, &mut take).unwrap();
                counted
            };
            assert_eq!(counted(&groups[1..], None), expected);
            assert_eq!(counted(&groups, Some(&chosen)), expected);
        }
    }

    #[test]
    fn equal_values_match_if_it_is_said() {
        check(&[1, 2, 2, 3], &[0, 2, 2, 9], Matching::Before, &[0, 1, 1, 4]);
        check(&[1, 2, 2, 3], &[0, 2, 2, 9], Matching::AtOrBefore, &[0, 3, 3, 4]);
    }

    #[test]
    fn many_rows_between_two_targets_are_leapt_over() {
        let rows: Vec<i64> = (0..1000).collect();
        check(&rows, &[7, 8, 9, 500, 999, 5000], Matching::Before, &[7, 8, 9, 500, 999, 1000]);
    }
}

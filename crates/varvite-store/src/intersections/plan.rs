//! Which datasets take part in a walk, and where its chunks end, decided from metadata alone.

use std::collections::BTreeSet;

use varvite_dataset::{KeyRange, OrderedValue};

/// What planning needs of a stored row group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span<'a> {
    pub(super) min: &'a OrderedValue,
    pub(super) max: &'a OrderedValue,
}

/// Who takes part, and the values at which one chunk ends and the next begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) takes_part: Vec<bool>,
    pub(super) edges: Vec<OrderedValue>,
}

/// Plans a walk over `range`, in the column's own type: the seed's rules, `iter_intersections`.
///
/// The blocks of a dataset are its row groups, glued where one ends with the value that the next begins with. A dataset
/// takes part if a block reaches into the range. Edges are the minima of its blocks there, but for the first.
pub(super) fn plan_intersections(datasets: &[Vec<Span<'_>>], range: &KeyRange) -> Plan {
    let mut edges = BTreeSet::new();
    let mut takes_part = Vec::with_capacity(datasets.len());
    for row_groups in datasets {
        let blocks = glue(row_groups);
        let first = range.start.as_ref().map_or(0, |start| blocks.partition_point(|block| block.max < start));
        let last = range.end.as_ref().map_or(blocks.len(), |end| blocks.partition_point(|block| block.min < end));
        takes_part.push(first < last);
        edges.extend(blocks.iter().take(last).skip(first + 1).map(|block| block.min.clone()));
    }
    Plan { takes_part, edges: edges.into_iter().collect() }
}

fn glue<'a>(row_groups: &[Span<'a>]) -> Vec<Span<'a>> {
    let mut blocks: Vec<Span<'a>> = Vec::new();
    for span in row_groups {
        match blocks.last_mut() {
            Some(block) if block.max == span.min => block.max = span.max,
            _ => blocks.push(*span),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Datasets as `1-3 5-6 | 2-4`, the plan as who takes part and the edges.
    #[track_caller]
    fn check(datasets: &str, range: impl Into<KeyRange>, takes_part: &[bool], edges: &[i64]) {
        let values: Vec<Vec<(OrderedValue, OrderedValue)>> = datasets
            .split('|')
            .map(|dataset| {
                dataset
                    .split_whitespace()
                    .filter_map(|span| {
                        let (min, max) = span.split_once('-')?;
                        Some((min.parse::<i64>().ok()?.into(), max.parse::<i64>().ok()?.into()))
                    })
                    .collect()
            })
            .collect();
        let spans: Vec<Vec<Span<'_>>> =
            values.iter().map(|dataset| dataset.iter().map(|(min, max)| Span { min, max }).collect()).collect();
        let plan = plan_intersections(&spans, &range.into());
        let edges: Vec<OrderedValue> = edges.iter().map(|edge| (*edge).into()).collect();
        assert_eq!((plan.takes_part.as_slice(), plan.edges), (takes_part, edges));
    }

    #[test]
    fn edges_are_the_minima_of_later_blocks() {
        check("1-3 5-6 8-12 | 2-4 6-10", .., &[true, true], &[5, 6, 8]);
    }

    #[test]
    fn row_groups_that_share_a_value_are_one_block() {
        check("1-3 3-6 8-12", .., &[true], &[8]);
        check("1-3 3-3 3-8 | 5-6", .., &[true, true], &[]);
    }

    #[test]
    fn a_dataset_outside_the_range_takes_no_part() {
        check("1-2 8-9 | 3-6", 7.., &[true, false], &[]);
        check("1-2 | 3-6", ..3, &[true, false], &[]);
        check(" | 3-6", .., &[false, true], &[]);
    }

    #[test]
    fn a_block_around_an_empty_range_takes_part() {
        check("1-3 5-6 | 2-4", 4..4, &[false, true], &[]);
    }

    #[test]
    fn a_bound_of_zero_is_a_bound() {
        check("-5--1 0-3 4-6", 0.., &[true], &[4]);
        check("0-3 4-6", ..0, &[false], &[]);
    }
}

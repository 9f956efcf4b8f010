//! What is known of the rows of partitions without reading them. Pure.

use std::sync::Arc;

use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use varvite_dataset::OrderedValue;

use super::layout::Piece;
use super::scalar::{is_float_zero, to_scalar};
use super::{OrderedColumn, Pinned};

/// Statistics of the columns at `projection`.
#[allow(clippy::needless_pass_by_value, reason = "an iterator that is cloned")]
pub(super) fn statistics<'a>(
    pieces: impl Iterator<Item = &'a Piece> + Clone,
    members: &[Arc<Pinned>],
    keys: usize,
    ordered: Option<&OrderedColumn>,
    projection: &[usize],
) -> Statistics {
    let sum = |of: fn(&Piece) -> u64| usize::try_from(pieces.clone().map(of).sum::<u64>()).unwrap_or(usize::MAX);
    let is_exact = pieces.clone().all(Piece::is_whole);
    let precise = |value: usize| if is_exact { Precision::Exact(value) } else { Precision::Inexact(value) };
    let column = |at: &usize| match ordered {
        _ if *at < keys => ColumnStatistics { null_count: Precision::Exact(0), ..ColumnStatistics::new_unknown() },
        Some(ordered) if ordered.at == *at => of_ordered(pieces.clone(), members, ordered, is_exact),
        _ => ColumnStatistics::new_unknown(),
    };
    Statistics {
        num_rows: precise(sum(|piece| piece.rows)),
        total_byte_size: Precision::Inexact(sum(|piece| piece.bytes)),
        column_statistics: projection.iter().map(column).collect(),
    }
}

fn of_ordered<'a>(
    pieces: impl Iterator<Item = &'a Piece> + Clone,
    members: &[Arc<Pinned>],
    ordered: &OrderedColumn,
    is_exact: bool,
) -> ColumnStatistics {
    let files = |piece: &Piece| members[piece.member].files();
    let min = pieces.clone().map(|piece| files(piece)[piece.row_groups.start].min.clone()).min();
    let max = pieces.map(|piece| files(piece)[piece.row_groups.end - 1].max.clone()).max();
    let precise = |value: Option<OrderedValue>| -> Precision<ScalarValue> {
        let scalar = value.as_ref().and_then(|value| to_scalar(value, &ordered.data_type));
        match (scalar, value) {
            (Some(scalar), Some(value)) if is_exact && !is_float_zero(&value) => Precision::Exact(scalar),
            (Some(scalar), _) => Precision::Inexact(scalar),
            (None, _) => Precision::Absent,
        }
    };
    ColumnStatistics {
        null_count: Precision::Exact(0),
        min_value: precise(min),
        max_value: precise(max),
        ..ColumnStatistics::new_unknown()
    }
}

//! Which row groups a scan reads, in which partitions. Pure.

use std::ops::Range;

use varvite_dataset::{Files, KeyRange};

use super::ranges::Ranges;

/// Rows below which a partition is not cut in two: a thread more costs more than it brings.
const FEW_ROWS: u64 = 1 << 16;

/// Datasets that are read side by side, each in a partition of its own, so that each is in order.
const SIDE_BY_SIDE: usize = 16;

/// Neighbouring row groups of one dataset, of which the rows of a range are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Position of the dataset.
    pub(super) member: usize,
    /// The values that are read.
    pub(super) range: KeyRange,
    /// Positions of the row groups.
    pub(super) row_groups: Range<usize>,
    /// Rows of the row groups, those outside of the range included.
    pub(super) rows: u64,
    /// Bytes of the row groups.
    pub(super) bytes: u64,
    /// Rows that are in the range for sure.
    pub(super) certain: u64,
}

impl Piece {
    /// Whether all rows of the row groups are in the range.
    pub(super) fn is_whole(&self) -> bool {
        self.certain == self.rows
    }
}

/// Partitions, and whether the rows of each are in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) partitions: Vec<Vec<Piece>>,
    /// Each partition reads one dataset.
    pub(super) is_ordered: bool,
}

impl Layout {
    /// Row groups that are read.
    pub(super) fn row_groups(&self) -> usize {
        self.pieces().map(|piece| piece.row_groups.len()).sum()
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.partitions.iter().flatten()
    }
}

/// The row groups of a dataset that may hold values of `ranges`, one piece each.
pub(super) fn pieces(member: usize, files: &Files, ranges: &Ranges) -> Vec<Piece> {
    ranges.iter().flat_map(|range| overlapping(files, range).map(|at| piece(member, files, range, at))).collect()
}

fn piece(member: usize, files: &Files, range: &KeyRange, at: usize) -> Piece {
    let file = &files[at];
    let is_within = range.contains(&file.min) && range.contains(&file.max);
    Piece {
        member,
        range: range.clone(),
        row_groups: at..at + 1,
        rows: file.num_rows,
        bytes: file.len,
        certain: if is_within { file.num_rows } else { 0 },
    }
}

fn overlapping(files: &Files, range: &KeyRange) -> Range<usize> {
    let first = range.start.as_ref().map_or(0, |start| files.partition_point(|file| file.max < *start));
    let last = range.end.as_ref().map_or(files.len(), |end| files.partition_point(|file| file.min < *end));
    first..last.max(first)
}

/// Puts the pieces of each dataset into at most `target` partitions, or as many as there are datasets where these are few.
/// With a `limit`, row groups beyond those that hold so many rows for sure are left out.
pub(super) fn lay_out(members: Vec<Vec<Piece>>, target: usize, limit: Option<usize>) -> Layout {
    let limit = limit.map(|limit| limit as u64);
    let members: Vec<Vec<Piece>> =
        members.into_iter().map(|pieces| first_rows(pieces, limit)).filter(|pieces| !pieces.is_empty()).collect();
    let target = target.max(1);
    if members.len() > SIDE_BY_SIDE.max(target) {
        let runs = cut(members.into_iter().flatten().collect(), target, 0);
        return Layout { partitions: runs.into_iter().map(join).collect(), is_ordered: false };
    }
    let each = target.checked_div(members.len()).unwrap_or(1).max(1);
    let runs = members.into_iter().flat_map(|pieces| cut(pieces, each, FEW_ROWS));
    Layout { partitions: runs.map(join).collect(), is_ordered: true }
}

/// The first pieces that hold `limit` rows for sure.
fn first_rows(pieces: Vec<Piece>, limit: Option<u64>) -> Vec<Piece> {
    let Some(limit) = limit else { return pieces };
    let mut certain = 0;
    let mut is_enough = |piece: &Piece| {
        let before = certain;
        certain += piece.certain;
        before >= limit
    };
    pieces.into_iter().take_while(|piece| !is_enough(piece)).collect()
}

/// Cuts pieces into at most `most` runs of about the same number of rows, none of less than `least` if possible.
fn cut(pieces: Vec<Piece>, most: usize, least: u64) -> Vec<Vec<Piece>> {
    let all: u64 = pieces.iter().map(|piece| piece.rows).sum();
    let each = all.div_ceil(most as u64).max(least).max(1);
    let mut runs: Vec<(usize, Vec<Piece>)> = Vec::new();
    let mut before = 0;
    for piece in pieces {
        // By the middle of a row group, so that a large one does not begin its run too late.
        let run = usize::try_from((before + piece.rows / 2) / each).unwrap_or(usize::MAX).min(most - 1);
        before += piece.rows;
        match runs.last_mut() {
            Some((last, pieces)) if *last == run => pieces.push(piece),
            _ => runs.push((run, vec![piece])),
        }
    }
    runs.into_iter().map(|(_, pieces)| pieces).collect()
}

/// Neighbours of the same range as one piece.
fn join(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        let is_next = |last: &&mut Piece| {
            last.member == piece.member && last.range == piece.range && last.row_groups.end == piece.row_groups.start
        };
        match joined.last_mut().filter(is_next) {
            Some(last) => {
                last.row_groups.end = piece.row_groups.end;
                last.rows += piece.rows;
                last.bytes += piece.bytes;
                last.certain += piece.certain;
            }
            None => joined.push(piece),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(member: usize, at: usize, rows: u64) -> Piece {
        Piece { member, range: (..).into(), row_groups: at..at + 1, rows, bytes: 1, certain: rows }
    }

    fn groups(member: usize, count: usize, rows: u64) -> Vec<Piece> {
        (0..count).map(|at| group(member, at, rows)).collect()
    }

    fn runs(layout: &Layout) -> Vec<Vec<(usize, Range<usize>)>> {
        let run = |pieces: &Vec<Piece>| pieces.iter().map(|piece| (piece.member, piece.row_groups.clone())).collect();
        layout.partitions.iter().map(run).collect()
    }

    #[test]
    fn a_dataset_is_cut_into_runs_of_equal_size() {
        let layout = lay_out(vec![groups(0, 8, 1 << 20)], 2, None);
        assert_eq!(runs(&layout), [[(0, 0..4)], [(0, 4..8)]]);
        assert!(layout.is_ordered);
        let uneven = [10, 1, 1, 10].map(|rows| rows << 20);
        let uneven = uneven.into_iter().enumerate().map(|(at, rows)| group(0, at, rows)).collect();
        assert_eq!(runs(&lay_out(vec![uneven], 2, None)), [[(0, 0..2)], [(0, 2..4)]]);
    }

    #[test]
    fn few_rows_are_one_partition() {
        assert_eq!(lay_out(vec![groups(0, 100, 10)], 8, None).partitions.len(), 1);
        assert_eq!(lay_out(vec![Vec::new()], 8, None).partitions.len(), 0);
        assert_eq!(lay_out(Vec::new(), 8, None).partitions.len(), 0);
    }

    #[test]
    fn a_limit_leaves_out_what_is_not_needed() {
        let mut pieces = groups(0, 8, 10);
        pieces[0].certain = 0;
        assert_eq!(runs(&lay_out(vec![pieces.clone()], 2, Some(11))), [[(0, 0..3)]]);
        assert_eq!(lay_out(vec![pieces], 2, Some(0)).row_groups(), 0);
    }

    #[test]
    fn few_datasets_are_in_order_each_and_many_are_not() {
        let few = lay_out((0..5).map(|member| groups(member, 3, 10)).collect(), 2, None);
        assert_eq!((few.partitions.len(), few.is_ordered), (5, true));
        let many = lay_out((0..50).map(|member| groups(member, 3, 10)).collect(), 2, None);
        assert_eq!((many.partitions.len(), many.is_ordered), (2, false));
        assert_eq!(many.row_groups(), 150);
    }
}

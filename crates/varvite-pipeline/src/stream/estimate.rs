//! How many rows a run is to take, by what is known of files. Plain values, no IO.

use serde::Serialize;
use varvite_dataset::{OrderedValue, Snapshot};

/// A number of rows, as far as it is known without reading any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct RowEstimate {
    /// At least so many.
    pub at_least: u64,
    /// About so many: exactly, where the range neither begins nor ends inside a file and no late rows came.
    pub about: u64,
    /// At most so many.
    pub at_most: u64,
}

/// Rows of a file, and the values that it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) rows: u64,
    pub(super) min: &'a OrderedValue,
    pub(super) max: &'a OrderedValue,
}

pub(super) fn files(snapshot: &Snapshot) -> impl Iterator<Item = File<'_>> {
    snapshot.files.iter().map(|file| File { rows: file.num_rows, min: &file.min, max: &file.max })
}

/// Rows from the start, at or behind the watermark, before the end, of which `taken` until the watermark were taken.
pub(super) fn to_take<'a>(
    files: impl Iterator<Item = File<'a>>,
    start: Option<&OrderedValue>,
    watermark: Option<&OrderedValue>,
    end: Option<&OrderedValue>,
    taken: u64,
) -> RowEstimate {
    let (mut at_least, mut at_most, mut behind) = (0, 0, 0);
    for File { rows, min, max } in files {
        if end.is_some_and(|end| min >= end) || start.is_some_and(|start| max < start) {
            continue;
        }
        let is_cut = end.is_some_and(|end| max >= end) || start.is_some_and(|start| min < start);
        match watermark {
            Some(watermark) if max < watermark => behind += rows,
            Some(watermark) if min <= watermark => {
                behind += rows;
                at_most += rows;
            }
            _ => {
                at_most += rows;
                at_least += if is_cut { 0 } else { rows };
            }
        }
    }
    // Files around the watermark have what was taken and what was not.
    let beyond = at_most - at_least;
    let around = match watermark {
        Some(_) => behind.saturating_sub(taken).min(beyond),
        None => beyond,
    };
    RowEstimate { at_least, about: at_least + around, at_most }
}

/// A value that is not smaller than that of the `nth` row which follows a value; `None` if there may be fewer.
pub(super) fn follower_at_most<'a>(
    files: impl Iterator<Item = File<'a>>,
    value: &OrderedValue,
    nth: usize,
) -> Option<OrderedValue> {
    let mut rows = 0;
    let mut enough = files.filter(|file| file.min > value).skip_while(|file| {
        rows += file.rows;
        rows < nth as u64
    });
    enough.next().map(|file| file.max.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_follows_lies_in_the_file_with_which_there_are_enough() {
        let stored: Vec<(OrderedValue, OrderedValue)> =
            [(0, 9), (10, 19), (20, 29)].map(|(min, max): (i64, i64)| (min.into(), max.into())).into();
        let follower = |value: i64, nth| {
            let files = stored.iter().map(|(min, max)| File { rows: 5, min, max });
            follower_at_most(files, &value.into(), nth)
        };
        assert_eq!(follower(3, 5), Some(19.into()));
        assert_eq!(follower(3, 6), Some(29.into()));
        assert_eq!(follower(3, 11), None);
        assert_eq!(follower(10, 1), Some(29.into()), "none of its own file is counted");
    }

    #[track_caller]
    fn check(start: Option<i64>, watermark: Option<i64>, end: Option<i64>, taken: u64, expected: (u64, u64, u64)) {
        let value = |value: Option<i64>| value.map(OrderedValue::from);
        let stored: Vec<(u64, OrderedValue, OrderedValue)> = [(10, 0, 9), (10, 10, 19), (10, 20, 29)]
            .map(|(rows, min, max): (u64, i64, i64)| (rows, min.into(), max.into()))
            .into();
        let files = stored.iter().map(|(rows, min, max)| File { rows: *rows, min, max });
        let found = to_take(files, value(start).as_ref(), value(watermark).as_ref(), value(end).as_ref(), taken);
        assert_eq!((found.at_least, found.about, found.at_most), expected);
    }

    #[test]
    fn rows_are_known_where_files_end() {
        check(None, None, None, 0, (30, 30, 30));
        check(None, Some(9), None, 10, (20, 20, 30));
        check(Some(10), None, Some(20), 0, (10, 10, 10));
        check(None, Some(29), None, 30, (0, 0, 10));
    }

    #[test]
    fn inside_a_file_what_was_taken_tells() {
        check(None, Some(14), None, 15, (10, 15, 20));
        check(None, None, Some(15), 0, (10, 20, 20));
        check(Some(5), None, None, 0, (20, 30, 30));
        check(None, Some(14), Some(10), 15, (0, 0, 0));
    }
}

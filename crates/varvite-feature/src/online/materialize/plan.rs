//! What a materialization has to read: decided from what is served, from commits and from the bounds of files alone.

use std::collections::HashMap;

use varvite_time::Instant;

use super::report::Rebuild;
use crate::online::state::{Generation, StoredColumn};

/// What commits may do without taking a row away that is served: all else means that everything is read again. An
/// upsert takes rows away whose keys and event times the new ones have, and those are greater (S13).
const KEEP_ROWS: [&str; 6] = ["append", "merge", "upsert", "compact", "tag", "vacuum"];

/// What commits may take away where stored duplicates are removed.
const DROP_DUPLICATES: [&str; 2] = ["merge", "compact"];

/// What is to be served.
pub(super) struct Wanted<'a> {
    pub(super) dataset_id: &'a str,
    pub(super) version: u64,
    pub(super) up_to: Instant,
    /// The bound as a count of the event time's unit.
    pub(super) bound: Option<i64>,
    pub(super) keys: &'a [StoredColumn],
    pub(super) event_type: Option<&'a str>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Everything wanted is served.
    Nothing,
    /// Read everything into a new generation.
    Build(Rebuild),
    /// Read what came since.
    Advance,
}

/// What to do to serve what is wanted. `ops` are the commits by version, and whether the dataset removes duplicates.
pub(super) fn plan_next(
    live: Option<&Generation>,
    wanted: &Wanted<'_>,
    ops: &HashMap<u64, String>,
    without_duplicates: bool,
) -> Next {
    let Some(live) = live else { return Next::Build(Rebuild::First) };
    if live.dataset_id != wanted.dataset_id {
        return Next::Build(Rebuild::OtherDataset);
    }
    if live.version > wanted.version {
        return Next::Build(Rebuild::OlderDataset);
    }
    let same_event = live.event_type.is_none() || live.event_type.as_deref() == wanted.event_type;
    if live.keys != wanted.keys || !same_event {
        return Next::Build(Rebuild::OtherColumns);
    }
    if live.newest.zip(wanted.bound).is_some_and(|(newest, bound)| newest > bound) {
        return Next::Build(Rebuild::BoundWentBack);
    }
    for commit in live.version + 1..=wanted.version {
        let Some(op) = ops.get(&commit) else { return Next::Build(Rebuild::LogGone { commit }) };
        let keeps = KEEP_ROWS.contains(&op.as_str()) && !(without_duplicates && DROP_DUPLICATES.contains(&op.as_str()));
        if !keeps {
            return Next::Build(Rebuild::RowsRemoved { commit, op: op.clone() });
        }
    }
    if (live.version, live.up_to) == (wanted.version, wanted.up_to) { Next::Nothing } else { Next::Advance }
}

/// A file of the dataset: its values of the ordered column, and the version that brought it.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileSpan {
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) version: u64,
    pub(super) num_rows: u64,
}

/// Rows of one file whose values are from `start` to `end`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) file: usize,
    pub(super) start: i64,
    pub(super) end: i64,
    /// Rows that it may have, at most.
    pub(super) num_rows: u64,
}

/// What an advance starts from: everything of this version, until this value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub(super) version: u64,
    pub(super) bound: Option<i64>,
}

/// What to read of `files`, which are in order: without `since`, everything until `bound`; else files that came since,
/// and, in the others, what lies between the bounds.
///
/// A value is read from all files that have it or from none: rows of one value are numbered as they stand.
pub(super) fn plan_pieces(files: &[FileSpan], since: Option<Since>, bound: Option<i64>) -> Vec<Piece> {
    let bound = bound.unwrap_or(i64::MAX);
    let is_new = |file: &&FileSpan| since.is_none_or(|since| file.version > since.version);
    let new = files.iter().filter(is_new).filter(|file| file.min <= bound);
    let mut intervals: Vec<(i64, i64)> = new.map(|file| (file.min, file.max.min(bound))).collect();
    if let Some(after) = since.and_then(|since| since.bound?.checked_add(1)).filter(|after| *after <= bound) {
        intervals.push((after, bound));
    }
    intervals.sort_unstable();
    let mut pieces = Vec::new();
    for (start, end) in joined(intervals) {
        let first = files.partition_point(|file| file.max < start);
        let touching = files.iter().enumerate().skip(first).take_while(|(_, file)| file.min <= end);
        pieces.extend(touching.map(|(file, span)| Piece { file, start, end, num_rows: span.num_rows }));
    }
    pieces
}

/// Sorted intervals as ones that do not touch.
fn joined(intervals: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (start, end) in intervals {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// Where the first row after `bound` is. `None`: there is none.
pub(super) fn plan_withheld(files: &[FileSpan], bound: Option<i64>) -> Option<Piece> {
    let start = bound?.checked_add(1)?;
    let file = files.iter().position(|file| file.max >= start)?;
    Some(Piece { file, start, end: i64::MAX, num_rows: files[file].num_rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(texts: &str) -> Vec<FileSpan> {
        // `1-5@0`: values 1 to 5, brought by version 0.
        let span = |text: &str| {
            let (values, version) = text.split_once('@').unwrap();
            let (min, max) = values.split_once('-').unwrap();
            let (min, max) = (min.parse().unwrap(), max.parse().unwrap());
            FileSpan { min, max, version: version.parse().unwrap(), num_rows: 1 }
        };
        texts.split_whitespace().map(span).collect()
    }

    #[track_caller]
    fn check(files: &str, since: Option<(u64, i64)>, bound: Option<i64>, expected: &str) {
        let since = since.map(|(version, bound)| Since { version, bound: Some(bound) });
        let pieces = plan_pieces(&spans(files), since, bound);
        let texts: Vec<String> =
            pieces.iter().map(|piece| format!("{}:{}-{}", piece.file, piece.start, piece.end)).collect();
        assert_eq!(texts.join(" "), expected);
    }

    #[test]
    fn everything_is_read_until_the_bound() {
        check("1-5@0 5-9@1 12-20@0", None, Some(15), "0:1-9 1:1-9 2:12-15");
        check("1-5@0 7-9@1", None, Some(6), "0:1-5");
        check("1-5@0", None, None, "0:1-5");
    }

    #[test]
    fn only_new_files_are_read() {
        check("1-5@0 7-9@2 12-20@0", Some((1, 30)), Some(30), "1:7-9");
        check("1-5@0 7-9@1", Some((1, 30)), Some(30), "");
    }

    #[test]
    fn values_at_borders_are_read_from_both_sides() {
        check("1-5@0 5-5@0 5-9@2 9-12@0", Some((1, 30)), Some(30), "0:5-9 1:5-9 2:5-9 3:5-9");
    }

    #[test]
    fn what_was_withheld_is_read_later() {
        check("1-5@0 7-9@0 12-20@0", Some((0, 8)), Some(15), "1:9-15 2:9-15");
        check("1-5@0 7-9@2", Some((1, 3)), Some(8), "0:4-8 1:4-8");
        check("1-5@0 7-9@2", Some((1, 30)), Some(4), "");
        let withheld = |bound| plan_withheld(&spans("1-5@0 7-9@0"), Some(bound)).map(|piece| (piece.file, piece.start));
        assert_eq!([withheld(3), withheld(5), withheld(9)], [Some((0, 4)), Some((1, 6)), None]);
    }

    fn live() -> Generation {
        Generation {
            number: 0,
            dataset_id: "d".to_owned(),
            version: 3,
            up_to: Instant::from_ns(100),
            keys: Vec::new(),
            event_type: Some("date".to_owned()),
            newest: Some(50),
            withheld_from: None,
        }
    }

    #[track_caller]
    fn decide(live: Option<&Generation>, version: u64, bound: i64, ops: &[&str], expected: &Next) {
        let wanted = Wanted {
            dataset_id: "d",
            version,
            up_to: Instant::from_ns(bound.into()),
            bound: Some(bound),
            keys: &[],
            event_type: Some("date"),
        };
        let ops = (4..).zip(ops.iter().map(|op| (*op).to_owned())).collect();
        assert_eq!(&plan_next(live, &wanted, &ops, false), expected);
    }

    #[test]
    fn commits_that_keep_rows_are_followed() {
        decide(None, 3, 100, &[], &Next::Build(Rebuild::First));
        decide(Some(&live()), 3, 100, &[], &Next::Nothing);
        decide(Some(&live()), 3, 101, &[], &Next::Advance);
        decide(Some(&live()), 5, 100, &["append", "upsert"], &Next::Advance);
    }

    #[test]
    fn commits_that_take_rows_away_are_not() {
        let removed = Rebuild::RowsRemoved { commit: 5, op: "delete".to_owned() };
        decide(Some(&live()), 6, 100, &["append", "delete", "append"], &Next::Build(removed));
        decide(Some(&live()), 6, 100, &["append"], &Next::Build(Rebuild::LogGone { commit: 5 }));
        decide(Some(&live()), 2, 100, &[], &Next::Build(Rebuild::OlderDataset));
        decide(Some(&live()), 3, 49, &[], &Next::Build(Rebuild::BoundWentBack));
        decide(Some(&live()), 3, 50, &[], &Next::Advance);
    }
}

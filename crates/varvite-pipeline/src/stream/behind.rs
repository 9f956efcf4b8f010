//! [`Behind`]: what became of an input behind the watermark since it was read.
//!
//! While the version that was read is kept, it is compared with the newest: only files that one of them has and the other
//! has not are looked at, and rows are compared one by one, so that the answer is exact whatever was committed. After
//! that the log has to do: appended and merged rows are known by their range, and any other commit of rows leaves unknown
//! what changed. That nothing went beside is seen by the number of rows.

use std::collections::HashSet;

use varvite_dataset::{
    CommitInfo, DataFile, Dataset, Duplicates, Error as DatasetError, KeyRange, OrderedType, OrderedValue, ScanOptions,
    Snapshot,
};

use super::diff;
use super::spans::{Span, after, joined};
use crate::checkpoint::InputPosition;
use crate::{Error, Result};

/// Commits that touch no rows.
const WITHOUT_ROWS: [&str; 3] = ["tag", "vacuum", "compact"];
/// Commits that only add rows, where duplicates are kept.
const ADDING: [&str; 2] = ["append", "merge"];

/// What became of an input behind the watermark since it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behind {
    /// Where rows changed.
    pub(crate) spans: Vec<Span>,
    /// Rows that are there now and lie before the watermark.
    pub(crate) rows_before: u64,
    /// Rows that are there now and lie at the watermark.
    pub(crate) rows_at: u64,
    /// Of those, the first so many were taken; all, if they are others than they were.
    pub(crate) taken_at: u64,
    /// How many rows there are more than were taken.
    pub(crate) late_rows: u64,
    /// Why it is not known what changed, where it is not.
    pub(crate) unknown: Option<String>,
}

impl Behind {
    /// Counts rows that came to the watermark as changes there.
    pub(crate) fn count_at(&mut self, watermark: &OrderedValue) {
        if self.rows_at > self.taken_at {
            self.late_rows += self.rows_at - self.taken_at;
            self.taken_at = self.rows_at;
            self.spans.push(Span::new(watermark.clone(), watermark.clone()));
        }
    }
}

/// The part of an input that a checkpoint says was taken.
pub(crate) struct Taken<'a> {
    pub(crate) job: &'a str,
    pub(crate) position: &'a InputPosition,
    pub(crate) ordered: &'a OrderedType,
    /// Rows before it count as if they were not there.
    pub(crate) start: Option<&'a OrderedValue>,
    pub(crate) watermark: &'a OrderedValue,
}

/// Where rows changed, and whether those at the watermark did.
struct Changes {
    spans: Vec<Span>,
    at_changed: bool,
    unknown: Option<String>,
}

impl Taken<'_> {
    /// What became of it in the version that `dataset` sees.
    pub(crate) fn compare(&self, dataset: &Dataset) -> Result<Behind> {
        let Some(snapshot) = dataset.snapshot() else { return Ok(self.unchanged()) };
        let is_same = |read: &crate::checkpoint::ReadVersion| {
            read.dataset_id == snapshot.dataset_id && read.version == snapshot.version
        };
        let failed = || Error::dataset(self.job, &self.position.name);
        if self.position.read.as_ref().is_some_and(is_same) {
            // A run that ended when it had computed late rows anew left those that came to the watermark.
            let at = KeyRange { start: Some(self.watermark.clone()), end: after(self.watermark) };
            let is_within = self.start.is_none_or(|start| start <= self.watermark);
            let rows_at = if is_within { count(dataset, &snapshot, &at).map_err(failed())? } else { 0 };
            let unchanged = self.unchanged();
            return Ok(Behind { rows_at: rows_at.max(unchanged.taken_at), ..unchanged });
        }
        let range = |end: Option<OrderedValue>| KeyRange { start: self.start.cloned(), end };
        let rows_before = count(dataset, &snapshot, &range(Some(self.watermark.clone()))).map_err(failed())?;
        let until = count(dataset, &snapshot, &range(after(self.watermark))).map_err(failed())?;
        let rows_at = until - rows_before;
        let changes = self.changes(dataset, &snapshot, rows_before, rows_at)?;
        // Fewer may be there, where it is not known what changed.
        let taken_at = if changes.at_changed { rows_at } else { self.position.rows_at.min(rows_at) };
        let taken = self.position.rows_before + self.position.rows_at;
        let late_rows = (rows_before + taken_at).saturating_sub(taken);
        Ok(Behind { spans: changes.spans, rows_before, rows_at, taken_at, late_rows, unknown: changes.unknown })
    }

    /// What the log of commits says became of it, without rows being read: more may be named than changed, or that it is not
    /// known.
    pub(crate) fn by_metadata(&self, dataset: &Dataset) -> Result<Behind> {
        let Some(snapshot) = dataset.snapshot() else { return Ok(self.unchanged()) };
        let changes = match &self.position.read {
            None => {
                let is_behind = snapshot.files.iter().any(|file| file.min < *self.watermark);
                self.all_is_new(&snapshot, is_behind.into())
            }
            Some(read) if read.version == snapshot.version => Changes::none(),
            Some(read) => {
                let log = dataset.log().map_err(Error::dataset(self.job, &self.position.name))?;
                self.by_log(&log, &snapshot, read.version)?
            }
        };
        Ok(Behind { spans: changes.spans, unknown: changes.unknown, ..self.unchanged() })
    }

    fn unchanged(&self) -> Behind {
        let InputPosition { rows_before, rows_at, .. } = *self.position;
        Behind { spans: Vec::new(), rows_before, rows_at, taken_at: rows_at, late_rows: 0, unknown: None }
    }

    fn changes(&self, dataset: &Dataset, snapshot: &Snapshot, rows_before: u64, rows_at: u64) -> Result<Changes> {
        let Some(read) = &self.position.read else { return Ok(self.all_is_new(snapshot, rows_before)) };
        if let Some(changes) = self.by_rows(dataset, snapshot, read.version)? {
            return Ok(changes);
        }
        let log = dataset.log().map_err(Error::dataset(self.job, &self.position.name))?;
        let changes = self.by_log(&log, snapshot, read.version)?;
        // Rows that the log does not speak of must all be there.
        let untouched = changes.spans.is_empty() && changes.unknown.is_none();
        let lost = rows_before != self.position.rows_before || rows_at < self.position.rows_at;
        if untouched && lost {
            let reason = format!(
                "{} rows were behind {}, and {rows_before} are, without a commit that says why",
                self.position.rows_before,
                self.ordered.format(self.watermark)
            );
            return Ok(Changes { unknown: Some(reason), ..changes });
        }
        Ok(changes)
    }

    /// Nothing was stored when it was read.
    fn all_is_new(&self, snapshot: &Snapshot, rows_before: u64) -> Changes {
        let first = snapshot.files.iter().next().map(|file| file.min.clone());
        let span = first.filter(|_| rows_before > 0).map(|first| Span::new(first, self.watermark.clone()));
        let span = span.and_then(|span| span.within(self.start, self.watermark));
        Changes { at_changed: span.is_some(), spans: span.into_iter().collect(), unknown: None }
    }

    /// Compares the two versions; `None` if the one that was read is not kept any more.
    fn by_rows(&self, dataset: &Dataset, snapshot: &Snapshot, version: u64) -> Result<Option<Changes>> {
        match self.compare_versions(dataset, snapshot, version) {
            Err(Error::Dataset { source, .. }) if matches!(*source, DatasetError::VersionExpired { .. }) => Ok(None),
            changes => changes.map(Some),
        }
    }

    fn compare_versions(&self, dataset: &Dataset, snapshot: &Snapshot, version: u64) -> Result<Changes> {
        let failed = || Error::dataset(self.job, &self.position.name);
        let before = dataset.version(version).map_err(failed())?;
        let Some(read) = before.snapshot() else { return Ok(Changes::none()) };
        let files = replaced(&read, snapshot);
        let column = &snapshot.settings.ordered_on;
        let mut spans = Vec::new();
        for piece in pieces(&files, self.start, self.watermark) {
            let options = ScanOptions::default().with_range(piece);
            let new = dataset.read(&options).map_err(failed())?;
            let old = match read.schema {
                Some(_) => before.read(&options).map_err(failed())?,
                None => new.slice(0, 0),
            };
            spans.extend(diff::changed(&old, &new, column, Some(self.watermark))?);
        }
        let at_changed = spans.last().is_some_and(|span| span.last == *self.watermark);
        Ok(Changes { spans, at_changed, unknown: None })
    }

    /// What the commits since say.
    fn by_log(&self, log: &[CommitInfo], snapshot: &Snapshot, version: u64) -> Result<Changes> {
        let mut changes = Changes::none();
        let keeps_all = snapshot.settings.duplicates_on == Duplicates::KeepAll;
        for version in version + 1..=snapshot.version {
            let Some(commit) = log.iter().find(|commit| commit.version == version) else {
                changes.unknown = Some(format!("commit {version} is not recorded any more"));
                return Ok(changes);
            };
            let op = commit.op.as_str();
            if WITHOUT_ROWS.contains(&op) {
                continue;
            }
            if !ADDING.contains(&op) {
                changes.unknown =
                    Some(format!("commit {version} is of kind `{op}`, and the version before is not kept"));
                return Ok(changes);
            }
            let Some([first, last]) = &commit.range else { continue };
            let value = |text: &str| self.ordered.parse(text).map_err(Error::dataset(self.job, &self.position.name));
            let span = Span::new(value(first)?, value(last)?);
            let Some(span) = span.within(self.start, self.watermark) else { continue };
            let only_at = span.first == *self.watermark;
            changes.at_changed |= !keeps_all && span.last == *self.watermark;
            // Rows that are kept beside those that were there stand behind them.
            if !(only_at && keeps_all) {
                changes.spans.push(span);
            }
        }
        changes.spans = joined(changes.spans);
        Ok(changes)
    }
}

impl Changes {
    fn none() -> Self {
        Self { spans: Vec::new(), at_changed: false, unknown: None }
    }
}

/// The files that one of the versions has and the other has not.
fn replaced(before: &Snapshot, after: &Snapshot) -> Vec<Span> {
    let names = |snapshot: &Snapshot| snapshot.files.iter().map(|file| file.name.clone()).collect::<HashSet<_>>();
    let (old, new) = (names(before), names(after));
    let gone = before.files.iter().filter(|file| !new.contains(&file.name));
    let come = after.files.iter().filter(|file| !old.contains(&file.name));
    gone.chain(come).map(|file| Span::new(file.min.clone(), file.max.clone())).collect()
}

/// The values of these files that were taken, cut where files begin, so that about a file at a time is read.
fn pieces(files: &[Span], start: Option<&OrderedValue>, watermark: &OrderedValue) -> Vec<KeyRange> {
    let within: Vec<Span> = files.iter().filter_map(|file| file.within(start, watermark)).collect();
    let mut firsts: Vec<&OrderedValue> = within.iter().map(|file| &file.first).collect();
    firsts.sort();
    firsts.dedup();
    let mut pieces = Vec::new();
    for span in joined(within.clone()) {
        let inside = firsts.iter().filter(|first| ***first > span.first && ***first <= span.last);
        let mut from = span.first.clone();
        for &first in inside {
            pieces.push(KeyRange { start: Some(from), end: Some(first.clone()) });
            from = first.clone();
        }
        pieces.push(KeyRange { start: Some(from), end: after(&span.last) });
    }
    pieces
}

/// Number of rows in a range: files that lie in it as a whole are not read.
fn count(dataset: &Dataset, snapshot: &Snapshot, range: &KeyRange) -> Result<u64, DatasetError> {
    let column = snapshot.settings.ordered_on.clone();
    let is_whole = |file: &DataFile| range.contains(&file.min) && range.contains(&file.max);
    let touches = |file: &DataFile| {
        range.end.as_ref().is_none_or(|end| file.min < *end)
            && range.start.as_ref().is_none_or(|start| file.max >= *start)
    };
    let mut rows = 0;
    let mut cut = Vec::new();
    for (at, file) in snapshot.files.iter().enumerate() {
        match is_whole(file) {
            true => rows += file.num_rows,
            false if touches(file) => cut.push(at),
            false => {}
        }
    }
    if !cut.is_empty() {
        let options =
            ScanOptions::default().with_range(range.clone()).with_columns([column.top()]).with_row_groups(cut);
        let mut scan = dataset.scan(&options)?;
        while let Some(batch) = scan.next_batch()? {
            rows += batch.num_rows() as u64;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_about_a_file_each() {
        let files: Vec<Span> = [(1, 5), (1, 3), (4, 8), (20, 30)]
            .map(|(first, last): (i64, i64)| Span::new(first.into(), last.into()))
            .into();
        let pieces = |start: Option<i64>, watermark: i64| {
            pieces(&files, start.map(OrderedValue::from).as_ref(), &watermark.into())
        };
        assert_eq!(pieces(None, 25), [KeyRange::from(1..4), KeyRange::from(4..9), KeyRange::from(20..26)]);
        assert_eq!(pieces(Some(2), 6), [KeyRange::from(2..4), KeyRange::from(4..7)]);
        assert_eq!(pieces(Some(9), 19), []);
    }
}

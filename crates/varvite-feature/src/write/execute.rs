//! A write carried out: made for the newest version, and made again when another writer was faster.

use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use varvite_dataset::{Change, KeyRange, Mode, WriteOptions, WriteReport};
use varvite_time::Instant;

use super::conform::{Conformed, Rules, conform, count};
use super::mode::WriteMode;
use super::outcome::FeatureWriteReport;
use super::upsert::{self, Upsert};
use crate::error::arrow;
use crate::times::unit_of;
use crate::{Error, GroupHistory, Result, columns};

/// How often a write is made anew because another writer was faster.
const MAX_ATTEMPTS: u32 = 100;

/// How many small row groups of appended rows are tolerated before they are put together.
const MAX_OFF_TARGET: usize = 16;

/// What a commit is to do, for one version of the dataset.
struct Prepared {
    change: Option<Change>,
    mode: Mode,
    report: FeatureWriteReport,
    /// The rows that come.
    rows: Option<RecordBatch>,
}

impl GroupHistory {
    /// Writes rows as one commit: all of them or none. `clock` is when rows without a created time were created.
    ///
    /// # Errors
    /// [`Error::Refused`] with every row that does not fit; [`Error::InvalidMode`], [`Error::InvalidRange`];
    /// [`Error::Dataset`]. Nothing was written then.
    pub fn write(&self, rows: &[RecordBatch], mode: WriteMode, clock: Instant) -> Result<FeatureWriteReport> {
        Ok(self.write_rows(rows, mode, clock)?.0)
    }

    /// What [`write`](Self::write) would do now, without writing. Stored rows that would go are not counted.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn plan_write(&self, rows: &[RecordBatch], mode: WriteMode, clock: Instant) -> Result<FeatureWriteReport> {
        let commit = self.dataset.snapshot().map_or(0, |snapshot| snapshot.version + 1);
        let stored = self.dataset.schema();
        let conformed = conform(rows, &Rules { group: &self.group, stored: stored.as_deref(), clock })?;
        Ok(self.prepare(&conformed, count(rows), mode, commit)?.report)
    }

    /// The same as [`write`](Self::write), with the rows that were stored.
    pub(crate) fn write_rows(
        &self,
        rows: &[RecordBatch],
        mode: WriteMode,
        clock: Instant,
    ) -> Result<(FeatureWriteReport, Option<RecordBatch>)> {
        self.retried(|commit| {
            let stored = self.dataset.schema();
            let rules = Rules { group: &self.group, stored: stored.as_deref(), clock };
            let conformed = conform(rows, &rules)?;
            self.prepare(&conformed, count(rows), mode, commit)
        })
    }

    /// Deletes all rows of some entities. `keys` has a column for each entity key.
    ///
    /// # Errors
    /// [`Error::MissingKeyColumn`], [`Error::KeyTypeMismatch`]; [`Error::InvalidMode`] for a group without entity keys;
    /// [`Error::Dataset`]. Nothing was deleted then.
    pub fn delete(&self, keys: &[RecordBatch]) -> Result<FeatureWriteReport> {
        if self.group.entity_keys().is_empty() {
            let reason = "it has no entity keys, so no rows belong to one: overwrite it, or a range of it".to_owned();
            return Err(Error::InvalidMode { group: self.group.id(), reason });
        }
        self.retried(|_| {
            let doomed = upsert::rows_of_entities(self, keys)?;
            let report = FeatureWriteReport { deleted: doomed.num_rows() as u64, ..self.empty_report(0) };
            let change = (doomed.num_rows() > 0).then(|| Change::DeleteKeys(doomed.into()));
            Ok(Prepared { change, mode: Mode::Merge, report, rows: None })
        })
        .map(|(report, _)| report)
    }

    /// Does what `prepare` says for the newest version, and again if that was not the newest any more.
    fn retried(&self, prepare: impl Fn(u64) -> Result<Prepared>) -> Result<(FeatureWriteReport, Option<RecordBatch>)> {
        let mut attempt = 1;
        loop {
            let _ = self.dataset.refresh().map_err(|source| self.failed(source))?;
            let version = self.dataset.snapshot().map(|snapshot| snapshot.version);
            let Prepared { change, mode, mut report, rows } = prepare(version.map_or(0, |version| version + 1))?;
            let Some(change) = change else { return Ok((report, None)) };
            let options = self.options().with_mode(mode).with_expected_version(version);
            match self.dataset.apply(change, &options) {
                Err(varvite_dataset::Error::VersionMismatch { .. }) if attempt < MAX_ATTEMPTS => attempt += 1,
                Err(source) => return Err(self.failed(source)),
                Ok(done) => {
                    note(&mut report, done);
                    return Ok((report, rows));
                }
            }
        }
    }

    fn options(&self) -> WriteOptions {
        let mut options = WriteOptions::default().with_sort(true).with_evolution(true);
        if !self.dataset.exists() {
            options = options.with_max_n_off_target_rgs(MAX_OFF_TARGET).with_metadata("varvite.group", self.group.id());
            options.ordered_on = Some(columns::ordered_on(&self.group).into());
        }
        options.row_group_target_size = self.row_group_target_size;
        options
    }

    fn empty_report(&self, rows: u64) -> FeatureWriteReport {
        FeatureWriteReport {
            group: self.group.id(),
            rows,
            written: 0,
            identical: 0,
            superseded: 0,
            deleted: 0,
            stamped: false,
            commit: None,
            dataset: None,
        }
    }

    fn prepare(&self, conformed: &Conformed, given: u64, mode: WriteMode, commit: u64) -> Result<Prepared> {
        let stored = self.dataset.snapshot().map_or(0, |snapshot| snapshot.num_rows());
        let mut report = FeatureWriteReport {
            stamped: conformed.stamped.contains(&true),
            written: given,
            ..self.empty_report(given)
        };
        let mut rows = committed(&conformed.batch, commit)?;
        let (change, mode) = match mode {
            WriteMode::Append if given == 0 => (None, Mode::Merge),
            WriteMode::Append => (Some(Change::Write(rows.clone().into())), Mode::Merge),
            WriteMode::Overwrite if given == 0 => {
                ((stored > 0).then(|| Change::DeleteRange((..).into())), Mode::Overwrite)
            }
            WriteMode::Overwrite => (Some(Change::Write(rows.clone().into())), Mode::Overwrite),
            WriteMode::OverwriteRange { start, end } => {
                let range = self.range(conformed, start, end)?;
                let nothing = given == 0 && stored == 0;
                ((!nothing).then(|| Change::ReplaceRange(range, rows.clone().into())), Mode::Merge)
            }
            WriteMode::Upsert => {
                let Upsert { keys, rows: come, identical, superseded } = upsert::upsert(self, conformed)?;
                report.written = come.num_rows() as u64;
                (report.identical, report.superseded) = (identical, superseded);
                rows = committed(&come, commit)?;
                let change = match (rows.num_rows(), keys) {
                    (0, _) => None,
                    (_, None) => Some(Change::Write(rows.clone().into())),
                    (_, Some(keys)) => Some(Change::ReplaceKeys(keys.into(), rows.clone().into())),
                };
                (change, Mode::Merge)
            }
        };
        Ok(Prepared { change, mode, report, rows: Some(rows) })
    }

    /// The range of the stored column that holds the event times of `start..end`.
    fn range(&self, conformed: &Conformed, start: Instant, end: Instant) -> Result<KeyRange> {
        let range = format!("{start}..{end}");
        let Some(time) = self.group.event_time() else {
            let reason = "it has no event time, so there are no ranges".to_owned();
            return Err(Error::InvalidMode { group: self.group.id(), reason });
        };
        if start >= end {
            return Err(Error::InvalidRange { range, reason: "it ends before it has begun".to_owned() });
        }
        let field = conformed.schema.field_with_name(time.name()).map_err(arrow("find the event time"))?;
        let unit = unit_of(field.data_type()).ok_or_else(|| Error::InvalidRange {
            range,
            reason: format!("`{}` is {}, which counts no time", time.name(), field.data_type()),
        })?;
        let (first, behind) = (start.ceil(unit), end.ceil(unit));
        super::range::refuse_outside(&self.group, &conformed.batch, time.name(), first..behind)?;
        Ok((first..behind).into())
    }
}

/// What the dataset did.
fn note(report: &mut FeatureWriteReport, done: WriteReport) {
    report.deleted = done.deleted;
    report.commit = done.committed().then_some(done.version_after).flatten();
    report.dataset = Some(done);
}

/// The rows with the number of their commit.
fn committed(batch: &RecordBatch, commit: u64) -> Result<RecordBatch> {
    let commit = i64::try_from(commit).unwrap_or(i64::MAX);
    let mut arrays = batch.columns().to_vec();
    arrays.push(Arc::new(Int64Array::from_value(commit, batch.num_rows())));
    RecordBatch::try_new(columns::stored(&batch.schema()), arrays).map_err(arrow("number rows"))
}

//! Writing rows of groups by name.

use arrow::array::RecordBatch;

use super::FeatureStore;
use crate::stats::Describer;
use crate::{CommitStatistics, FeatureWriteReport, GroupHistory, Result, WriteMode};

impl FeatureStore {
    /// Writes rows of a group as one commit. Rows without a created time get that of the clock (S08).
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) for a group that is not registered; [`Error::ReadOnly`](crate::Error::ReadOnly)
    /// for one that is computed; as [`GroupHistory::write`](crate::GroupHistory::write).
    #[doc(alias = "write_features")]
    pub fn write(&self, group: &str, rows: &[RecordBatch], mode: WriteMode) -> Result<FeatureWriteReport> {
        let history = self.writable(group)?;
        let (report, rows) = history.write_rows(rows, mode, self.now())?;
        if let (Some(commit), Some(rows)) = (report.commit, rows) {
            // The commit stands; its statistics can be had from its rows, too.
            if let Err(error) = self.describe(&history, commit, &rows) {
                tracing::warn!(%error, group, commit, "statistics could not be kept");
            }
        }
        Ok(report)
    }

    /// What [`write`](Self::write) would do with these rows now, without writing them: they are compared with the
    /// definition, and an upsert with what is stored. Stored rows that would go are not counted.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    #[doc(alias = "validate")]
    pub fn plan_write(&self, group: &str, rows: &[RecordBatch], mode: WriteMode) -> Result<FeatureWriteReport> {
        self.writable(group)?.plan_write(rows, mode, self.now())
    }

    fn describe(&self, history: &GroupHistory, commit: u64, rows: &RecordBatch) -> Result<()> {
        let mut describer = Describer::new(&rows.schema(), history.feature_names())?;
        describer.push(rows)?;
        let of = CommitStatistics { group: history.group().id(), commit, features: describer.finish()? };
        self.keep_statistics(history, &of)
    }

    /// Deletes all rows of some entities of a group.
    ///
    /// # Errors
    /// As [`write`](Self::write) and [`GroupHistory::delete`](crate::GroupHistory::delete).
    pub fn delete(&self, group: &str, keys: &[RecordBatch]) -> Result<FeatureWriteReport> {
        self.writable(group)?.delete(keys)
    }
}

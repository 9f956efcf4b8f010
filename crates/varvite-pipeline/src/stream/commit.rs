//! [`Committer`]: rows and checkpoint as one commit, if nobody else committed for the job.

use arrow::array::RecordBatch;
use varvite_dataset::{Change, Dataset, Error as DatasetError, KeyRange, Rows, WriteOptions};

use crate::checkpoint::{key_of, sequence_of};
use crate::{Error, Result};

/// How often a commit is tried while others write to the output, too.
const MAX_ATTEMPTS: u32 = 30;

/// Commits for one job.
pub(crate) struct Committer<'a> {
    pub(crate) job: &'a str,
    pub(crate) output: Dataset,
    pub(crate) write: &'a WriteOptions,
    /// The number of the job's newest commit.
    pub(crate) sequence: u64,
}

/// How rows meet those that are stored.
#[derive(Debug, Clone)]
pub(crate) enum Meet {
    Write,
    Replace(Vec<KeyRange>),
    RemoveAll,
}

impl Committer<'_> {
    /// Commits `rows` and what the job is to remember, or that it remembers nothing.
    ///
    /// # Errors
    /// [`Error::OtherRun`] if another run of the job committed meanwhile; [`Error::InvalidOption`] if rows would go that
    /// another job made; as a write.
    pub(crate) fn commit(&mut self, rows: &[RecordBatch], meet: &Meet, checkpoint: Option<String>) -> Result<()> {
        let (key, sequence) = (key_of(self.job), self.sequence + 1);
        let options = self.write.clone().with_app(&key, sequence);
        let options = match checkpoint {
            Some(text) => options.with_metadata(key, text),
            None => options.without_metadata(key),
        };
        for _ in 0..MAX_ATTEMPTS {
            // Each time: another job may have begun meanwhile.
            self.check_alone(meet)?;
            let base = self.output.snapshot().map(|snapshot| snapshot.version);
            let options = options.clone().with_expected_version(base);
            match self.output.apply(change(rows, meet), &options) {
                Ok(report) if report.committed() => {
                    self.sequence = sequence;
                    return Ok(());
                }
                // Another write of this number is there already.
                Ok(_) => return Err(self.other_run()),
                Err(DatasetError::VersionMismatch { .. }) => {
                    self.output.refresh().map_err(Error::dataset(self.job, "output"))?;
                    if sequence_of(self.job, self.output.snapshot().as_deref()) != self.sequence {
                        return Err(self.other_run());
                    }
                    tracing::debug!(job = self.job, "another writer was faster");
                }
                Err(error) => return Err(Error::dataset(self.job, "output")(error)),
            }
        }
        let version = self.output.snapshot().map_or(0, |snapshot| snapshot.version + 1);
        Err(Error::dataset(self.job, "output")(DatasetError::Conflict { version, attempts: MAX_ATTEMPTS }))
    }

    /// Rows do not say which job made them, so none are taken away where another job writes, too.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if rows would go, and the output has a checkpoint of another job.
    pub(crate) fn check_alone(&self, meet: &Meet) -> Result<()> {
        let (option, instead) = match meet {
            Meet::Write => return Ok(()),
            Meet::Replace(_) => ("late", "give each job an output of its own, or ignore late rows"),
            Meet::RemoveAll => ("reset", "keep rows, and remove those of this job"),
        };
        let Some(snapshot) = self.output.snapshot() else { return Ok(()) };
        let own = key_of(self.job);
        let mut keys = snapshot.key_value_metadata.keys();
        let Some(other) = keys.find(|key| **key != own && key.starts_with(&key_of(""))) else { return Ok(()) };
        let reason = format!("the output has rows of another job, too (`{other}`): {instead}");
        Err(Error::InvalidOption { option, reason })
    }

    fn other_run(&self) -> Error {
        // What it says is for the message alone.
        let _ = self.output.refresh();
        let found = sequence_of(self.job, self.output.snapshot().as_deref());
        Error::OtherRun { job: self.job.to_owned(), output: self.output.location(), expected: self.sequence, found }
    }
}

fn change(rows: &[RecordBatch], meet: &Meet) -> Change {
    let rows = Rows::from(rows.to_vec());
    match meet {
        Meet::Write => Change::Write(rows),
        Meet::Replace(ranges) => Change::ReplaceRanges(ranges.clone(), rows),
        Meet::RemoveAll => Change::DeleteRange(KeyRange::default()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use varvite_storage::{MemoryStorage, StoragePath};

    use super::*;

    /// Another job that begins after it was looked for is seen all the same.
    #[test]
    fn rows_of_a_job_that_began_meanwhile_stay() {
        let storage = Arc::new(MemoryStorage::new());
        let open = || Dataset::at(storage.clone(), StoragePath::try_new("output").unwrap(), None).unwrap();
        let write = WriteOptions::ordered_on("at");
        let mut one = Committer { job: "one", output: open(), write: &write, sequence: 0 };
        one.commit(&[], &Meet::Write, Some("{}".to_owned())).unwrap();
        for meet in [Meet::RemoveAll, Meet::Replace(vec![KeyRange::from(0..9)])] {
            assert!(one.check_alone(&meet).is_ok());
        }
        let mut other = Committer { job: "other", output: open(), write: &write, sequence: 0 };
        other.commit(&[], &Meet::Write, Some("{}".to_owned())).unwrap();
        let version = other.output.snapshot().unwrap().version;
        for (meet, named) in [(Meet::RemoveAll, "reset"), (Meet::Replace(vec![KeyRange::from(0..9)]), "late")] {
            let error = one.commit(&[], &meet, None).unwrap_err();
            assert!(matches!(error, Error::InvalidOption { option, .. } if option == named), "{error}");
        }
        other.output.refresh().unwrap();
        assert_eq!(other.output.snapshot().unwrap().version, version);
    }
}

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
    /// [`Error::OtherRun`] if another run of the job committed meanwhile; as a write.
    pub(crate) fn commit(&mut self, rows: &[RecordBatch], meet: &Meet, checkpoint: Option<String>) -> Result<()> {
        let (key, sequence) = (key_of(self.job), self.sequence + 1);
        let options = self.write.clone().with_app(&key, sequence);
        let options = match checkpoint {
            Some(text) => options.with_metadata(key, text),
            None => options.without_metadata(key),
        };
        for _ in 0..MAX_ATTEMPTS {
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

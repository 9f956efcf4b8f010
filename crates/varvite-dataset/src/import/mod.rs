//! Import of datasets that oups wrote: rows, order and plain metadata, in one commit. The source is only read.

mod pickle;
mod rows;
mod seed;

use std::fmt;

use arrow::error::ArrowError;
use serde::Serialize;

pub use seed::{SeedDataset, SeedRowGroup};

use crate::{ColumnPath, Dataset, Error, Result, Rows, WriteOptions, WriteReport};
use rows::SeedRows;

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use = "an import tells what it left out"]
pub struct ImportReport {
    /// Rows of the source.
    pub num_rows: u64,
    /// Row groups of the source.
    pub row_groups: usize,
    /// The column that rows are ordered on.
    pub ordered_on: ColumnPath,
    /// Entries of the metadata that are kept.
    pub metadata_kept: usize,
    /// Why no metadata is kept: it holds more than plain values.
    pub metadata_refused: Option<String>,
    /// Files of the source that it does not name itself, which are left out.
    pub ignored_files: Vec<String>,
    /// What was written; `None` for a plan.
    pub written: Option<WriteReport>,
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows in {} row groups, ordered on `{}`; {} entries of metadata kept",
            self.num_rows, self.row_groups, self.ordered_on, self.metadata_kept
        )?;
        if let Some(reason) = &self.metadata_refused {
            write!(f, "\nnote: the metadata is left out: {reason}")?;
        }
        for file in &self.ignored_files {
            write!(f, "\nnote: {file}: the metadata does not name it")?;
        }
        match &self.written {
            Some(written) => write!(f, "\n{written}"),
            None => Ok(()),
        }
    }
}

impl SeedDataset {
    /// Writes all rows into `target`, a new dataset, as one commit, with the plain metadata.
    ///
    /// Row counts, and the first and last value of each file, are compared with the source's own metadata. What
    /// `options` say goes before what the source says; with [`sort`](WriteOptions::sort) rows are taken that oups left
    /// in disorder.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if `target` exists; [`Error::OrderedOnMissing`] if neither says what rows are ordered
    /// on; [`Error::Corrupt`] for a source that is not what it says; as [`Dataset::write`].
    pub fn import_into(&self, target: &Dataset, options: &WriteOptions) -> Result<ImportReport> {
        let (rows, options, mut report) = self.prepare(target, options)?;
        report.written = Some(target.write(rows, &options).map_err(plain)?);
        Ok(report)
    }

    /// Tells what [`import_into`](Self::import_into) would do. Footers of all files are looked at, rows are not.
    ///
    /// # Errors
    /// As `import_into`, for what can be seen without reading rows.
    #[doc(alias = "dry_run")]
    pub fn plan_import(&self, target: &Dataset, options: &WriteOptions) -> Result<ImportReport> {
        self.prepare(target, options).map(|(_, _, report)| report)
    }

    fn prepare(&self, target: &Dataset, options: &WriteOptions) -> Result<(Rows, WriteOptions, ImportReport)> {
        if target.exists() {
            let reason = format!("there is a dataset at `{}` already: import into a new one", target.location());
            return Err(Error::InvalidOption { option: "target", reason });
        }
        let ordered_on =
            options.ordered_on.clone().or_else(|| self.ordered_on.clone()).ok_or(Error::OrderedOnMissing)?;
        let mut options = options.clone();
        options.ordered_on = Some(ordered_on.clone());
        for (key, value) in &self.key_value_metadata {
            options.key_value_metadata.entry(key.clone()).or_insert_with(|| Some(value.clone()));
        }
        let rows = SeedRows::open(self, &ordered_on)?.map_or_else(Rows::none, Rows::reader);
        if let Some(schema) = rows.schema() {
            crate::schema::ordered_type(&schema, &ordered_on)?;
        }
        let report = ImportReport {
            num_rows: self.num_rows(),
            row_groups: self.row_groups.len(),
            ordered_on,
            metadata_kept: self.key_value_metadata.len(),
            metadata_refused: self.metadata_refused.clone(),
            ignored_files: self.ignored_files.clone(),
            written: None,
        };
        Ok((rows, options, report))
    }
}

/// An error of ours, out of the wrapper that it came through a reader in.
fn plain(error: Error) -> Error {
    match error {
        Error::Input { source: ArrowError::ExternalError(source) } => match source.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => Error::Input { source: ArrowError::ExternalError(other) },
        },
        other => other,
    }
}

//! The files of a version, for other programs of this machine.

use std::path::PathBuf;

use arrow::datatypes::SchemaRef;
use varvite_storage::Error as StorageError;

use super::Dataset;
use crate::log::MISSING;
use crate::{Error, Result};

/// A data file that other programs can open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalFile {
    /// Where it is now.
    pub path: PathBuf,
    /// The columns that it was written with: columns that the dataset got later are missing, some may be narrower.
    pub schema: SchemaRef,
    /// Number of rows.
    pub num_rows: u64,
}

impl Dataset {
    /// The files of the version that this handle sees, in order; `None` if the storage has no files of the operating
    /// system. No byte is read, so that nothing is compared with the record. A file that a later version replaces is
    /// moved: then ask again.
    ///
    /// # Errors
    /// [`Error::VersionExpired`] if the version was removed; [`Error::Corrupt`] if a file is missing.
    pub fn local_files(&self) -> Result<Option<Vec<LocalFile>>> {
        let Some(snapshot) = self.snapshot() else { return Ok(Some(Vec::new())) };
        let log = &self.shared.log;
        let mut files = Vec::with_capacity(snapshot.files.len());
        for file in &snapshot.files {
            let stored = log.stored_file(&file.name)?;
            let path = match stored.local_path() {
                Ok(Some(path)) => path,
                Ok(None) => return Ok(None),
                Err(StorageError::NotFound { .. }) => {
                    let (file, reason) = (stored.path().to_string(), MISSING.to_owned());
                    return Err(log.explain(Error::Corrupt { file, offset: None, reason }, &snapshot));
                }
                Err(source) => return Err(log.failed("finding", source)),
            };
            let schema = snapshot.schema_of(file).cloned();
            let schema = schema.ok_or_else(|| crate::file::older_than_columns(stored.path().to_string()))?;
            files.push(LocalFile { path, schema, num_rows: file.num_rows });
        }
        Ok(Some(files))
    }
}

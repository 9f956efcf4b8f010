//! [`Table`]: a whole Parquet file in memory, read within the same limits as data files.

use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;

use super::budget::Allowance;
use super::decode::{Decode, Failure};
use super::footer::Footer;
use crate::{Error, Result};

/// Row groups of a table; the Parquet library begins a new one after each million of rows.
const MAX_ROW_GROUPS: usize = 1 << 10;
const BATCH_ROWS: usize = 1 << 13;

/// A Parquet file whose hash was compared before.
pub(crate) struct Table {
    bytes: Arc<Bytes>,
    footer: Footer,
    name: String,
}

impl Table {
    /// Reads the footer of a file that is called `name` in messages.
    pub(crate) fn open(bytes: Bytes, name: &str) -> Result<Self> {
        let corrupt = |reason| Error::Corrupt { file: name.to_owned(), offset: None, reason };
        let footer = Footer::read_whole(bytes.clone(), MAX_ROW_GROUPS).map_err(corrupt)?;
        Ok(Self { bytes: Arc::new(bytes), footer, name: name.to_owned() })
    }

    pub(crate) fn num_rows(&self) -> u64 {
        u64::try_from(self.footer.metadata.file_metadata().num_rows()).unwrap_or_default()
    }

    /// The value of an entry of the metadata.
    pub(crate) fn entry(&self, key: &str) -> Option<&str> {
        self.footer.entry(key)
    }

    /// All rows, in the types that Parquet's own suggest.
    pub(crate) fn batches(&self) -> impl Iterator<Item = Result<RecordBatch>> + '_ {
        let row_groups = self.footer.metadata.row_groups().iter().enumerate();
        row_groups.flat_map(|(row_group, group)| {
            let decode = Decode {
                reader: Arc::clone(&self.bytes),
                footer: self.footer.clone(),
                row_group,
                schema: None,
                mask: ProjectionMask::all(),
                batch_size: BATCH_ROWS,
                allowance: Allowance::default(),
                name: self.name.clone(),
                failure: Failure::default(),
            };
            let batches = decode.batches(0..u64::try_from(group.num_rows()).unwrap_or_default());
            let (batches, error) = match batches {
                Ok(batches) => (Some(batches), None),
                Err(error) => (None, Some(Err(error))),
            };
            error.into_iter().chain(batches.into_iter().flatten())
        })
    }
}

//! [`OpenFile`]: a file whose footer is verified, ready to be read.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::verified::VerifiedFile;
use super::{BLOCKS_KEY, StoredFile, blocks};
use crate::{ColumnPath, DataFile, Error, Ordered, Result};

/// Largest part after the row group that we read: indexes and footer.
const MAX_TAIL: u64 = 256 << 20;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// A file of a snapshot, opened: its footer was compared with the commit record.
pub(crate) struct OpenFile {
    file: VerifiedFile,
    metadata: ArrowReaderMetadata,
    name: String,
    num_rows: u64,
}

/// Opens a file that the commit record describes as `facts`.
///
/// # Errors
/// [`Error::Corrupt`] if the file is missing, shorter, another one, or damaged behind its row group.
pub(crate) fn open(stored: StoredFile, facts: &DataFile, schema: &SchemaRef) -> Result<OpenFile> {
    let path = stored.path().clone();
    let corrupt =
        |reason: &str| Error::Corrupt { file: path.to_string(), offset: Some(facts.end), reason: reason.to_owned() };
    if facts.len < facts.end || facts.len - facts.end > MAX_TAIL {
        return Err(Error::ResourceLimit {
            what: format!("the footer of `{path}`"),
            limit: format!("{MAX_TAIL} bytes"),
        });
    }
    let tail = stored.get_range(facts.end..facts.len).map_err(|error| match error {
        varvite_storage::Error::OutOfRange { .. } => corrupt("it is shorter than recorded"),
        varvite_storage::Error::NotFound { .. } => corrupt("it is missing"),
        source => Error::Storage { operation: "reading", path: path.clone(), source },
    })?;
    if xxh3_64(&tail) != facts.tail {
        return Err(corrupt("its footer does not have the recorded hash"));
    }
    let failed = |source| Error::Parquet { action: "read the footer of", file: path.to_string(), source };
    let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    reader.try_parse_sized(&tail, facts.len).map_err(failed)?;
    let metadata = Arc::new(reader.finish().map_err(failed)?);
    let hashes = block_hashes(&metadata).filter(|hashes| hashes.len() as u64 == blocks::count(facts.end));
    let hashes = hashes.ok_or_else(|| corrupt("its list of hashes is not readable"))?;
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
    if rows != facts.num_rows || metadata.num_row_groups() != 1 {
        return Err(corrupt("it does not have the recorded rows"));
    }
    let metadata = ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new().with_schema(Arc::clone(schema)))
        .map_err(|_| corrupt("its columns are not those of the dataset"))?;
    let file = VerifiedFile::new(stored, facts.len, facts.end, hashes);
    Ok(OpenFile { file, metadata, name: path.to_string(), num_rows: facts.num_rows })
}

fn block_hashes(metadata: &ParquetMetaData) -> Option<Vec<u64>> {
    let entries = metadata.file_metadata().key_value_metadata()?;
    let text = entries.iter().find(|entry| entry.key == BLOCKS_KEY)?.value.as_ref()?;
    blocks::from_text(text)
}

impl OpenFile {
    /// The rows at `rows` (all if `None`) of the columns at `projection` (all, in stored order, if `None`), batch by batch.
    pub(crate) fn batches(
        &self,
        projection: Option<&[usize]>,
        rows: Option<Range<u64>>,
        batch_size: usize,
    ) -> Result<Batches> {
        let failed = |source| self.error(source);
        let metadata = self.metadata.metadata();
        let mask = match projection {
            None => ProjectionMask::all(),
            Some(columns) => ProjectionMask::roots(metadata.file_metadata().schema_descr(), columns.iter().copied()),
        };
        let entirely = rows.as_ref().is_none_or(|rows| rows.end - rows.start == self.num_rows);
        let file = self.file.reading(column_chunks(metadata, &mask), entirely);
        let failures = file.clone();
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_projection(mask)
            .with_batch_size(batch_size);
        if let Some(rows) = rows {
            let at = |row: u64| usize::try_from(row).unwrap_or(usize::MAX);
            let range = at(rows.start)..at(rows.end);
            builder = builder
                .with_row_selection(RowSelection::from_consecutive_ranges([range].into_iter(), at(self.num_rows)));
        }
        let reader = builder.build().map_err(|error| failures.take_failure().unwrap_or_else(|| failed(error)))?;
        let order = projection.map(column_order);
        let name = self.name.clone();
        Ok(Box::new(reader.map(move |batch| {
            let batch = batch.map_err(|error| failures.take_failure().unwrap_or_else(|| arrow_error(error, &name)))?;
            match &order {
                None => Ok(batch),
                Some(order) => batch.project(order).map_err(|error| arrow_error(error, &name)),
            }
        })))
    }

    /// The column at the top that holds `column`, batch by batch.
    pub(crate) fn column(&self, column: &ColumnPath) -> Result<Batches> {
        const BATCH_ROWS: usize = 1 << 16;
        let at = self.metadata.schema().index_of(column.top()).map_err(|error| arrow_error(error, &self.name))?;
        self.batches(Some(&[at]), None, BATCH_ROWS)
    }

    fn error(&self, source: ParquetError) -> Error {
        Error::Parquet { action: "decode", file: self.name.clone(), source }
    }
}

/// Parquet gives columns in file order, once each: the positions among them that restore the order asked for.
fn column_order(projection: &[usize]) -> Vec<usize> {
    let mut sorted: Vec<usize> = projection.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    projection.iter().map(|column| sorted.binary_search(column).unwrap_or_default()).collect()
}

fn column_chunks(metadata: &ParquetMetaData, mask: &ProjectionMask) -> Vec<Range<u64>> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns().iter().enumerate());
    columns
        .filter(|(leaf, _)| mask.leaf_included(*leaf))
        .map(|(_, column)| {
            let (start, len) = column.byte_range();
            start..start.saturating_add(len)
        })
        .collect()
}

fn arrow_error(source: ArrowError, file: &str) -> Error {
    match source {
        // The bytes are what was written, yet Parquet cannot read them.
        ArrowError::ParquetError(message) => {
            Error::Corrupt { file: file.to_owned(), offset: None, reason: format!("it cannot be decoded: {message}") }
        }
        source => Error::Arrow { action: "decode a file", source },
    }
}

/// Compares every byte with the recorded hash, and the rows with the recorded order and bounds.
pub(crate) fn verify_whole(
    stored: &StoredFile,
    facts: &DataFile,
    schema: &SchemaRef,
    ordered_on: &ColumnPath,
) -> Result<()> {
    let path = stored.path().clone();
    let corrupt = |reason: &str| Error::Corrupt { file: path.to_string(), offset: None, reason: reason.to_owned() };
    let open = open(stored.clone(), facts, schema)?;
    let bytes = stored.get().map_err(|source| Error::Storage { operation: "checking", path: path.clone(), source })?;
    if bytes.len() as u64 != facts.len || xxh3_128(&bytes) != facts.sum {
        return Err(corrupt("its bytes do not have the recorded hash"));
    }
    let mut bounds: Option<(crate::OrderedValue, crate::OrderedValue)> = None;
    for batch in open.column(ordered_on)? {
        let ordered = Ordered::try_new(&batch?, ordered_on)?;
        let Some((first, last)) = ordered.bounds() else { continue };
        if bounds.as_ref().is_some_and(|(_, before)| *before > first) {
            return Err(corrupt("its rows are not in order"));
        }
        bounds = Some((bounds.map_or(first, |(min, _)| min), last));
    }
    match bounds {
        Some((min, max)) if min == facts.min && max == facts.max => Ok(()),
        _ => Err(corrupt("its rows do not have the recorded bounds")),
    }
}

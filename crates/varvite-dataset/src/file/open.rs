//! [`OpenFile`]: a file whose footer is verified, ready to be read.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::ColumnChunkMetaData;
#[cfg(feature = "polars")]
use varvite_storage::StoragePath;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::budget::Allowance;
use super::decode::{Decode, Failure};
use super::footer::Footer;
use super::limits::{MAX_ROWS, MAX_TAIL, memory};
use super::verified::{VerifiedFile, Wanted};
use super::{BLOCKS_KEY, Portions, StoredFile, blocks, texts};
use crate::{ColumnPath, DataFile, Error, Ordered, Result};

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// A file of a snapshot, opened: its footer was compared with the commit record.
pub(crate) struct OpenFile {
    file: VerifiedFile,
    footer: Footer,
    schema: SchemaRef,
    name: String,
    num_rows: u64,
}

/// Opens a file that the commit record describes as `facts`.
///
/// # Errors
/// [`Error::Corrupt`] if the file is missing, shorter, another one, or damaged behind its row group.
pub(crate) fn open(stored: StoredFile, facts: &DataFile, schema: &SchemaRef) -> Result<OpenFile> {
    let path = stored.path().clone();
    let corrupt = |reason: String| Error::Corrupt { file: path.to_string(), offset: Some(facts.end), reason };
    let limit = |what: &str, limit: String| Error::ResourceLimit { what: format!("{what} of `{path}`"), limit };
    if facts.len < facts.end || facts.len - facts.end > MAX_TAIL {
        return Err(limit("the footer", format!("{MAX_TAIL} bytes")));
    }
    if facts.num_rows > MAX_ROWS {
        return Err(limit("the row group", format!("{MAX_ROWS} rows")));
    }
    let tail = stored.get_range(facts.end..facts.len).map_err(|error| match error {
        varvite_storage::Error::OutOfRange { .. } => corrupt("it is shorter than recorded".to_owned()),
        varvite_storage::Error::NotFound { .. } => corrupt("it is missing".to_owned()),
        source => Error::Storage { operation: "reading", path: path.clone(), source },
    })?;
    verify_tail(&tail, facts).map_err(corrupt)?;
    let footer = Footer::read(facts.end, tail).map_err(corrupt)?;
    let hashes = footer.entry(BLOCKS_KEY).and_then(blocks::from_text);
    let hashes = hashes.filter(|hashes| hashes.len() as u64 == blocks::count(facts.end));
    let hashes = hashes.ok_or_else(|| corrupt("its list of hashes is not readable".to_owned()))?;
    let rows = u64::try_from(footer.metadata.file_metadata().num_rows()).unwrap_or_default();
    if rows != facts.num_rows || footer.metadata.num_row_groups() != 1 {
        return Err(corrupt("it does not have the recorded rows".to_owned()));
    }
    let options = ArrowReaderOptions::new().with_schema(Arc::clone(schema));
    let other = || corrupt("its columns are not those of the dataset".to_owned());
    super::guarded(|| ArrowReaderMetadata::try_new(Arc::clone(&footer.metadata), options)).map_err(|_| other())?;
    if !texts::are_noted(schema, footer.metadata.file_metadata().schema_descr()) {
        return Err(other());
    }
    let file = VerifiedFile::new(stored, facts.len, facts.end, hashes);
    Ok(OpenFile { file, footer, schema: Arc::clone(schema), name: path.to_string(), num_rows: facts.num_rows })
}

/// Compares what follows the row group with the record.
fn verify_tail(tail: &[u8], facts: &DataFile) -> std::result::Result<(), String> {
    if xxh3_64(tail) == facts.tail { Ok(()) } else { Err("its footer does not have the recorded hash".to_owned()) }
}

/// Compares the length and the footer of a file that others read, whose bytes are `bytes`, with the record.
///
/// # Errors
/// [`Error::Corrupt`] if it is shorter or longer, another one, or damaged behind its row group.
#[cfg(feature = "polars")]
pub(crate) fn verify_footer(bytes: &[u8], facts: &DataFile, path: &StoragePath) -> Result<()> {
    let corrupt = |reason: String| Error::Corrupt { file: path.to_string(), offset: Some(facts.end), reason };
    let tail = usize::try_from(facts.end).ok().and_then(|end| bytes.get(end..));
    match tail.filter(|_| bytes.len() as u64 == facts.len) {
        Some(tail) => verify_tail(tail, facts).map_err(corrupt),
        None => Err(corrupt("it does not have the recorded length".to_owned())),
    }
}

impl OpenFile {
    /// The rows at `rows` (all if `None`) of the columns at `projection` (all, in stored order, if `None`), batch by batch.
    pub(crate) fn batches(
        &self,
        projection: Option<&[usize]>,
        rows: Option<Range<u64>>,
        portions: Portions,
    ) -> Result<Batches> {
        self.batches_within(projection, rows, portions, Allowance::default())
    }

    /// The same, decoded beside others.
    pub(super) fn batches_within(
        &self,
        projection: Option<&[usize]>,
        rows: Option<Range<u64>>,
        portions: Portions,
        allowance: Allowance,
    ) -> Result<Batches> {
        let descriptor = self.footer.metadata.file_metadata().schema_descr();
        let mask = match projection {
            None => ProjectionMask::all(),
            Some(columns) => ProjectionMask::roots(descriptor, columns.iter().copied()),
        };
        let rows = rows.unwrap_or(0..self.num_rows);
        let failure = Failure::default();
        let file = self.file.reading(self.wanted(&mask, &rows), portions.bytes, failure.clone());
        let decode = Decode {
            reader: Arc::new(file),
            footer: self.footer.clone(),
            row_group: 0,
            schema: Some(Arc::clone(&self.schema)),
            mask,
            batch_size: portions.rows,
            allowance,
            name: self.name.clone(),
            failure,
        };
        let batches = decode.batches(rows)?;
        let Some(order) = projection.map(column_order) else { return Ok(Box::new(batches)) };
        let in_order = move |batch: Result<RecordBatch>| {
            batch?.project(&order).map_err(|source| Error::Arrow { action: "select columns", source })
        };
        Ok(Box::new(batches.map(in_order)))
    }

    /// The column at the top that holds `column`, batch by batch.
    pub(crate) fn column(&self, column: &ColumnPath) -> Result<Batches> {
        self.batches(Some(&[self.top_of(column)?]), None, Portions::default())
    }

    /// These rows of the column at the top that holds `column`.
    pub(super) fn column_rows(&self, column: &ColumnPath, rows: Range<u64>) -> Result<RecordBatch> {
        let at = self.top_of(column)?;
        let num_rows = usize::try_from(rows.end - rows.start).unwrap_or(usize::MAX);
        let batches =
            self.batches(Some(&[at]), Some(rows), Portions::of_rows(num_rows))?.collect::<Result<Vec<_>>>()?;
        let schema = self.schema.project(&[at]).map(Arc::new);
        let schema = schema.map_err(|source| Error::Arrow { action: "find the ordered column", source })?;
        concat_batches(&schema, &batches).map_err(|source| Error::Arrow { action: "join batches", source })
    }

    fn top_of(&self, column: &ColumnPath) -> Result<usize> {
        let at = self.schema.index_of(column.top());
        at.map_err(|source: ArrowError| Error::Arrow { action: "find the ordered column", source })
    }

    /// The smallest value of each page of a column of signed integers, where the file tells.
    pub(super) fn page_minima(&self, column: &ColumnPath) -> Option<Vec<i64>> {
        self.footer.page_minima(0, self.leaf(column)?)
    }

    fn leaf(&self, column: &ColumnPath) -> Option<usize> {
        let leaves = self.footer.metadata.file_metadata().schema_descr().columns();
        leaves.iter().position(|leaf| leaf.path().parts() == column.parts())
    }

    /// The rows at which pages of the column begin, where the file tells.
    pub(super) fn page_rows(&self, column: &ColumnPath) -> Option<Vec<u64>> {
        let pages = self.footer.pages(0, self.leaf(column)?)?;
        pages.locations.iter().map(|page| u64::try_from(page.first_row_index).ok()).collect()
    }

    /// The length of the column at the top at this position, in bytes.
    pub(super) fn column_size(&self, column: usize) -> u64 {
        self.chunks_of(column).map(|chunk| u64::try_from(chunk.compressed_size()).unwrap_or_default()).sum()
    }

    /// The memory that all rows of the column at the top at this position take, by what the file says.
    pub(super) fn column_memory(&self, column: usize) -> u64 {
        self.chunks_of(column).map(memory).fold(0, u64::saturating_add)
    }

    fn chunks_of(&self, column: usize) -> impl Iterator<Item = &ColumnChunkMetaData> {
        let descriptor = self.footer.metadata.file_metadata().schema_descr();
        let chunks = self.footer.metadata.row_group(0).columns().iter().enumerate();
        chunks.filter(move |(leaf, _)| descriptor.get_column_root_idx(*leaf) == column).map(|(_, chunk)| chunk)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn num_rows(&self) -> u64 {
        self.num_rows
    }

    /// What is read of the columns of `mask` for these rows.
    fn wanted(&self, mask: &ProjectionMask, rows: &Range<u64>) -> impl Iterator<Item = Wanted> {
        let chunks = self.footer.metadata.row_group(0).columns().iter().enumerate();
        chunks.filter(|(leaf, _)| mask.leaf_included(*leaf)).filter_map(|(leaf, chunk)| {
            let chunk = self.footer.chunk_range(chunk)?;
            let all = *rows == (0..self.num_rows);
            let pages = if all { chunk.clone() } else { self.footer.pages(0, leaf)?.around(rows) };
            Some(Wanted { chunk, pages })
        })
    }
}

/// Parquet gives columns in file order, once each: the positions among them that restore the order asked for.
fn column_order(projection: &[usize]) -> Vec<usize> {
    let mut sorted: Vec<usize> = projection.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    projection.iter().map(|column| sorted.binary_search(column).unwrap_or_default()).collect()
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
    let failed = |source| Error::Storage { operation: "checking", path: path.clone(), source };
    if stored.len().map_err(failed)? != Some(facts.len) || sum(stored, facts.len).map_err(failed)? != facts.sum {
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

/// The hash of the first `len` bytes, read piece by piece: a file may have grown to any length.
fn sum(stored: &StoredFile, len: u64) -> varvite_storage::Result<u128> {
    const PIECE: u64 = 4 << 20;
    let mut hasher = Xxh3::new();
    let mut start = 0;
    while start < len {
        let end = start.saturating_add(PIECE).min(len);
        hasher.update(&stored.get_range(start..end)?);
        start = end;
    }
    Ok(hasher.digest128())
}

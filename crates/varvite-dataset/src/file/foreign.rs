//! [`ForeignFile`]: a Parquet file that others wrote, read within the same limits as ours.
//!
//! It has no hashes, and need not have an index of its pages: they are found by walking over their headers. Its
//! metadata may hold bytes that are no text, which the Parquet library refuses: they are taken out first. So is the
//! type of the elements of an empty list of row groups, which fastparquet gets wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use bytes::{Buf, Bytes, buf::Reader};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use varvite_storage::{Storage, StoragePath};

use super::budget::Allowance;
use super::decode::{Decode, Failure};
use super::footer::Footer;
use super::limits::MAX_TAIL;
use super::thrift::{Input, kind};
use crate::{Error, Result};

/// Row groups of a file; fastparquet begins a new one after each 50 millions of rows.
const MAX_ROW_GROUPS: usize = 1 << 10;
/// What a file ends with: the length of its metadata, and `PAR1`.
const END: u64 = 8;
const BATCH_ROWS: usize = 1 << 16;

/// A file whose footer was read and whose pages were found.
pub(crate) struct ForeignFile {
    bytes: Arc<ForeignBytes>,
    footer: Footer,
    schema: SchemaRef,
    /// The entries of the metadata that are no text.
    binary: BTreeMap<String, Vec<u8>>,
}

/// The bytes of a file, read as they are asked for.
#[derive(Debug)]
pub(crate) struct ForeignBytes {
    storage: Arc<dyn Storage>,
    path: StoragePath,
    len: u64,
}

impl ForeignFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is no Parquet file, or one that takes features that are not known here.
    pub(crate) fn open(storage: Arc<dyn Storage>, path: StoragePath) -> Result<Self> {
        let bytes = ForeignBytes::open(storage, path)?;
        let corrupt = |reason: String| bytes.corrupt(reason);
        let end = bytes.get(bytes.len.saturating_sub(END)..bytes.len)?;
        let footer_len = end.first_chunk::<4>().map_or(u32::MAX, |len| u32::from_le_bytes(*len));
        let tail_len = u64::from(footer_len) + END;
        if tail_len > MAX_TAIL || tail_len > bytes.len {
            return Err(corrupt("it has no Parquet footer".to_owned()));
        }
        let start = bytes.len - tail_len;
        let mut tail = bytes.get(start..bytes.len)?.to_vec();
        let binary = take_binary_entries(&mut tail);
        let mut footer = Footer::read_foreign(start, tail.into(), MAX_ROW_GROUPS).map_err(corrupt)?;
        footer.walk(&bytes).map_err(corrupt)?;
        let metadata = footer.metadata.file_metadata();
        let schema = super::guarded(|| parquet_to_arrow_schema(metadata.schema_descr(), None));
        let schema = schema.map_err(|error| corrupt(format!("its columns cannot be read: {error}")))?;
        let schema = Arc::new(Schema::new(schema.fields().clone()));
        Ok(Self { bytes: Arc::new(bytes), footer, schema, binary })
    }

    pub(crate) fn num_rows(&self) -> u64 {
        u64::try_from(self.footer.metadata.file_metadata().num_rows()).unwrap_or_default()
    }

    /// The columns, in the types that Parquet's own suggest.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The bytes of an entry of the metadata.
    pub(crate) fn entry(&self, key: &str) -> Option<&[u8]> {
        self.binary.get(key).map(Vec::as_slice).or_else(|| self.footer.entry(key).map(str::as_bytes))
    }

    pub(crate) fn corrupt(&self, reason: impl Into<String>) -> Error {
        self.bytes.corrupt(reason)
    }

    /// All rows.
    pub(crate) fn batches(self) -> impl Iterator<Item = Result<RecordBatch>> + Send {
        let row_groups = 0..self.footer.metadata.num_row_groups();
        row_groups.flat_map(move |row_group| {
            let rows = self.footer.metadata.row_group(row_group).num_rows();
            let decode = Decode {
                reader: Arc::clone(&self.bytes),
                footer: self.footer.clone(),
                row_group,
                schema: Some(Arc::clone(&self.schema)),
                mask: ProjectionMask::all(),
                batch_size: BATCH_ROWS,
                allowance: Allowance::default(),
                name: self.bytes.to_string(),
                failure: Failure::default(),
            };
            let (batches, error) = match decode.batches(0..u64::try_from(rows).unwrap_or_default()) {
                Ok(batches) => (Some(batches), None),
                Err(error) => (None, Some(Err(error))),
            };
            error.into_iter().chain(batches.into_iter().flatten())
        })
    }
}

impl ForeignBytes {
    fn open(storage: Arc<dyn Storage>, path: StoragePath) -> Result<Self> {
        let bytes = Self { storage, path, len: 0 };
        let entry = bytes.storage.head(&bytes.path).map_err(|source| bytes.failed(source))?;
        let len = entry.ok_or_else(|| bytes.corrupt("it is missing"))?.len;
        Ok(Self { len, ..bytes })
    }

    fn get(&self, range: Range<u64>) -> Result<Bytes> {
        self.storage.get_range(&self.path, range).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: varvite_storage::Error) -> Error {
        Error::Storage { operation: "importing", path: self.path.clone(), source }
    }

    fn corrupt(&self, reason: impl Into<String>) -> Error {
        Error::Corrupt { file: self.to_string(), offset: None, reason: reason.into() }
    }
}

impl fmt::Display for ForeignBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl Length for ForeignBytes {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for ForeignBytes {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        const AHEAD: u64 = 1 << 16;
        let end = start.saturating_add(AHEAD).min(self.len).max(start);
        self.get(start..end).map(Buf::reader).map_err(|error| ParquetError::External(Box::new(error)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let range = start..start.saturating_add(length as u64);
        self.get(range).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// Makes the end of a file one that the Parquet library reads: takes the entries of the metadata that are no text out of
/// it, and leaves as many `?` in their place.
fn take_binary_entries(tail: &mut [u8]) -> BTreeMap<String, Vec<u8>> {
    let places = places(tail).unwrap_or_default();
    let mut taken = BTreeMap::new();
    if let Some(header) = places.empty_row_groups.and_then(|at| tail.get_mut(at)) {
        *header = kind::STRUCT;
    }
    for (key, value) in places.entries {
        let Some(name) = tail.get(key).and_then(|key| std::str::from_utf8(key).ok()).map(str::to_owned) else {
            continue;
        };
        if let Some(value) = tail.get_mut(value).filter(|value| std::str::from_utf8(value).is_err()) {
            taken.insert(name, value.to_vec());
            value.fill(b'?');
        }
    }
    taken
}

/// Where things are in a footer.
#[derive(Default)]
struct Places {
    /// Keys and values of the metadata.
    entries: Vec<(Range<usize>, Range<usize>)>,
    /// The header of the list of row groups, if it is empty.
    empty_row_groups: Option<usize>,
}

/// `None` for what is no footer: whoever decodes it says so.
fn places(footer: &[u8]) -> Option<Places> {
    const ROW_GROUPS: i16 = 4;
    const ENTRIES: i16 = 5;
    const DEPTH: usize = 16;
    let mut input = Input::new(footer);
    let (mut before, mut found) = (0, Places::default());
    while let Some((id, of)) = input.field(before)? {
        before = id;
        let at = footer.len() - input.len();
        if (id, of) == (ROW_GROUPS, kind::LIST) && input.clone().list()?.1 == 0 {
            found.empty_row_groups = Some(at);
        }
        if (id, of) != (ENTRIES, kind::LIST) {
            input.skip(of, DEPTH)?;
            continue;
        }
        let (elements, len) = input.list()?;
        for _ in 0..len {
            let mut places = [0..0, 0..0];
            let mut before = 0;
            while let Some((id, of)) = input.field(before)? {
                before = id;
                match (id, of) {
                    (1 | 2, kind::BINARY) => {
                        let len = input.binary()?.len();
                        let end = footer.len() - input.len();
                        places[usize::try_from(id).ok()? - 1] = end - len..end;
                    }
                    _ => input.skip(of, DEPTH)?,
                }
            }
            let [key, value] = places;
            found.entries.push((key, value));
        }
        if elements != kind::STRUCT && len > 0 {
            return None;
        }
    }
    Some(found)
}

//! [`VerifiedFile`]: Parquet's view of a file in which every byte is checked before it is used.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes, buf::Reader};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use varvite_storage::{Storage, StoragePath};
use xxhash_rust::xxh3::xxh3_64;

use super::blocks::BLOCK;
use crate::Error;

/// The row group's bytes, read by whole blocks, each compared with its hash.
#[derive(Debug, Clone)]
pub(super) struct VerifiedFile {
    shared: Arc<Shared>,
    /// Byte ranges that are fetched whole once any of their bytes is asked for: column chunks that are read entirely.
    whole: Arc<Vec<Range<u64>>>,
    /// The last range fetched: neighbours are mostly asked for next.
    last: Arc<Mutex<Option<(u64, Bytes)>>>,
}

#[derive(Debug)]
struct Shared {
    storage: Arc<dyn Storage>,
    path: StoragePath,
    len: u64,
    end: u64,
    hashes: Vec<u64>,
}

impl VerifiedFile {
    pub(super) fn new(storage: Arc<dyn Storage>, path: StoragePath, len: u64, end: u64, hashes: Vec<u64>) -> Self {
        let shared = Arc::new(Shared { storage, path, len, end, hashes });
        Self { shared, whole: Arc::default(), last: Arc::default() }
    }

    /// The same file, with these ranges fetched in one go each.
    pub(super) fn fetching(&self, whole: Vec<Range<u64>>) -> Self {
        Self { shared: Arc::clone(&self.shared), whole: Arc::new(whole), last: Arc::default() }
    }

    fn bytes(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((start, bytes)) = last.as_ref()
            && *start <= range.start
            && range.end <= start + bytes.len() as u64
        {
            return Ok(slice(bytes, *start, &range));
        }
        let wanted = self
            .whole
            .iter()
            .find(|whole| whole.start <= range.start && range.end <= whole.end)
            .cloned()
            .unwrap_or_else(|| range.clone());
        let (start, bytes) = self.shared.fetch(&wanted)?;
        let found = slice(&bytes, start, &range);
        *last = Some((start, bytes));
        Ok(found)
    }
}

fn slice(bytes: &Bytes, start: u64, range: &Range<u64>) -> Bytes {
    let at = |position: u64| usize::try_from(position - start).unwrap_or(usize::MAX);
    bytes.slice(at(range.start)..at(range.end))
}

impl Shared {
    /// Reads the blocks around `range` and compares each with its hash.
    fn fetch(&self, range: &Range<u64>) -> Result<(u64, Bytes), Error> {
        let corrupt = |offset, reason: &str| Error::Corrupt {
            file: self.path.to_string(),
            offset: Some(offset),
            reason: reason.to_owned(),
        };
        if range.end > self.end || range.start > range.end {
            return Err(corrupt(range.start, "its footer points outside the row group"));
        }
        let start = range.start / BLOCK * BLOCK;
        let end = range.end.div_ceil(BLOCK).saturating_mul(BLOCK).min(self.end);
        let bytes = self.storage.get_range(&self.path, start..end).map_err(|error| match error {
            varvite_storage::Error::OutOfRange { .. } => corrupt(start, "it is shorter than recorded"),
            source => Error::Storage { operation: "reading", path: self.path.clone(), source },
        })?;
        let first = usize::try_from(start / BLOCK).unwrap_or(usize::MAX);
        for (at, block) in bytes.chunks(usize::try_from(BLOCK).unwrap_or(usize::MAX)).enumerate() {
            if self.hashes.get(first + at) != Some(&xxh3_64(block)) {
                return Err(corrupt(start + at as u64 * BLOCK, "its bytes do not have the recorded hash"));
            }
        }
        Ok((start, bytes))
    }
}

impl Length for VerifiedFile {
    fn len(&self) -> u64 {
        self.shared.len
    }
}

impl ChunkReader for VerifiedFile {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        // A header's length is unknown beforehand: hand out what is left of its column chunk, or of its block.
        let whole = self.whole.iter().find(|whole| whole.contains(&start)).map(|whole| whole.end);
        let end = whole.unwrap_or_else(|| (start + 1).div_ceil(BLOCK).saturating_mul(BLOCK).min(self.shared.end));
        self.bytes(start..end).map(Buf::reader).map_err(|error| ParquetError::External(Box::new(error)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.bytes(start..start.saturating_add(length as u64)).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

//! [`VerifiedFile`]: Parquet's view of a file in which every byte is checked before it is used.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes, buf::Reader};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use xxhash_rust::xxh3::xxh3_64;

use super::StoredFile;
use super::blocks::BLOCK;
use super::decode::Failure;
use crate::Error;

/// Where fewer bytes than this are fetched at once, those that were handed out are let go: many files are read together.
const HOLDS: u64 = 1 << 20;

/// The row group's bytes, read by whole blocks, each compared with its hash.
#[derive(Debug, Clone)]
pub(super) struct VerifiedFile {
    facts: Arc<Facts>,
    /// The column chunks that are read, each with the part of it that was fetched last: columns are decoded in turns.
    columns: Arc<Vec<Column>>,
    /// Bytes that are fetched at once of the wanted pages.
    ahead: u64,
    /// Where our error goes if decoding fails for it.
    failure: Failure,
}

#[derive(Debug)]
struct Facts {
    file: StoredFile,
    len: u64,
    end: u64,
    hashes: Vec<u64>,
}

#[derive(Debug)]
struct Column {
    wanted: Wanted,
    fetched: Mutex<(u64, Bytes)>,
}

/// What is read of a column chunk.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) chunk: Range<u64>,
    /// The pages whose rows are wanted. Others are not read, but for a dictionary.
    pub(super) pages: Range<u64>,
}

impl VerifiedFile {
    pub(super) fn new(file: StoredFile, len: u64, end: u64, hashes: Vec<u64>) -> Self {
        let facts = Arc::new(Facts { file, len, end, hashes });
        Self { facts, columns: Arc::default(), ahead: 0, failure: Failure::default() }
    }

    /// The same file for reading these columns, of which `ahead` bytes are fetched at once.
    pub(super) fn reading(&self, columns: impl Iterator<Item = Wanted>, ahead: u64, failure: Failure) -> Self {
        let columns = columns.map(|wanted| Column { wanted, fetched: Mutex::default() }).collect();
        Self { facts: Arc::clone(&self.facts), columns: Arc::new(columns), ahead, failure }
    }

    fn bytes(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let holds = |column: &&Column| column.wanted.chunk.start <= range.start && range.end <= column.wanted.chunk.end;
        let Some(column) = self.columns.iter().find(holds) else {
            let (start, bytes) = self.facts.fetch(&range)?;
            return Ok(slice(&bytes, start, &range));
        };
        let mut fetched = column.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, bytes) = &*fetched;
        if *start > range.start || range.end > start + bytes.len() as u64 {
            let pages = &column.wanted.pages;
            let ahead = if pages.contains(&range.start) { range.start.saturating_add(self.ahead) } else { 0 };
            let end = range.end.max(ahead.min(pages.end));
            *fetched = self.facts.fetch(&(range.start..end))?;
        }
        let bytes = slice(&fetched.1, fetched.0, &range);
        if self.ahead < HOLDS {
            let end = fetched.0 + fetched.1.len() as u64;
            *fetched = (range.end, Bytes::copy_from_slice(&slice(&fetched.1, fetched.0, &(range.end..end))));
        }
        Ok(bytes)
    }
}

fn slice(bytes: &Bytes, start: u64, range: &Range<u64>) -> Bytes {
    let at = |position: u64| usize::try_from(position - start).unwrap_or(usize::MAX);
    bytes.slice(at(range.start)..at(range.end))
}

impl Facts {
    /// Reads the blocks around `range` and compares each with its hash.
    fn fetch(&self, range: &Range<u64>) -> Result<(u64, Bytes), Error> {
        let corrupt = |offset, reason: &str| Error::Corrupt {
            file: self.file.to_string(),
            offset: Some(offset),
            reason: reason.to_owned(),
        };
        if range.end > self.end || range.start > range.end {
            return Err(corrupt(range.start, "its footer points outside the row group"));
        }
        let start = range.start / BLOCK * BLOCK;
        let end = range.end.div_ceil(BLOCK).saturating_mul(BLOCK).min(self.end);
        let bytes = self.file.get_range(start..end).map_err(|error| match error {
            varvite_storage::Error::OutOfRange { .. } => corrupt(start, "it is shorter than recorded"),
            varvite_storage::Error::NotFound { .. } => corrupt(start, "it is missing"),
            source => Error::Storage { operation: "reading", path: self.file.path().clone(), source },
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
        self.facts.len
    }
}

impl ChunkReader for VerifiedFile {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        // A header's length is unknown beforehand: hand out what is left of its block and the next.
        let beyond = (start / BLOCK + 2).saturating_mul(BLOCK);
        let column = self.columns.iter().find(|column| column.wanted.chunk.contains(&start));
        let end = beyond.min(column.map_or(self.facts.end, |column| column.wanted.chunk.end)).max(start);
        self.bytes(start..end).map(Buf::reader).map_err(|error| self.failure.keep(error))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.bytes(start..start.saturating_add(length as u64)).map_err(|error| self.failure.keep(error))
    }
}

//! [`Footer`]: the metadata of a Parquet file, checked before and after it is decoded.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, ParquetStatisticsPolicy,
};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::reader::ChunkReader;

use super::budget::Budget;
use super::limits::{MAX_PAGE, MAX_ROWS, PAGE};
use super::page_header::{PageHeader, PageKind};
use super::pages::LimitedPages;
use super::thrift::{Input, is_sane_footer, kind};

/// Longest header of a page that is looked at, in bytes.
const MAX_HEADER: u64 = 1 << 16;

/// What every Parquet file ends with, after the length of its metadata.
const MAGIC: &[u8] = b"PAR1";

/// The metadata of a file, and the end of the file with its indexes.
#[derive(Debug, Clone)]
pub(super) struct Footer {
    pub(super) metadata: Arc<ParquetMetaData>,
    /// Where the pages end.
    end: u64,
    /// The end of the file, with its indexes.
    tail: Bytes,
    /// Where that begins.
    tail_start: u64,
    /// The pages of each column chunk, row group by row group, where they were found by walking over them.
    walked: Option<Arc<Vec<Vec<Pages>>>>,
}

/// A page of a column chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// Where it begins, with its header.
    pub(super) start: u64,
    /// Its length, with its header.
    pub(super) len: u64,
    /// The rows that it holds; `None` for a dictionary.
    pub(super) rows: Option<u64>,
}

/// The pages of a column chunk, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    pub(super) pages: VecDeque<Page>,
    /// Data pages alone, as the Parquet library wants them.
    pub(super) locations: Vec<PageLocation>,
}

impl Pages {
    /// The bytes of the pages that hold these rows.
    pub(super) fn around(&self, rows: &Range<u64>) -> Range<u64> {
        let (mut around, mut row) = (0..0, 0_u64);
        for page in &self.pages {
            let end = row.saturating_add(page.rows.unwrap_or(0));
            if row < rows.end && end > rows.start {
                let start = if around.is_empty() { page.start } else { around.start };
                around = start..page.start.saturating_add(page.len);
            }
            row = end;
        }
        around
    }
}

impl Footer {
    /// Reads the footer of a file whose pages end at `end` and whose bytes from there on are `tail`.
    ///
    /// # Errors
    /// What is wrong with it. Also what the library refuses or panics at is a text: there is nothing else to tell.
    pub(super) fn read(end: u64, tail: Bytes) -> Result<Self, String> {
        Self::read_from(end, end, tail, 1)
    }

    /// As [`read`](Self::read), for a whole file in memory, which may have several row groups.
    pub(super) fn read_whole(bytes: Bytes, max_row_groups: usize) -> Result<Self, String> {
        Self::read_from(bytes.len() as u64, 0, bytes, max_row_groups)
    }

    /// As [`read`](Self::read), for a file of others, which may have several row groups.
    pub(super) fn read_foreign(end: u64, tail: Bytes, max_row_groups: usize) -> Result<Self, String> {
        Self::read_from(end, end, tail, max_row_groups)
    }

    /// Finds the pages by walking over their headers, for files that may have no index of them.
    ///
    /// # Errors
    /// What is wrong with them. Columns in lists are refused: where their rows begin is known from an index alone.
    pub(super) fn walk(&mut self, reader: &impl ChunkReader) -> Result<(), String> {
        let mut walked = Vec::new();
        for group in self.metadata.row_groups() {
            let rows = u64::try_from(group.num_rows()).unwrap_or_default();
            let mut columns = Vec::new();
            for chunk in group.columns() {
                let path = chunk.column_path();
                if chunk.column_descr().max_rep_level() > 0 {
                    return Err(format!("its column `{path}` holds lists"));
                }
                let range = self.chunk_range(chunk).unwrap_or(0..0);
                let pages = walk_over(reader, range, rows).map_err(|error| format!("its column `{path}`: {error}"))?;
                columns.push(pages.ok_or_else(|| format!("its column `{path}` has pages that are not known here"))?);
            }
            walked.push(columns);
        }
        self.walked = Some(Arc::new(walked));
        Ok(())
    }

    fn read_from(end: u64, tail_start: u64, tail: Bytes, max_row_groups: usize) -> Result<Self, String> {
        let bytes = metadata_bytes(&tail).ok_or("it has no Parquet footer")?;
        if !is_sane_footer(bytes, max_row_groups) {
            return Err("its footer is not what a Parquet file has".to_owned());
        }
        let metadata =
            super::guarded(|| decode(bytes)).map_err(|error| format!("its footer is unreadable: {error}"))?;
        let footer = Self { metadata: Arc::new(metadata), end, tail, tail_start, walked: None };
        footer.check()?;
        Ok(footer)
    }

    /// Whether sizes and counts agree with each other and with the file.
    fn check(&self) -> Result<(), String> {
        let mut total = 0_u64;
        for group in self.metadata.row_groups() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(u64::MAX);
            if rows > MAX_ROWS {
                return Err(format!("it claims {rows} rows"));
            }
            total += rows;
            for chunk in group.columns() {
                let path = chunk.column_path();
                if self.chunk_range(chunk).is_none() {
                    return Err(format!("its column `{path}` points outside the row group"));
                }
                let values = u64::try_from(chunk.num_values()).unwrap_or(u64::MAX);
                if values < rows || values > rows && chunk.column_descr().max_rep_level() == 0 {
                    return Err(format!("its column `{path}` claims {values} values for {rows} rows"));
                }
                if !is_ours(chunk.compression()) {
                    return Err(format!("its column `{path}` is compressed in a way that is not ours"));
                }
            }
        }
        let claimed = self.metadata.file_metadata().num_rows();
        if u64::try_from(claimed) == Ok(total) {
            Ok(())
        } else {
            Err(format!("it claims {claimed} rows, and has {total}"))
        }
    }

    /// The bytes of a column chunk, if they lie where pages are.
    pub(super) fn chunk_range(&self, chunk: &ColumnChunkMetaData) -> Option<Range<u64>> {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let start = u64::try_from(start).ok()?;
        let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
        (end <= self.end).then_some(start..end)
    }

    /// The value of an entry of the metadata.
    pub(super) fn entry(&self, key: &str) -> Option<&str> {
        let entries = self.metadata.file_metadata().key_value_metadata()?;
        entries.iter().find(|entry| entry.key == key)?.value.as_deref()
    }

    /// The memory that reading a single row of the first row group takes at most, beyond what each page is granted and
    /// `least`; `exact` as for [`LimitedPages::largest`].
    pub(super) fn largest_row(&self, reader: &Arc<Bytes>, least: u64, exact: bool) -> Result<u64, ParquetError> {
        let group = self.metadata.row_group(0);
        let mut total = least;
        for (at, chunk) in group.columns().iter().enumerate() {
            let pages = self.pages(0, at).ok_or_else(|| ParquetError::General("there is no index".to_owned()))?;
            let rows = usize::try_from(group.num_rows()).unwrap_or_default();
            let largest = LimitedPages::new(reader, chunk, rows, pages, Budget::unlimited())?.largest(exact)?;
            total = total.saturating_add(largest.saturating_sub(PAGE));
        }
        Ok(total)
    }

    /// The pages of a column chunk, from its offset index; `None` if that is missing or makes no sense.
    pub(super) fn pages(&self, row_group: usize, column: usize) -> Option<Pages> {
        if let Some(walked) = &self.walked {
            return walked.get(row_group)?.get(column).cloned();
        }
        let group = self.metadata.row_groups().get(row_group)?;
        let chunk = group.columns().get(column)?;
        let index = self.offset_index(chunk)?;
        let range = self.chunk_range(chunk)?;
        let mut pages = Pages { pages: VecDeque::new(), locations: locations(index)? };
        let first = u64::try_from(pages.locations.first()?.offset).ok()?;
        let dictionary = Page { start: range.start, len: first.checked_sub(range.start)?, rows: None };
        if dictionary.len > 0 {
            pages.pages.push_back(dictionary);
        }
        let (mut place, mut row) = (first, 0);
        for (at, location) in pages.locations.iter().enumerate() {
            let next = pages.locations.get(at + 1).map_or(group.num_rows(), |next| next.first_row_index);
            let page = Page {
                start: u64::try_from(location.offset).ok()?,
                len: u64::try_from(location.compressed_page_size).ok()?,
                rows: u64::try_from(next.checked_sub(location.first_row_index)?).ok().filter(|rows| *rows > 0),
            };
            page.rows?;
            if page.start < place || location.first_row_index != row {
                return None;
            }
            (place, row) = (page.start.checked_add(page.len)?, next);
            pages.pages.push_back(page);
        }
        let longest = pages.pages.iter().map(|page| page.len).max()?;
        (place <= range.end && longest <= MAX_PAGE).then_some(pages)
    }

    /// The smallest value of each page of a column of signed integers, as its column index claims.
    pub(super) fn page_minima(&self, row_group: usize, column: usize) -> Option<Vec<i64>> {
        let chunk = self.metadata.row_group(row_group).column(column);
        minima(self.tail_part(chunk.column_index_offset()?, chunk.column_index_length()?)?)
    }

    fn offset_index(&self, chunk: &ColumnChunkMetaData) -> Option<&[u8]> {
        self.tail_part(chunk.offset_index_offset()?, chunk.offset_index_length()?)
    }

    fn tail_part(&self, offset: i64, len: i32) -> Option<&[u8]> {
        let at = |position: u64| usize::try_from(position.checked_sub(self.tail_start)?).ok();
        let start = u64::try_from(offset).ok()?;
        let end = start.checked_add(u64::try_from(len).ok()?)?;
        self.tail.get(at(start)?..at(end)?)
    }
}

/// The encoded metadata, which stands in front of the last eight bytes.
fn metadata_bytes(tail: &[u8]) -> Option<&[u8]> {
    let (rest, magic) = tail.split_last_chunk::<4>()?;
    let (rest, len) = rest.split_last_chunk::<4>()?;
    let start = rest.len().checked_sub(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
    (magic == MAGIC).then(|| &rest[start..])
}

/// Statistics are for other readers: the record has the bounds that we plan with.
fn decode(bytes: &[u8]) -> Result<ParquetMetaData, ParquetError> {
    let options = ParquetMetaDataOptions::new()
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll);
    ParquetMetaDataReader::decode_metadata_with_options(bytes, Some(&options))
}

fn is_ours(compression: Compression) -> bool {
    use Compression::{LZ4_RAW, SNAPPY, UNCOMPRESSED, ZSTD};
    matches!(compression, UNCOMPRESSED | SNAPPY | LZ4_RAW | ZSTD(_))
}

/// The pages in a column chunk that holds so many rows; `None` if they are not what belongs there.
fn walk_over(reader: &impl ChunkReader, range: Range<u64>, rows: u64) -> Result<Option<Pages>, ParquetError> {
    let (mut place, mut row) = (range.start, 0_u64);
    let mut pages = Pages::default();
    while place < range.end {
        let ahead = usize::try_from(MAX_HEADER.min(range.end - place)).unwrap_or_default();
        let Some(header) = PageHeader::begin(&reader.get_bytes(place, ahead)?) else { return Ok(None) };
        let len = header.compressed.saturating_add(header.len as u64);
        let is_dictionary = header.kind == PageKind::Dictionary;
        let size = i32::try_from(len).ok().filter(|_| len <= range.end - place);
        let (Some(size), Ok(offset), Ok(first)) = (size, i64::try_from(place), i64::try_from(row)) else {
            return Ok(None);
        };
        if is_dictionary {
            if place != range.start {
                return Ok(None);
            }
        } else if header.num_values > 0 {
            pages.locations.push(PageLocation { offset, compressed_page_size: size, first_row_index: first });
            row = row.saturating_add(header.num_values);
        } else {
            place += len;
            continue;
        }
        let rows = (!is_dictionary).then_some(header.num_values);
        pages.pages.push_back(Page { start: place, len, rows });
        place += len;
    }
    Ok((row == rows).then_some(pages))
}

/// Reads the smallest values out of a column index.
fn minima(index: &[u8]) -> Option<Vec<i64>> {
    let mut input = Input::new(index);
    let Some((1, kind::LIST)) = input.field(0)? else { return None };
    // Which pages have nothing but nulls: none of an ordered column. A truth value in a list takes a byte.
    let (_, pages) = input.list()?;
    (0..pages).try_for_each(|_| input.skip(kind::BYTE, 0))?;
    let Some((2, kind::LIST)) = input.field(1)? else { return None };
    let (of, len) = input.list()?;
    let value = |bytes: &[u8]| match *bytes {
        [a, b, c, d] => Some(i32::from_le_bytes([a, b, c, d]).into()),
        _ => bytes.try_into().ok().map(i64::from_le_bytes),
    };
    let minima: Option<Vec<i64>> = (0..len).map(|_| value(input.binary()?)).collect();
    minima.filter(|minima| of == kind::BINARY && minima.len() == pages)
}

/// Reads an offset index: where each data page begins, how long it is, which row is its first.
fn locations(index: &[u8]) -> Option<Vec<PageLocation>> {
    let mut input = Input::new(index);
    let Some((1, kind::LIST)) = input.field(0)? else { return None };
    let (elements, len) = input.list()?;
    // What follows, sizes of the pages when decoded, is for other readers.
    let mut locations = Vec::new();
    for _ in 0..len {
        let mut numbers = [0; 3];
        let mut before = 0;
        while let Some((id, of)) = input.field(before)? {
            match (id, of) {
                (1 | 3, kind::I64) | (2, kind::I32) => numbers[usize::try_from(id).ok()? - 1] = input.int()?,
                _ => return None,
            }
            before = id;
        }
        let [offset, size, first_row_index] = numbers;
        let compressed_page_size = i32::try_from(size).ok().filter(|_| before == 3)?;
        locations.push(PageLocation { offset, compressed_page_size, first_row_index });
    }
    (elements == kind::STRUCT).then_some(locations)
}

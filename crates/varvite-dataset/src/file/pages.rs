//! [`LimitedPages`]: the pages of a column chunk, each looked at before the Parquet library decodes it.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding as ParquetEncoding, Type};
use parquet::column::page::{Page as Decoded, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::ChunkReader;
use parquet::file::serialized_reader::SerializedPageReader;

use super::budget::Budget;
use super::footer::{Page, Pages};
use super::page_header::{DataV2, Encoding, PageHeader, PageKind};
use super::{decompress, indices};

/// Reads pages, after comparing each with what its place in the file lets expect.
pub(super) struct LimitedPages<R: ChunkReader> {
    source: PageSource<R>,
    reader: Arc<R>,
    upcoming: VecDeque<Page>,
    column: Column,
    budget: Budget,
    /// Lengths of the dictionary's entries, for columns of strings in lists.
    entries: Vec<u32>,
}

/// Who makes pages of bytes.
enum PageSource<R: ChunkReader> {
    /// We, of pages that are compressed as ours are, or not at all.
    Own,
    /// The library, of others.
    Library(SerializedPageReader<R>),
}

/// What a page is compared with.
struct Column {
    name: String,
    compression: Compression,
    physical_type: Type,
    /// Bytes of a value, where all have the same.
    width: u64,
    /// How many kinds of levels there are in front of the values; 2 for values in lists.
    max_rep_level: i16,
    max_def_level: i16,
    num_values: u64,
    /// Bytes of all values, where they are texts.
    bytes: u64,
}

impl<R: ChunkReader> LimitedPages<R> {
    pub(super) fn new(
        reader: &Arc<R>,
        chunk: &ColumnChunkMetaData,
        num_rows: usize,
        pages: Pages,
        budget: Budget,
    ) -> Result<Self, ParquetError> {
        let descriptor = chunk.column_descr();
        let column = Column {
            name: chunk.column_path().to_string(),
            compression: chunk.compression(),
            physical_type: descriptor.physical_type(),
            width: match descriptor.physical_type() {
                Type::BOOLEAN => 1,
                Type::INT32 | Type::FLOAT => 4,
                Type::INT64 | Type::DOUBLE => 8,
                Type::INT96 => 12,
                Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(descriptor.type_length()).unwrap_or_default(),
                Type::BYTE_ARRAY => 16,
            },
            max_rep_level: descriptor.max_rep_level(),
            max_def_level: descriptor.max_def_level(),
            num_values: u64::try_from(chunk.num_values()).unwrap_or_default(),
            bytes: chunk.unencoded_byte_array_data_bytes().and_then(|bytes| bytes.try_into().ok()).unwrap_or_default(),
        };
        let source = match column.compression {
            Compression::UNCOMPRESSED | Compression::ZSTD(_) => PageSource::Own,
            _ => {
                let locations = Some(pages.locations);
                PageSource::Library(SerializedPageReader::new(Arc::clone(reader), chunk, num_rows, locations)?)
            }
        };
        Ok(Self { source, reader: Arc::clone(reader), upcoming: pages.pages, column, budget, entries: Vec::new() })
    }

    /// The memory that reading a single row takes at most: the dictionary and what it names, and the largest page. Where
    /// it is not to be `exact`, nothing is decompressed for it: then it may be far less in truth.
    pub(super) fn largest(mut self, exact: bool) -> Result<u64, ParquetError> {
        let (mut before, mut largest) = (0, 0);
        while let Some(next) = self.upcoming.front().copied() {
            self.budget.forget_dictionaries(); // they are counted already
            self.budget.begin(1);
            if exact && (next.rows.is_none() || self.column.is_list_of_texts()) {
                self.get_next_page()?;
            } else {
                self.upcoming.pop_front();
                let (header, _) = self.check(next)?;
                self.budget.spend(self.column.memory(&header))?;
                self.budget.spend(self.column.named_at_most(&header))?;
            }
            let spent = before + self.budget.spent();
            largest = spent.max(largest);
            before = if next.rows.is_none() { spent } else { before };
        }
        Ok(largest)
    }

    /// Reads a page and compares its header with what is known. Gives what follows the header, too.
    fn check(&self, page: Page) -> Result<(PageHeader, Bytes), ParquetError> {
        let len = usize::try_from(page.len).unwrap_or(usize::MAX);
        let bytes = self.reader.get_bytes(page.start, len)?;
        let header = PageHeader::read(&bytes).filter(|header| self.column.fits(page, header));
        let header = header.ok_or_else(|| self.misplaced(page))?;
        Ok((header, bytes.slice(header.len..)))
    }

    fn misplaced(&self, page: Page) -> ParquetError {
        let place = format!("the page at byte {} of column `{}`", page.start, self.column.name);
        ParquetError::General(format!("{place} is not what belongs there"))
    }

    /// Takes note of a decoded page's size in memory.
    fn note(&mut self, place: Page, header: &PageHeader, page: &Decoded) -> Result<(), ParquetError> {
        let is_text = self.column.is_text();
        let in_list = self.column.max_rep_level > 0;
        match (header.kind, header.encoding) {
            (PageKind::Dictionary, _) if is_text => {
                self.entries = indices::entries(page.buffer());
                let longest = u64::from(self.entries.iter().max().copied().unwrap_or_default());
                if in_list { Ok(()) } else { self.budget.spend_by_row(longest) }
            }
            (PageKind::Data | PageKind::DataV2(_), Encoding::Dictionary) if is_text && in_list => {
                let values = self.column.values(header, page.buffer());
                let bytes = indices::bytes(&values, header.num_values, &self.entries);
                self.budget.spend(bytes.ok_or_else(|| self.misplaced(place))?)
            }
            _ => Ok(()),
        }
    }
}

impl Column {
    fn fits(&self, page: Page, header: &PageHeader) -> bool {
        let in_list = self.max_rep_level > 0;
        let count = match (header.kind, page.rows) {
            (PageKind::Dictionary, None) => {
                let least = if self.physical_type == Type::BYTE_ARRAY { 4 } else { self.width.max(1) };
                matches!(header.encoding, Encoding::Plain | Encoding::Dictionary)
                    && header.num_values.saturating_mul(least) <= header.uncompressed
            }
            (PageKind::Data | PageKind::DataV2(_), Some(rows)) => {
                if in_list {
                    (rows..=self.num_values).contains(&header.num_values)
                } else {
                    header.num_values == rows
                }
            }
            _ => false,
        };
        count && (self.compression != Compression::UNCOMPRESSED || header.compressed == header.uncompressed)
    }

    fn is_text(&self) -> bool {
        self.physical_type == Type::BYTE_ARRAY
    }

    fn is_list_of_texts(&self) -> bool {
        self.is_text() && self.max_rep_level > 0
    }

    /// The texts of a dictionary that a row of a page names take no more than this.
    fn named_at_most(&self, header: &PageHeader) -> u64 {
        match (header.kind, header.encoding) {
            (PageKind::Dictionary, _) if self.is_text() && !self.is_list_of_texts() => header.uncompressed,
            (PageKind::Data | PageKind::DataV2(_), Encoding::Dictionary) if self.is_list_of_texts() => self.bytes,
            _ => 0,
        }
    }

    /// What a page takes in memory before any of it is turned into rows, and the levels and values of lists, whose
    /// number does not follow from that of the rows.
    fn memory(&self, header: &PageHeader) -> u64 {
        let levels_and_value = 4 + self.width;
        let values = if self.max_rep_level > 0 { header.num_values.saturating_mul(levels_and_value) } else { 0 };
        header.uncompressed.saturating_add(values)
    }

    /// A page as the library wants it, of what follows its header.
    fn decode(&self, header: &PageHeader, body: Bytes) -> Result<Decoded, ParquetError> {
        let (plain, is_compressed) = match header.kind {
            PageKind::DataV2(v2) => (v2.levels_len(), v2.is_compressed),
            PageKind::Data | PageKind::Dictionary => (0, true),
        };
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let buf = if is_compressed && self.compression != Compression::UNCOMPRESSED {
            decompress::zstd(&body, size(plain), size(header.uncompressed))?
        } else {
            body
        };
        if plain > buf.len() as u64 {
            return Err(ParquetError::General("a page is shorter than its levels".to_owned()));
        }
        let num_values = u32::try_from(header.num_values)?;
        let encoding = header.encoding.into();
        Ok(match header.kind {
            PageKind::Dictionary => {
                Decoded::DictionaryPage { buf, num_values, encoding: ParquetEncoding::PLAIN, is_sorted: false }
            }
            PageKind::Data => {
                let [def_level_encoding, rep_level_encoding] = header.levels.map(ParquetEncoding::from);
                Decoded::DataPage {
                    buf,
                    num_values,
                    encoding,
                    def_level_encoding,
                    rep_level_encoding,
                    statistics: None,
                }
            }
            PageKind::DataV2(DataV2 {
                num_nulls,
                num_rows,
                levels: [def_levels_byte_len, rep_levels_byte_len],
                ..
            }) => {
                let is_compressed = false;
                Decoded::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    num_nulls,
                    num_rows,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    is_compressed,
                    statistics: None,
                }
            }
        })
    }

    /// The bytes of a data page that follow its levels.
    fn values(&self, header: &PageHeader, page: &Bytes) -> Bytes {
        let mut start = 0;
        if let PageKind::DataV2(v2) = header.kind {
            start = usize::try_from(v2.levels_len()).unwrap_or(usize::MAX);
        } else {
            for level in [self.max_rep_level, self.max_def_level] {
                let len = page.get(start..).and_then(|rest| rest.first_chunk::<4>());
                let len = len.map_or(0, |len| u32::from_le_bytes(*len));
                start = if level > 0 {
                    start.saturating_add(4 + usize::try_from(len).unwrap_or(usize::MAX))
                } else {
                    start
                };
            }
        }
        page.slice(start.min(page.len())..)
    }
}

impl<R: ChunkReader> PageReader for LimitedPages<R> {
    fn get_next_page(&mut self) -> Result<Option<Decoded>, ParquetError> {
        let Some(next) = self.upcoming.pop_front() else { return Ok(None) };
        let (header, body) = self.check(next)?;
        self.budget.spend(self.column.memory(&header))?;
        let page = match &mut self.source {
            PageSource::Own => Some(self.column.decode(&header, body)?),
            PageSource::Library(library) => library.get_next_page()?,
        };
        if let Some(page) = &page {
            self.note(next, &header, page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        let rows = |page: &Page| page.rows.and_then(|rows| usize::try_from(rows).ok());
        Ok(self.upcoming.front().map(|page| PageMetadata {
            num_rows: rows(page),
            num_levels: None,
            is_dict: page.rows.is_none(),
        }))
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.upcoming.pop_front();
        match &mut self.source {
            PageSource::Own => Ok(()),
            PageSource::Library(library) => library.skip_next_page(),
        }
    }

    /// Pages that an index knows begin with a row.
    fn at_record_boundary(&mut self) -> Result<bool, ParquetError> {
        Ok(true)
    }
}

impl<R: ChunkReader> Iterator for LimitedPages<R> {
    type Item = Result<Decoded, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

//! [`Batches`]: rows decoded batch by batch, within limits of memory, whatever the file says.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups, RowSelection};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels};
use parquet::column::page::{PageIterator, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::ChunkReader;

use super::budget::{Allowance, Budget};
use super::footer::{Footer, Pages};
use super::limits::MAX_ROW;
use super::pages::LimitedPages;
use crate::{Error, Result};

/// What is read of one row group.
pub(super) struct Decode<R: ChunkReader> {
    pub(super) reader: Arc<R>,
    pub(super) footer: Footer,
    pub(super) row_group: usize,
    /// The columns of the file in Arrow's types, if they are not those that Parquet's types suggest.
    pub(super) schema: Option<SchemaRef>,
    pub(super) mask: ProjectionMask,
    pub(super) batch_size: usize,
    pub(super) allowance: Allowance,
    /// For messages.
    pub(super) name: String,
    /// An error of ours that made decoding fail: the library would turn it into text.
    pub(super) failure: Failure,
}

/// A place where a reader leaves an error of ours on its way through the Parquet library.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    /// Keeps the error, and gives what the library is to be told.
    pub(super) fn keep(&self, error: Error) -> ParquetError {
        let told = ParquetError::General(error.to_string());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        told
    }

    fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The rows of a row group, batch by batch. Nothing follows after an error.
pub(super) struct Batches<R: ChunkReader> {
    decode: Decode<R>,
    levels: FieldLevels,
    columns: Columns<R>,
    reader: Option<ParquetRecordBatchReader>,
    /// The rows that are still to come.
    rows: Range<u64>,
    batch_size: u64,
}

impl<R: ChunkReader + 'static> Decode<R> {
    /// The rows at `rows`.
    pub(super) fn batches(self, rows: Range<u64>) -> Result<Batches<R>> {
        let descriptor = self.footer.metadata.file_metadata().schema_descr();
        let fields = self.schema.as_ref().map(|schema| schema.fields());
        let levels = super::guarded(|| parquet_to_arrow_field_levels(descriptor, self.mask.clone(), fields))
            .map_err(|source| Error::Parquet { action: "decode", file: self.name.clone(), source })?;
        let leaves = (0..descriptor.num_columns()).filter(|leaf| self.mask.leaf_included(*leaf));
        let roots: BTreeSet<usize> = leaves.clone().map(|leaf| descriptor.get_column_root_idx(leaf)).collect();
        let row_bytes = roots.iter().map(|root| fields.and_then(|fields| fields.get(*root)).map_or(VALUE, padding));
        let row_bytes = row_bytes.fold(0, u64::saturating_add);
        let columns = Columns {
            reader: Arc::clone(&self.reader),
            footer: self.footer.clone(),
            row_group: self.row_group,
            budget: Budget::new(leaves.count(), row_bytes, self.allowance.clone()),
        };
        let batch_size = (self.batch_size as u64).min(rows.end - rows.start).max(1);
        Ok(Batches { decode: self, levels, columns, reader: None, rows, batch_size })
    }

    fn corrupt(&self, reason: impl Into<String>) -> Error {
        Error::Corrupt { file: self.name.clone(), offset: None, reason: reason.into() }
    }
}

impl<R: ChunkReader + 'static> Batches<R> {
    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        while self.rows.start < self.rows.end {
            if let Some(batch) = self.attempt()? {
                self.rows.start += batch.num_rows() as u64;
                let too_many = self.rows.start > self.rows.end;
                return if too_many {
                    Err(self.decode.corrupt("it has more rows than recorded"))
                } else {
                    Ok(Some(batch))
                };
            }
        }
        Ok(None)
    }

    /// The next batch; `None` if it would take too much memory: then the next attempt reads fewer rows.
    fn attempt(&mut self) -> Result<Option<RecordBatch>> {
        let budget = self.columns.budget.clone();
        let decoded = if budget.begin(self.batch_size) { super::guarded(|| self.decode_batch()) } else { Ok(None) };
        if budget.is_exceeded() {
            return self.shrink().map(|()| None);
        }
        match decoded {
            Ok(Some(batch)) if batch.num_rows() > 0 => Ok(Some(batch)),
            Ok(_) => Err(self.decode.corrupt("it has fewer rows than recorded")),
            // The bytes are what was written, yet they cannot be read.
            Err(error) => {
                let undecodable = || self.decode.corrupt(format!("it cannot be decoded: {error}"));
                Err(self.decode.failure.take().unwrap_or_else(undecodable))
            }
        }
    }

    fn decode_batch(&mut self) -> Result<Option<RecordBatch>, ParquetError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(reader(&self.levels, &self.columns, &self.rows, self.batch_size)?),
        };
        reader.next().transpose().map_err(ParquetError::from)
    }

    /// Reads fewer rows at once from here on, beginning with the row that was not given out yet.
    fn shrink(&mut self) -> Result<()> {
        self.reader = None;
        self.columns.budget.forget_dictionaries();
        if self.batch_size == 1 {
            let what = format!("row {} of `{}`", self.rows.start, self.decode.name);
            return Err(Error::ResourceLimit { what, limit: format!("{MAX_ROW} bytes") });
        }
        self.batch_size = (self.batch_size / 8).max(1);
        Ok(())
    }
}

impl<R: ChunkReader + 'static> Iterator for Batches<R> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            self.rows = 0..0;
        }
        next.transpose()
    }
}

fn reader<R: ChunkReader + 'static>(
    levels: &FieldLevels,
    columns: &Columns<R>,
    rows: &Range<u64>,
    batch_size: u64,
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let at = |row: u64| usize::try_from(row).unwrap_or(usize::MAX);
    let total = columns.num_rows();
    let selected = at(rows.start)..at(rows.end);
    let selection =
        (selected != (0..total)).then(|| RowSelection::from_consecutive_ranges([selected].into_iter(), total));
    ParquetRecordBatchReader::try_new_with_row_groups(levels, columns, at(batch_size), selection)
}

/// Bytes of a value whose type does not tell.
const VALUE: u64 = 16;

/// Bytes that a row takes however little is stored of it: a list of fixed length is padded where it is null.
pub(super) fn padding(field: &FieldRef) -> u64 {
    const LEVELS: u64 = 4;
    LEVELS
        + match field.data_type() {
            DataType::FixedSizeBinary(len) => u64::try_from(*len).unwrap_or_default(),
            DataType::FixedSizeList(item, len) => u64::try_from(*len).unwrap_or_default().saturating_mul(padding(item)),
            DataType::Struct(fields) => fields.iter().map(padding).fold(0, u64::saturating_add),
            data_type => data_type.primitive_width().map_or(VALUE, |width| width as u64),
        }
}

/// One row group's column chunks, as the Parquet library asks for them.
struct Columns<R: ChunkReader> {
    reader: Arc<R>,
    footer: Footer,
    row_group: usize,
    budget: Budget,
}

impl<R: ChunkReader + 'static> RowGroups for Columns<R> {
    fn num_rows(&self) -> usize {
        usize::try_from(self.footer.metadata.row_group(self.row_group).num_rows()).unwrap_or_default()
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>, ParquetError> {
        let group = self.footer.metadata.row_group(self.row_group);
        let chunk = group.column(column);
        let no_index = || ParquetError::General(format!("column `{}` has no usable index", chunk.column_path()));
        let pages: Pages = self.footer.pages(self.row_group, column).ok_or_else(no_index)?;
        let limited = LimitedPages::new(&self.reader, chunk, self.num_rows(), pages, self.budget.clone())?;
        Ok(Box::new(OneChunk(Some(Box::new(limited)))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.footer.metadata.row_group(self.row_group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.footer.metadata
    }
}

/// The pages of a column's only chunk.
struct OneChunk(Option<Box<dyn PageReader>>);

impl Iterator for OneChunk {
    type Item = Result<Box<dyn PageReader>, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for OneChunk {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, FixedSizeListArray, Int64Array, ListArray, StringArray, StructArray};
    use arrow::array::{DictionaryArray, Int32Array};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{Field, Int32Type};
    use bytes::Bytes;

    use super::*;
    use crate::Compression;
    use crate::file::encode::{EncodeRequest, Encoded, encode, fits};
    use crate::file::limits::{MAX_BATCH, PAGE};

    const MIB: u64 = 1 << 20;

    fn long(len: u64) -> String {
        "x".repeat(usize::try_from(len).unwrap())
    }

    fn written(column: ArrayRef) -> (RecordBatch, Encoded) {
        let t: ArrayRef = Arc::new((0..column.len()).map(|at| i64::try_from(at).unwrap()).collect::<Int64Array>());
        let rows = RecordBatch::try_from_iter_with_nullable([("t", t, false), ("c", column, true)]).unwrap();
        let encoded = encode(&EncodeRequest {
            schema: &rows.schema(),
            ordered_on: &"t".into(),
            compression: Compression::Zstd,
            dataset_id: "d",
            batches: std::slice::from_ref(&rows),
        });
        (rows, encoded.unwrap())
    }

    fn footer(encoded: &Encoded) -> Footer {
        Footer::read(encoded.end, encoded.bytes.slice(usize::try_from(encoded.end).unwrap()..)).unwrap()
    }

    fn decode(rows: &RecordBatch, encoded: &Encoded, batch_size: usize, allowance: Allowance) -> Decode<Bytes> {
        Decode {
            reader: Arc::new(encoded.bytes.clone()),
            footer: footer(encoded),
            row_group: 0,
            schema: Some(rows.schema()),
            mask: ProjectionMask::all(),
            batch_size,
            allowance,
            name: "file".to_owned(),
            failure: Failure::default(),
        }
    }

    fn read(rows: &RecordBatch, encoded: &Encoded, batch_size: usize, allowance: Allowance) -> Batches<Bytes> {
        decode(rows, encoded, batch_size, allowance).batches(0..rows.num_rows() as u64).unwrap()
    }

    fn in_struct(texts: StringArray) -> ArrayRef {
        let field = Arc::new(Field::new("s", DataType::Utf8, true));
        Arc::new(StructArray::from(vec![(field, Arc::new(texts) as ArrayRef)]))
    }

    fn in_lists(lengths: &[usize], texts: StringArray) -> ArrayRef {
        let field = Arc::new(Field::new_list_field(DataType::Utf8, true));
        Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths.iter().copied()), Arc::new(texts), None))
    }

    /// Columns of which one row takes far more than a page.
    fn columns() -> Vec<(&'static str, ArrayRef)> {
        let six = || long(6 * MIB);
        let texts = StringArray::from(vec![six(), "short".to_owned()]);
        let among_short = (0..2000).map(|at| Some(if at == 7 { six() } else { at.to_string() }));
        let half = StringArray::from(vec![long(MIB / 2); 24]);
        let nothing = FixedSizeListArray::new_null(Arc::new(Field::new_list_field(DataType::Int64, true)), 1 << 20, 2);
        vec![
            ("texts in a struct", in_struct(texts.clone())),
            ("lists of texts", in_lists(&[1, 1], texts.clone())),
            ("a list of one text again and again", in_lists(&[23, 1], half)),
            ("a text among short ones", Arc::new(among_short.collect::<StringArray>())),
            (
                "a dictionary",
                Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0, 1]), Arc::new(texts))),
            ),
            ("lists of fixed length that are null", Arc::new(nothing)),
        ]
    }

    #[test]
    fn a_row_takes_what_the_writer_has_counted() {
        for (name, column) in columns() {
            let (rows, encoded) = written(column);
            let (bytes, least) = (Arc::new(encoded.bytes.clone()), rows.schema().fields().iter().map(padding).sum());
            let counted = |exact| footer(&encoded).largest_row(&bytes, least, exact).unwrap();
            let mut batches = read(&rows, &encoded, 1, Allowance::default());
            let mut most = 0;
            while batches.next().transpose().unwrap().is_some() {
                most = most.max(batches.columns.budget.spent());
            }
            let granted = PAGE; // of the column `c`: that of `t` is hardly used
            assert!(most <= counted(true) + granted + MIB / 8, "{name}: {most}, {}", counted(true));
            assert!(most + MIB / 8 >= counted(true) + granted.min(most - least), "{name}: {most}, {}", counted(true));
            assert!(counted(true) <= counted(false), "{name}");
        }
    }

    #[test]
    fn what_is_written_within_a_limit_is_read_within_it() {
        for (name, column) in columns() {
            let (rows, encoded) = written(column);
            let least = rows.schema().fields().iter().map(padding).sum();
            let mut fitted = 0;
            for limit in (0..40).map(|half| half * MIB / 2) {
                let batches = read(&rows, &encoded, 1 << 16, Allowance::new(limit / 4, limit));
                let found = batches.map(|batch| batch.map(|batch| batch.num_rows())).sum::<Result<usize>>();
                if fits(&encoded, least, limit) {
                    assert_eq!(found.ok(), Some(rows.num_rows()), "{name} within {limit}");
                    fitted += 1;
                }
            }
            assert!((1..40).contains(&fitted), "{name}: {fitted}");
        }
    }

    #[test]
    fn a_dictionary_counts_once_however_often_it_is_read_again() {
        let texts = (0..20_000).map(|at| Some(if at == 7 { long(1_600_000) } else { (at % 10).to_string() }));
        let (rows, encoded) = written(in_struct(texts.collect()));
        let mut decode = decode(&rows, &encoded, 1 << 16, Allowance::new(0, 0));
        let footer = footer(&encoded);
        decode.mask = ProjectionMask::roots(footer.metadata.file_metadata().schema_descr(), [1]);
        // Beside what a page is granted there is nothing: enough for the dictionary and a row, and no more.
        let found = decode.batches(0..rows.num_rows() as u64).unwrap().map(|batch| batch.unwrap().num_rows());
        assert_eq!(found.sum::<usize>(), rows.num_rows());
    }

    #[test]
    fn a_batch_that_is_too_large_is_read_row_by_row() {
        let texts = StringArray::from(vec![long(MIB / 2); 100]);
        let (rows, encoded) = written(in_struct(texts));
        let sizes: Vec<usize> =
            read(&rows, &encoded, 64, Allowance::default()).map(|b| b.unwrap().num_rows()).collect();
        assert_eq!(sizes, [64, 36]);
        assert!(read(&rows, &encoded, 64, Allowance::new(MIB, MAX_BATCH)).all(|batch| batch.unwrap().num_rows() <= 8));
    }
}

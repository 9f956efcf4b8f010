//! Rows become the bytes of one Parquet file.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression as ParquetCompression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::decode::padding;
use super::encoding::{ColumnEncoding, choose};
use super::footer::Footer;
use super::limits::{MAX_ROW, MAX_ROWS, MAX_TAIL, memory};
use super::{BLOCKS_KEY, blocks};
use crate::{ColumnPath, Compression, Error, Result};

/// Bytes of a text in statistics and indexes: longer bounds are cut, or a few long texts would make a footer larger
/// than the rows.
const BOUND: usize = 1024;

/// Bytes set aside for what follows the pages of a small file.
const TAIL: u64 = 1 << 14;

/// What a file is made from. All rows become one row group.
pub(crate) struct EncodeRequest<'a> {
    pub(crate) schema: &'a SchemaRef,
    pub(crate) ordered_on: &'a ColumnPath,
    pub(crate) compression: Compression,
    pub(crate) dataset_id: &'a str,
    /// The rows, in order; at least one.
    pub(crate) batches: &'a [RecordBatch],
}

/// A whole file, and the facts that a commit records of it.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    pub(crate) bytes: Bytes,
    pub(crate) len: u64,
    /// End of the row group's bytes.
    pub(crate) end: u64,
    /// XXH3-64 of what follows them.
    pub(crate) tail: u64,
    /// XXH3-128 of all.
    pub(crate) sum: u128,
}

/// Encodes rows, the columns side by side on rayon's threads.
///
/// # Errors
/// [`Error::ResourceLimit`] for what could not be read back.
pub(crate) fn encode(request: &EncodeRequest<'_>) -> Result<Encoded> {
    let failed = |source| Error::Parquet { action: "encode", file: request.ordered_on.to_string(), source };
    let limit = |what: &str, limit: String| Error::ResourceLimit { what: what.to_owned(), limit };
    let (encoded, memory) = write(request).map_err(failed)?;
    let rows: u64 = request.batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if rows > MAX_ROWS {
        return Err(limit("a row group", format!("{MAX_ROWS} rows")));
    }
    if encoded.len - encoded.end > MAX_TAIL {
        return Err(limit(
            "the footer of a file",
            format!("{MAX_TAIL} bytes: use fewer columns or smaller row groups"),
        ));
    }
    let least = request.schema.fields().iter().map(padding).fold(0, u64::saturating_add);
    if memory.saturating_add(least) > MAX_ROW && !fits(&encoded, least, MAX_ROW) {
        return Err(limit("a row", format!("{MAX_ROW} bytes")));
    }
    Ok(encoded)
}

/// Whether each row can be read back within so much memory, of which it takes `least` however little is stored.
pub(super) fn fits(encoded: &Encoded, least: u64, limit: u64) -> bool {
    let at = usize::try_from(encoded.end).unwrap_or(usize::MAX);
    let Ok(footer) = Footer::read(encoded.end, encoded.bytes.slice(at..)) else { return false };
    let bytes = Arc::new(encoded.bytes.clone());
    // Pages that are larger than a reader takes have no index.
    [false, true].into_iter().any(|exact| footer.largest_row(&bytes, least, exact).is_ok_and(|row| row <= limit))
}

/// Also gives the memory that all rows take at most.
fn write(request: &EncodeRequest<'_>) -> Result<(Encoded, u64), ParquetError> {
    let mut properties = properties(request)?;
    add_encoded_arrow_schema_to_metadata(request.schema, &mut properties);
    let descriptor = ArrowSchemaConverter::new().convert(request.schema)?;
    let mut file = SerializedFileWriter::new(Vec::new(), descriptor.root_schema_ptr(), Arc::new(properties))?;
    let leaves =
        ArrowRowGroupWriterFactory::new(&file, Arc::clone(request.schema)).create_column_writers(0)?.into_iter();
    let columns = columns(&descriptor, leaves);
    let chunks: Vec<Vec<ArrowColumnChunk>> = columns
        .into_par_iter()
        .enumerate()
        .map(|(at, leaves)| encode_column(request, at, leaves))
        .collect::<Result<_, _>>()?;
    let pages: u64 = chunks.iter().flatten().map(|chunk| chunk.close().bytes_written).sum();
    // Growing step by step would copy the file over and over.
    file.inner_mut().reserve(usize::try_from(pages.saturating_add(pages / 64 + TAIL)).unwrap_or_default());
    let mut row_group = file.next_row_group()?;
    for chunk in chunks.into_iter().flatten() {
        chunk.append_to_row_group(&mut row_group)?;
    }
    let memory = row_group.close()?.columns().iter().map(memory).fold(0, u64::saturating_add);
    file.flush()?;
    let end = file.inner().len();
    let hashes = blocks::hash(file.inner());
    file.append_key_value_metadata(KeyValue::new(BLOCKS_KEY.to_owned(), blocks::to_text(&hashes)));
    let bytes: Bytes = file.into_inner()?.into();
    let (tail, sum) = (xxh3_64(&bytes[end..]), xxh3_128(&bytes));
    Ok((Encoded { len: bytes.len() as u64, end: end as u64, tail, sum, bytes }, memory))
}

/// The leaves' writers by the column at the top that they belong to.
fn columns(
    descriptor: &SchemaDescriptor,
    leaves: impl Iterator<Item = ArrowColumnWriter>,
) -> Vec<Vec<ArrowColumnWriter>> {
    let mut columns: Vec<Vec<ArrowColumnWriter>> = Vec::new();
    for (at, leaf) in leaves.enumerate() {
        let root = descriptor.get_column_root_idx(at);
        columns.resize_with(columns.len().max(root + 1), Vec::new);
        columns[root].push(leaf);
    }
    columns
}

/// Encodes the column at the top at position `at`.
fn encode_column(
    request: &EncodeRequest<'_>,
    at: usize,
    mut writers: Vec<ArrowColumnWriter>,
) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
    for batch in request.batches {
        let leaves = compute_leaves(request.schema.field(at), batch.column(at))?;
        for (writer, leaf) in writers.iter_mut().zip(leaves) {
            writer.write(&leaf)?;
        }
    }
    writers.into_iter().map(ArrowColumnWriter::close).collect()
}

fn properties(request: &EncodeRequest<'_>) -> Result<WriterProperties, ParquetError> {
    let descriptor = ArrowSchemaConverter::new().convert(request.schema)?;
    let ordered = leaf(&descriptor, request.ordered_on);
    let fingerprint = xxh3_64(parquet::arrow::encode_arrow_schema(request.schema).as_bytes());
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(compression(request.compression)?)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(BOUND))
        .set_column_index_truncate_length(Some(BOUND))
        .set_max_row_group_row_count(Some(usize::MAX))
        .set_sorting_columns(
            ordered.map(|at| vec![SortingColumn { column_idx: at, descending: false, nulls_first: false }]),
        )
        .set_key_value_metadata(Some(vec![
            KeyValue::new("varvite.format".to_owned(), "1".to_owned()),
            KeyValue::new("varvite.dataset".to_owned(), request.dataset_id.to_owned()),
            KeyValue::new("varvite.schema_fingerprint".to_owned(), format!("{fingerprint:016x}")),
        ]));
    for column in descriptor.columns() {
        let parts = column.path().parts();
        // Leaves of lists and structs keep the writer's default, a dictionary.
        let [name] = parts else { continue };
        let values: Vec<&ArrayRef> = request.batches.iter().filter_map(|batch| batch.column_by_name(name)).collect();
        builder = match encoding_for(column, &values, request.ordered_on.parts() == parts) {
            ColumnEncoding::Dictionary => builder,
            other => builder
                .set_column_dictionary_enabled(column.path().clone(), false)
                .set_column_encoding(column.path().clone(), parquet_encoding(other)),
        };
    }
    Ok(builder.build())
}

/// What suits the values, as far as the column's physical type takes it.
fn encoding_for(column: &ColumnDescPtr, values: &[&ArrayRef], is_ordered: bool) -> ColumnEncoding {
    use parquet::basic::Type::{DOUBLE, FLOAT, INT32, INT64};
    match (choose(values, is_ordered), column.physical_type()) {
        (ColumnEncoding::Delta, INT32 | INT64) => ColumnEncoding::Delta,
        (ColumnEncoding::ByteStreamSplit, FLOAT | DOUBLE) => ColumnEncoding::ByteStreamSplit,
        (ColumnEncoding::Plain, _) => ColumnEncoding::Plain,
        _ => ColumnEncoding::Dictionary,
    }
}

fn parquet_encoding(encoding: ColumnEncoding) -> Encoding {
    match encoding {
        ColumnEncoding::Delta => Encoding::DELTA_BINARY_PACKED,
        ColumnEncoding::ByteStreamSplit => Encoding::BYTE_STREAM_SPLIT,
        ColumnEncoding::Dictionary | ColumnEncoding::Plain => Encoding::PLAIN,
    }
}

fn leaf(descriptor: &SchemaDescriptor, ordered_on: &ColumnPath) -> Option<i32> {
    let at = descriptor.columns().iter().position(|column| column.path().parts() == ordered_on.parts())?;
    i32::try_from(at).ok()
}

fn compression(compression: Compression) -> Result<ParquetCompression, ParquetError> {
    Ok(match compression {
        Compression::None => ParquetCompression::UNCOMPRESSED,
        Compression::Snappy => ParquetCompression::SNAPPY,
        Compression::Lz4 => ParquetCompression::LZ4_RAW,
        Compression::Zstd => ParquetCompression::ZSTD(ZstdLevel::try_new(1)?),
    })
}

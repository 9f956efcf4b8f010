//! How much a file may ask of its reader. Whoever can write a file can also write hashes that fit it, so that nothing
//! in it is believed about sizes: each limit holds before memory is taken.

use parquet::basic::Type;
use parquet::file::metadata::ColumnChunkMetaData;

/// Largest part after the row group: indexes and footer. Larger ones are not written.
pub(super) const MAX_TAIL: u64 = 64 << 20;
/// Most rows of a row group.
pub(crate) const MAX_ROWS: u64 = 1 << 31;
/// Most columns, lists and structs of a schema, the nested ones included.
pub(super) const MAX_NODES: usize = 1 << 16;
/// Deepest nesting of a schema, as Parquet counts it: a list is two levels.
pub(super) const MAX_DEPTH: usize = 200;
/// Largest page, before and after it is decompressed. A page is cut at about 1 MiB, but never within a row.
pub(super) const MAX_PAGE: u64 = MAX_ROW + (16 << 20);
/// Memory that a batch may take, beside [`PAGE`] for each column: of more, fewer rows are read at once.
pub(super) const MAX_BATCH: u64 = 256 << 20;
/// Memory that one row may take, beside [`PAGE`] for each column. Larger ones are not written.
pub(super) const MAX_ROW: u64 = 1 << 30;
/// Memory for a page of a column while it is decoded, as large as pages usually are.
pub(super) const PAGE: u64 = 4 << 20;

/// The memory that all rows of a column chunk take when they are decoded, at most, by what its metadata says.
pub(super) fn memory(chunk: &ColumnChunkMetaData) -> u64 {
    const VALUE_AND_LEVELS: u64 = 20;
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let texts = count(chunk.unencoded_byte_array_data_bytes().unwrap_or_default());
    let value = match chunk.column_type() {
        Type::FIXED_LEN_BYTE_ARRAY => VALUE_AND_LEVELS + count(chunk.column_descr().type_length().into()),
        _ => VALUE_AND_LEVELS,
    };
    // A value counts once more in a dictionary.
    let values = count(chunk.num_values()).saturating_mul(2 * value);
    texts.saturating_add(count(chunk.uncompressed_size())).saturating_add(values)
}

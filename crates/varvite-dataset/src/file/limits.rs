//! How much a file may ask of its reader. Whoever can write a file can also write hashes that fit it, so that nothing
//! in it is believed about sizes: each limit holds before memory is taken.

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

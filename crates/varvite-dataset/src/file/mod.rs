//! One row group in one Parquet file: encoded with checksums, read back verified and within limits.

mod blocks;
mod budget;
mod current;
mod decode;
mod decompress;
mod encode;
mod encoding;
mod footer;
mod foreign;
mod indices;
mod limits;
mod open;
mod page_header;
mod pages;
mod portions;
mod search;
mod side_by_side;
mod stored;
mod table;
mod texts;
mod thrift;
mod verified;

pub(crate) use current::CurrentFile;
pub(crate) use current::older_than_columns;
pub(crate) use encode::{EncodeRequest, encode};
pub(crate) use foreign::ForeignFile;
pub(crate) use limits::MAX_ROWS;
#[cfg(feature = "polars")]
pub(crate) use open::verify_footer;
pub(crate) use open::{OpenFile, open, verify_whole};
pub(crate) use portions::Portions;
pub use portions::{DEFAULT_BATCH_SIZE, DEFAULT_READ_AHEAD};
pub(crate) use stored::StoredFile;
pub(crate) use table::Table;

use parquet::errors::ParquetError;

/// Footer entry that holds the hashes of the blocks, as hex text.
const BLOCKS_KEY: &str = "varvite.blocks";

/// Runs the Parquet library on bytes that anybody may have written: a panic of it is an error like others.
///
/// Its decoders check most of what they read, and panic at some of the rest. Nothing that `decode` touched is used
/// afterwards. With `panic = "abort"` this has no effect.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode));
    caught.unwrap_or_else(|_| Err(ParquetError::General("the decoder panicked".to_owned())))
}

//! One row group in one Parquet file: encoded with checksums, read back verified.

mod blocks;
mod current;
mod encode;
mod encoding;
mod open;
mod stored;
mod verified;

pub(crate) use current::CurrentFile;
pub(crate) use encode::{EncodeRequest, encode};
pub(crate) use open::{OpenFile, open, verify_whole};
pub(crate) use stored::StoredFile;

/// Footer entry that holds the hashes of the blocks, as hex text.
const BLOCKS_KEY: &str = "varvite.blocks";

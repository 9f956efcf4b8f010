//! Pages as they were before they were compressed.

use std::cell::RefCell;

use bytes::Bytes;
use parquet::errors::ParquetError;
use zstd::bulk::Decompressor;

thread_local! {
    /// One for all columns that a thread reads: the Parquet library has one a column, of some hundred kilobytes each.
    static ZSTD: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The bytes of a page, of which the first `plain` are not compressed; `len` of them in the end.
pub(super) fn zstd(page: &[u8], plain: usize, len: usize) -> Result<Bytes, ParquetError> {
    let wrong = || ParquetError::General(format!("a page does not have {len} bytes when it is decompressed"));
    let (levels, values) = page.split_at_checked(plain).ok_or_else(wrong)?;
    let expected = len.checked_sub(plain).ok_or_else(wrong)?;
    let mut decompressed = Vec::with_capacity(expected);
    // A page without values has no bytes.
    if expected > 0 {
        ZSTD.with_borrow_mut(|decompressor| {
            let decompressor = match decompressor {
                Some(decompressor) => decompressor,
                none => none.insert(Decompressor::new()?),
            };
            decompressor.decompress_to_buffer(values, &mut decompressed)
        })?;
    }
    if decompressed.len() != expected {
        return Err(wrong());
    }
    Ok(if plain == 0 { decompressed.into() } else { [levels, &decompressed].concat().into() })
}

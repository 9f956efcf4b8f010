//! The hashes that cover a row group's bytes, block by block.

use xxhash_rust::xxh3::xxh3_64;

/// Bytes that one hash covers.
pub(super) const BLOCK: u64 = 64 * 1024;

/// One XXH3-64 per block of `bytes`; the last block may be short.
pub(super) fn hash(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks(usize::try_from(BLOCK).unwrap_or(usize::MAX)).map(xxh3_64).collect()
}

/// 16 hex digits a hash.
pub(super) fn to_text(hashes: &[u64]) -> String {
    hashes.iter().map(|hash| crate::hex::encode(&hash.to_be_bytes())).collect()
}

/// The inverse of [`to_text`].
pub(super) fn from_text(text: &str) -> Option<Vec<u64>> {
    if !text.len().is_multiple_of(16) {
        return None;
    }
    text.as_bytes().chunks(16).map(|digits| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).collect()
}

/// How many blocks cover `end` bytes.
pub(super) fn count(end: u64) -> u64 {
    end.div_ceil(BLOCK)
}

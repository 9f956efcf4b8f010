//! [`Bits`]: which values are there.

/// Bits of a mask, the first one being the lowest of its byte: which values of a chunk are not null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Bits<'a> {
    /// The bits of `bytes` from the `offset`th one.
    pub(crate) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    /// Whether a row's bit is set.
    pub(crate) fn get(self, row: usize) -> bool {
        let at = self.offset + row;
        self.bytes[at / 8] >> (at % 8) & 1 == 1
    }
}

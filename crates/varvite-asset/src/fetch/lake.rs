//! The bytes of a dated file as the one value of a batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, LargeBinaryArray, RecordBatch};
use arrow::buffer::{Buffer, OffsetBuffer};
use bytes::Bytes;

use crate::{Error, Result};

/// The bytes themselves, not a copy.
pub(super) fn as_value(bytes: Bytes) -> Result<RecordBatch> {
    let failed = |source| Error::Arrow { action: "take the bytes of the file", source };
    let offsets = OffsetBuffer::from_lengths([bytes.len()]);
    let content = LargeBinaryArray::try_new(offsets, Buffer::from(bytes), None).map_err(failed)?;
    RecordBatch::try_from_iter([("content", Arc::new(content) as ArrayRef)]).map_err(failed)
}

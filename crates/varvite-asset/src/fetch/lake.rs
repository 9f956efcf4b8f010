//! Reading dated files: as rows of a model, or as bytes.

use std::sync::Arc;

use arrow::array::{ArrayRef, LargeBinaryArray, RecordBatch};
use arrow::buffer::{Buffer, OffsetBuffer};
use bytes::Bytes;
use varvite_storage::Storage;

use crate::catalog::decode_lake;
use crate::{Error, LakeEntry, PlannedScan, Result, Want};

/// The rows of a file, or, where no columns are known, its bytes as the one value of a batch.
pub(super) fn read(
    storage: &dyn Storage,
    want: &Want,
    scan: &PlannedScan,
    entry: &LakeEntry,
) -> Result<Vec<RecordBatch>> {
    let bytes = storage.get(&entry.path).map_err(|source| Error::Storage {
        operation: "reading",
        path: entry.path.clone(),
        source,
    })?;
    match want.schemas.get(&scan.part.version) {
        None => Ok(vec![as_value(bytes)?]),
        Some(model) => decode_lake(model, entry.format.parse()?, bytes),
    }
}

/// The bytes themselves, not a copy.
fn as_value(bytes: Bytes) -> Result<RecordBatch> {
    let failed = |source| Error::Arrow { action: "take the bytes of the file", source };
    let offsets = OffsetBuffer::from_lengths([bytes.len()]);
    let content = LargeBinaryArray::try_new(offsets, Buffer::from(bytes), None).map_err(failed)?;
    RecordBatch::try_from_iter([("content", Arc::new(content) as ArrayRef)]).map_err(failed)
}

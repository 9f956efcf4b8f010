//! [`Spill`]: batches that do not fit into memory, in a file without a name.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;

use crate::{Error, Result};

/// A scratch file of batches. Nothing of it outlives the write.
#[derive(Debug)]
pub(crate) struct Spill(Mutex<File>);

/// Where a batch stands in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spilled {
    offset: u64,
    len: usize,
}

impl Spill {
    pub(crate) fn new(file: File) -> Self {
        Self(Mutex::new(file))
    }

    /// Writes a batch to the end: a stream of its own, so that dictionaries may differ from batch to batch.
    pub(crate) fn write(&self, batch: &RecordBatch) -> Result<Spilled> {
        let encode = || {
            let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref())?;
            writer.write(batch)?;
            writer.into_inner()
        };
        let bytes = encode().map_err(|source| Error::Arrow { action: "put rows aside", source })?;
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        Ok(Spilled { offset, len: bytes.len() })
    }

    pub(crate) fn read(&self, at: Spilled) -> Result<RecordBatch> {
        let mut bytes = vec![0; at.len];
        {
            let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(at.offset)).map_err(failed)?;
            file.read_exact(&mut bytes).map_err(failed)?;
        }
        let decode = || StreamReader::try_new(Cursor::new(bytes), None)?.next().transpose();
        let batch = decode().map_err(|source| Error::Arrow { action: "read rows that were put aside", source })?;
        batch.ok_or_else(|| failed(std::io::Error::other("a batch is missing")))
    }
}

fn failed(source: std::io::Error) -> Error {
    let path = varvite_storage::StoragePath::root();
    let source = varvite_storage::Error::Io { action: "use a scratch file in", path: path.clone(), source };
    Error::Storage { operation: "putting rows aside", path, source }
}

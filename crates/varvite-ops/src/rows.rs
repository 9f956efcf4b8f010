//! [`Rows`]: a batch within a saved state, as text.

use arrow::array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A batch that serde writes as its Arrow IPC stream in base64.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows(pub(crate) RecordBatch);

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = || {
            let mut writer = StreamWriter::try_new(Vec::new(), self.0.schema_ref())?;
            writer.write(&self.0)?;
            writer.into_inner()
        };
        serializer.serialize_str(&STANDARD.encode(written().map_err(S::Error::custom)?))
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        let mut reader = StreamReader::try_new(bytes.as_slice(), None).map_err(D::Error::custom)?;
        let batch = reader.next().ok_or_else(|| D::Error::custom("no rows in a saved batch"))?;
        batch.map(Self).map_err(D::Error::custom)
    }
}

//! Rows between this crate's Arrow and the one that an engine's client was built with: as IPC bytes, which both know.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow58::array::RecordBatch as Theirs;
use arrow58::datatypes::SchemaRef as TheirSchema;

use crate::EngineError;

type Result<T> = std::result::Result<T, EngineError>;

/// Rows of an engine.
pub(crate) fn ours(rows: &Theirs) -> Result<RecordBatch> {
    let mut buffer = Buffer::from(bytes(&rows.schema(), Some(rows))?);
    let mut decoder = arrow_ipc::reader::StreamDecoder::new();
    decoder.decode(&mut buffer)?.ok_or_else(|| "the rows of the engine ended early".into())
}

/// Columns of an engine.
pub(crate) fn our_schema(schema: &TheirSchema) -> Result<SchemaRef> {
    let bytes = bytes(schema, None)?;
    Ok(arrow_ipc::reader::StreamReader::try_new(bytes.as_slice(), None)?.schema())
}

/// Rows for an engine.
pub(crate) fn theirs(rows: &RecordBatch) -> Result<Theirs> {
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &rows.schema())?;
    writer.write(rows)?;
    let bytes = writer.into_inner()?;
    let mut reader = arrow58::ipc::reader::StreamReader::try_new(bytes.as_slice(), None)?;
    reader.next().unwrap_or_else(|| Ok(Theirs::new_empty(reader.schema()))).map_err(Into::into)
}

fn bytes(schema: &TheirSchema, rows: Option<&Theirs>) -> Result<Vec<u8>> {
    let mut writer = arrow58::ipc::writer::StreamWriter::try_new(Vec::new(), schema)?;
    if let Some(rows) = rows {
        writer.write(rows)?;
    }
    Ok(writer.into_inner()?)
}

/// Rows of these columns.
pub(crate) fn with_columns(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{StringArray, TimestampNanosecondArray};

    #[test]
    fn rows_come_back_as_they_went() {
        let times = TimestampNanosecondArray::from(vec![Some(1), None, Some(i64::MAX)]).with_timezone("UTC");
        let texts = StringArray::from(vec![Some("a"), Some(""), None]);
        let columns = [("t", Arc::new(times) as ArrayRef), ("s", Arc::new(texts) as ArrayRef)];
        let rows =
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
        let there = theirs(&rows).unwrap();
        assert_eq!(ours(&there).unwrap(), rows);
        assert_eq!(our_schema(&there.schema()).unwrap(), rows.schema());
        let none = theirs(&rows.slice(1, 0)).unwrap();
        assert_eq!(ours(&none).unwrap(), rows.slice(0, 0));
    }
}

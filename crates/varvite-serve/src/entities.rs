//! Entities of requests: JSON or Arrow to a table, a query to a table of one row; and tables to answers.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast_with_options, concat_batches};
use arrow::error::ArrowError;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_json::reader::{ReaderBuilder, infer_json_schema_from_iterator};
use arrow_json::writer::{JsonArray, WriterBuilder};
use serde_json::{Map, Value};
use varvite_feature::FeatureStore;
use varvite_schema::FeatureGroupSchema;

use crate::error::{Error, Result};

/// Rows of JSON as a table: integers, texts, booleans by what the rows hold.
pub(crate) fn of_json(rows: &[Map<String, Value>]) -> Result<RecordBatch> {
    let bad = |error: ArrowError| Error::BadRequest(format!("the entities are no table: {error}"));
    let schema = infer_json_schema_from_iterator(rows.iter().map(|row| Ok(Value::Object(row.clone())))).map_err(bad)?;
    let schema = Arc::new(schema);
    let mut decoder =
        ReaderBuilder::new(Arc::clone(&schema)).with_batch_size(rows.len().max(1)).build_decoder().map_err(bad)?;
    decoder.serialize(rows).map_err(bad)?;
    Ok(decoder.flush().map_err(bad)?.unwrap_or_else(|| RecordBatch::new_empty(schema)))
}

/// An Arrow IPC stream as a table.
pub(crate) fn of_arrow(bytes: &[u8]) -> Result<RecordBatch> {
    let bad = |error: ArrowError| Error::BadRequest(format!("the entities are no Arrow stream: {error}"));
    let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(bad)?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(bad)?;
    concat_batches(&schema, &batches).map_err(bad)
}

/// The one entity of a query, in the types that keys of this name have.
pub(crate) fn of_query(store: &FeatureStore, parameters: &[(String, String)]) -> Result<RecordBatch> {
    let state = store.registry().state()?;
    let column = |(name, text): &(String, String)| -> Result<(String, ArrayRef)> {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![text.as_str()]));
        let keys = state.definitions().groups().iter().flat_map(FeatureGroupSchema::entity_keys);
        let Some(key) = keys.into_iter().find(|key| key.name() == name) else {
            return Err(Error::BadRequest(format!("no group has an entity key `{name}`")));
        };
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let value = cast_with_options(&texts, &key.data_type().to_arrow(), &strict);
        let value = value.map_err(|_| Error::BadRequest(format!("`{name}` is {}, not `{text}`", key.data_type())))?;
        Ok((name.clone(), value))
    };
    let columns = parameters.iter().map(column).collect::<Result<Vec<_>>>()?;
    RecordBatch::try_from_iter(columns)
        .map_err(|error| Error::BadRequest(format!("the query names no entity: {error}")))
}

/// A table as JSON: one object a row, nulls said.
pub(crate) fn to_json(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    let rows = writer.into_inner();
    // The writer writes nothing for no rows.
    let rows = if rows.is_empty() { b"[]".to_vec() } else { rows };
    let mut answer = Vec::with_capacity(rows.len() + 12);
    answer.extend_from_slice(b"{\"rows\":");
    answer.extend_from_slice(&rows);
    answer.push(b'}');
    Ok(answer)
}

/// A table as an Arrow IPC stream.
pub(crate) fn to_arrow(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref())?;
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner()?)
}

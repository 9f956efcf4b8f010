//! Columns in and out of Polars, through the Arrow stream format: Polars has an Arrow of its own.

use std::io::Cursor;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use polars::prelude::{
    AnyValue, DataFrame, DataType, IpcStreamReader, IpcStreamWriter, Scalar, SerReader, SerWriter, TimeUnit, TimeZone,
};

use super::judge::asked;
use crate::flow_type::Item;
use crate::value::Value;

/// The type that Polars has for columns of an item type.
pub(super) fn data_type(item: Item) -> Option<DataType> {
    Some(match item {
        Item::F64 => DataType::Float64,
        Item::F32 => DataType::Float32,
        Item::I64 => DataType::Int64,
        Item::I32 => DataType::Int32,
        Item::U32 => DataType::UInt32,
        Item::Bool => DataType::Boolean,
        Item::Str => DataType::String,
        Item::Date => DataType::Date,
        Item::DateTime => DataType::Datetime(TimeUnit::Microseconds, None),
        Item::Timestamp => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        Item::Any | Item::Batch | Item::Other(..) => return None,
    })
}

/// Whether a column of Polars is read as an item type without a change of values.
pub(super) fn fits(found: &DataType, item: Item) -> bool {
    match (found, item) {
        (_, Item::Any)
        | (DataType::Datetime(_, Some(_)), Item::Timestamp)
        | (DataType::Datetime(_, None), Item::DateTime) => true,
        _ => data_type(item).is_some_and(|wanted| wanted == *found),
    }
}

/// One value; nothing if it is of another type.
pub(super) fn scalar(value: &Value, item: Item) -> Option<Scalar> {
    let data_type = data_type(item)?;
    let micros = |time: i64| AnyValue::Datetime(time, TimeUnit::Microseconds, None);
    let value = match (value, item) {
        (Value::Null, _) => AnyValue::Null,
        (Value::F64(value), Item::F64) => AnyValue::Float64(*value),
        #[expect(clippy::cast_possible_truncation, reason = "a node that says f32 has f32")]
        (Value::F64(value), Item::F32) => AnyValue::Float32(*value as f32),
        (Value::I64(value), Item::I64) => AnyValue::Int64(*value),
        (Value::I64(value), Item::I32) => AnyValue::Int32(i32::try_from(*value).ok()?),
        (Value::I64(value), Item::U32) => AnyValue::UInt32(u32::try_from(*value).ok()?),
        (Value::Bool(value), Item::Bool) => AnyValue::Boolean(*value),
        (Value::Str(value), Item::Str) => AnyValue::StringOwned((**value).into()),
        (Value::Date(value), Item::Date) => AnyValue::Date(value.to_epoch_days()),
        (Value::DateTime(value), Item::DateTime) => micros(value.and_utc().timestamp_micros()),
        (Value::Timestamp(value), Item::Timestamp) => {
            AnyValue::DatetimeOwned(value.timestamp_micros(), TimeUnit::Microseconds, Some(TimeZone::UTC.into()))
        }
        _ => return None,
    };
    Some(Scalar::new(data_type, value))
}

/// The rows of a batch as a frame.
pub(super) fn to_frame(batch: &RecordBatch) -> Result<DataFrame, String> {
    if batch.num_columns() == 0 {
        return Ok(DataFrame::empty());
    }
    let write = || {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
        writer.write(batch)?;
        writer.into_inner()
    };
    let bytes = write().map_err(|error| format!("rows cannot be given to Polars: {error}"))?;
    // Of some types that it has not, it panics.
    let read = asked(|| IpcStreamReader::new(Cursor::new(bytes)).finish().map_err(|error| error.to_string()));
    read.map_err(|error| format!("rows cannot be given to Polars: {error}"))
}

/// The rows of a frame as a batch.
pub(super) fn to_batch(mut frame: DataFrame) -> Result<RecordBatch, String> {
    let mut bytes = Vec::new();
    let written = IpcStreamWriter::new(&mut bytes).finish(&mut frame);
    written.map_err(|error| format!("rows cannot be taken from Polars: {error}"))?;
    let read = || {
        let reader = StreamReader::try_new(Cursor::new(bytes), None)?;
        let schema = reader.schema();
        let batches = reader.collect::<Result<Vec<_>, _>>()?;
        concat_batches(&schema, &batches)
    };
    read().map_err(|error| format!("rows cannot be taken from Polars: {error}"))
}

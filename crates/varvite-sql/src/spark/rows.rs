//! Rows to the server and from it.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use proto::execute_plan_response::ResponseType;
use proto::relation::RelType;
use spark_connect_proto as proto;

use super::ENGINE;
use super::relations::ddl;
use crate::external::Rows;
use crate::{Error, Result};

/// Bytes of rows that are sent along: the server takes messages of up to 128 MiB.
const MOST: usize = 64 << 20;

/// Rows that are sent along.
pub(super) fn relation(table: &str, rows: Rows) -> Result<proto::Relation> {
    let schema = taken(&rows.schema);
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).map_err(Error::arrow("send rows"))?;
    for batch in rows.batches {
        writer.write(&converted(table, &batch?, &schema)?).map_err(Error::arrow("send rows"))?;
        if writer.get_ref().len() > MOST {
            let what = format!("be sent more than {MOST} bytes of rows, as of table `{table}`, which is no file");
            return Err(Error::Unsupported { engine: ENGINE, what });
        }
    }
    let data = writer.into_inner().map_err(Error::arrow("send rows"))?;
    let relation = proto::LocalRelation { data: Some(data.into()), schema: Some(ddl(table, &rows.schema)?) };
    Ok(proto::Relation { common: None, rel_type: Some(RelType::LocalRelation(relation)) })
}

/// The rows of an answer, if it has any.
pub(super) fn read(answer: &proto::ExecutePlanResponse) -> Result<Option<(SchemaRef, Vec<RecordBatch>)>> {
    let Some(ResponseType::ArrowBatch(batch)) = &answer.response_type else { return Ok(None) };
    let action = "read the rows of the server";
    let reader = arrow_ipc::reader::StreamReader::try_new(&batch.data[..], None).map_err(Error::arrow(action))?;
    let schema = reader.schema();
    let batches: std::result::Result<Vec<RecordBatch>, _> = reader.collect();
    Ok(Some((schema, batches.map_err(Error::arrow(action))?)))
}

/// The columns of rows as Spark takes them from Arrow.
fn taken(schema: &SchemaRef) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        let of = match field.data_type() {
            DataType::UInt8 => DataType::Int16,
            DataType::UInt16 => DataType::Int32,
            DataType::UInt32 => DataType::Int64,
            DataType::UInt64 => DataType::Decimal128(20, 0),
            DataType::Utf8View => DataType::Utf8,
            DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            DataType::Timestamp(_, zone) => {
                DataType::Timestamp(TimeUnit::Microsecond, zone.as_ref().map(|_| Arc::from("UTC")))
            }
            other => other.clone(),
        };
        Arc::new(Field::new(field.name(), of, true))
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// Rows as Spark takes them, if that loses nothing.
fn converted(table: &str, rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let action = "take the rows of a table";
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(rows.num_columns());
    for (column, field) in rows.columns().iter().zip(schema.fields()) {
        let there = cast_with_options(column, field.data_type(), &exact).map_err(Error::arrow(action))?;
        if matches!(column.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _)) {
            let back = cast_with_options(&there, column.data_type(), &exact).map_err(Error::arrow(action))?;
            if &back != column {
                let what = format!("hold the nanoseconds of column `{}` of table `{table}`", field.name());
                return Err(Error::Unsupported { engine: ENGINE, what });
            }
        }
        columns.push(there);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(Error::arrow(action))
}

//! The columns that a group's rows are stored with, and how stored rows become rows as they are defined now.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use varvite_schema::{ColumnRole, FeatureGroupSchema};

use crate::error::arrow;
use crate::{Error, Result};

/// The column that tells which commit wrote a row: the dataset's version then, as Iceberg's row lineage has it.
pub(crate) const COMMIT: &str = "__commit";

/// The column that rows of a group are ordered on: the event time; without one, the order in which they came.
pub(crate) fn ordered_on(group: &FeatureGroupSchema) -> &str {
    group.event_time().map_or(COMMIT, |time| time.name())
}

/// The names of the entity keys.
pub(crate) fn key_names(group: &FeatureGroupSchema) -> Vec<&str> {
    group.entity_keys().iter().map(varvite_schema::EntityKey::name).collect()
}

/// The columns of a group in the order of its definition, without [`COMMIT`]. Times that the definition leaves open have
/// the type of those stored; while nothing is stored, that of `first`, or microseconds in UTC.
pub(crate) fn defined(group: &FeatureGroupSchema, stored: Option<&Schema>, first: Option<&Schema>) -> SchemaRef {
    let found = |schema: Option<&Schema>, name: &str| {
        let field = schema?.field_with_name(name).ok()?;
        is_time(field.data_type()).then(|| field.data_type().clone())
    };
    let fields = group.columns().map(|column| {
        let data_type = match (column.role, column.data_type) {
            (ColumnRole::EventTime | ColumnRole::CreatedTime, declared) => found(stored, column.name)
                .or_else(|| declared.map(varvite_schema::DataType::to_arrow))
                .or_else(|| found(first, column.name))
                .unwrap_or_else(utc_us),
            (_, declared) => declared.map_or(DataType::Null, varvite_schema::DataType::to_arrow),
        };
        Field::new(column.name, data_type, !is_always_there(column.role))
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn is_always_there(role: ColumnRole) -> bool {
    matches!(role, ColumnRole::EntityKey | ColumnRole::EventTime)
}

pub(crate) fn utc_us() -> DataType {
    DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()))
}

pub(crate) fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

/// The same columns and [`COMMIT`].
pub(crate) fn stored(defined: &Schema) -> SchemaRef {
    let mut fields: Vec<_> = defined.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(COMMIT, DataType::Int64, false)));
    Arc::new(Schema::new(fields))
}

/// `batch` with the columns of `wanted`: those stored before a column came have nulls, those stored narrower are widened.
pub(crate) fn adapt(batch: &RecordBatch, wanted: &SchemaRef) -> Result<RecordBatch> {
    let columns = wanted.fields().iter().map(|field| adapt_column(batch, field)).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(wanted), columns, &options).map_err(arrow("put columns together"))
}

fn adapt_column(batch: &RecordBatch, field: &Field) -> Result<ArrayRef> {
    match batch.column_by_name(field.name()) {
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        Some(column) => as_type(column, field.data_type()),
    }
}

/// The column in another type that holds its values.
pub(crate) fn as_type(column: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, Error> {
    if column.data_type() == data_type {
        return Ok(Arc::clone(column));
    }
    // A value that the type does not hold, since somebody widened it meanwhile, is an error and no null.
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, data_type, &options).map_err(arrow("widen a column"))
}

//! How columns may change: nullable ones are added, types become wider without loss. Stored files stay as they are.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

use crate::schema::mismatch;
use crate::{ColumnPath, Error, Result};

/// Whether every value of `from` is a value of `to`, as Iceberg's type promotion has it.
fn widens(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, Decimal128, Decimal256, Float16, Float32, Float64, Int8, Int16, Int32, Int64, LargeBinary, LargeUtf8,
        UInt8, UInt16, UInt32, UInt64, Utf8,
    };
    match (from, to) {
        (Int8 | UInt8, Int16 | Int32 | Int64 | Float64)
        | (Int16 | UInt16, Int32 | Int64 | Float64)
        | (Int32 | UInt32, Int64 | Float64)
        | (UInt8, UInt16 | UInt32 | UInt64)
        | (UInt16, UInt32 | UInt64)
        | (UInt32, UInt64)
        | (Float16, Float32 | Float64)
        | (Float32, Float64)
        | (Utf8, LargeUtf8)
        | (Binary, LargeBinary) => true,
        (Decimal128(precision, scale), Decimal128(wider, same) | Decimal256(wider, same))
        | (Decimal256(precision, scale), Decimal256(wider, same)) => scale == same && wider >= precision,
        _ => false,
    }
}

/// Fails unless everything stored as `stored` can be read as `wider`.
pub(crate) fn widened(stored: &Schema, wider: &Schema) -> Result<()> {
    for field in stored.fields() {
        let Ok(now) = wider.field_with_name(field.name()) else {
            return Err(mismatch(field.name(), "columns are never removed"));
        };
        let fits = field.data_type() == now.data_type() || widens(field.data_type(), now.data_type());
        if !fits {
            let reason = format!("{} does not hold every value of {}", now.data_type(), field.data_type());
            return Err(mismatch(field.name(), &reason));
        }
        if field.is_nullable() && !now.is_nullable() {
            return Err(mismatch(field.name(), "it has nulls"));
        }
    }
    let is_new = |field: &&FieldRef| stored.column_with_name(field.name()).is_none();
    match wider.fields().iter().filter(is_new).find(|field| !field.is_nullable()) {
        Some(field) => Err(mismatch(field.name(), "stored rows do not have it, so that it must be nullable")),
        None => Ok(()),
    }
}

/// The columns that hold both what is stored and what is given: the stored ones first, the wider type of each. The
/// ordered column stays as it is.
pub(crate) fn evolved(stored: &SchemaRef, given: &Schema, ordered_on: &ColumnPath) -> Result<SchemaRef> {
    let wider = |field: &FieldRef| -> Result<FieldRef> {
        let Ok(new) = given.field_with_name(field.name()) else {
            return if field.is_nullable() {
                Ok(Arc::clone(field))
            } else {
                Err(mismatch(field.name(), "the rows do not have it, and it has no nulls"))
            };
        };
        let changed = |data_type: &DataType| Arc::new(Field::new(field.name(), data_type.clone(), field.is_nullable()));
        match (field.data_type(), new.data_type()) {
            (stored, given) if widens(stored, given) && field.name() != ordered_on.top() => Ok(changed(given)),
            // The same, or narrower: whether it fits is asked when rows are conformed.
            _ => Ok(Arc::clone(field)),
        }
    };
    let mut fields = stored.fields().iter().map(wider).collect::<Result<Vec<_>>>()?;
    let added = given.fields().iter().filter(|field| stored.column_with_name(field.name()).is_none());
    fields.extend(added.map(|field| Arc::new(field.as_ref().clone().with_nullable(true))));
    let evolved = Schema::new(fields);
    Ok(if evolved.fields() == stored.fields() { Arc::clone(stored) } else { Arc::new(evolved) })
}

/// `batch` with the columns of `schema`, which is as wide or wider: nulls where it has none.
pub(crate) fn adapt(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let columns = schema.fields().iter().map(|field| adapt_column(batch, field)).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|source| Error::Arrow { action: "widen columns", source })
}

fn adapt_column(batch: &RecordBatch, field: &Field) -> Result<ArrayRef> {
    match batch.column_by_name(field.name()) {
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
        Some(column) if widens(column.data_type(), field.data_type()) => {
            arrow::compute::cast(column, field.data_type())
                .map_err(|source| Error::Arrow { action: "widen columns", source })
        }
        Some(column) => {
            let reason = format!("{} does not hold every value of {}", field.data_type(), column.data_type());
            Err(mismatch(field.name(), &reason))
        }
    }
}

/// `given` with narrower columns widened and missing ones filled with nulls; what does not fit is left as it is, for
/// the comparison that names it.
pub(crate) fn filled(given: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let column = |field: &FieldRef| -> Result<Option<(FieldRef, ArrayRef)>> {
        Ok(match given.column_by_name(field.name()) {
            None if field.is_nullable() => {
                Some((Arc::clone(field), new_null_array(field.data_type(), given.num_rows())))
            }
            None => None,
            Some(column) if widens(column.data_type(), field.data_type()) => {
                let wide = arrow::compute::cast(column, field.data_type());
                let wide = wide.map_err(|source| Error::Arrow { action: "widen columns", source })?;
                Some((Arc::clone(field), wide))
            }
            Some(column) => {
                let given = given.schema_ref().field_with_name(field.name()).cloned();
                Some((given.map_or_else(|_| Arc::clone(field), Arc::new), Arc::clone(column)))
            }
        })
    };
    let found = schema.fields().iter().filter_map(|field| column(field).transpose()).collect::<Result<Vec<_>>>()?;
    let (fields, columns): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(given.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|source| Error::Arrow { action: "widen columns", source })
}

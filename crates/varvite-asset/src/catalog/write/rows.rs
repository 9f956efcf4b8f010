//! Rows as a model says them: columns by name, in stored order, of the stored types.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::{CastOptions, cast, cast_with_options, concat_batches};
use arrow::datatypes::{DataType, Date32Type, Int64Type, SchemaRef, TimeUnit as ArrowUnit};
use arrow::error::ArrowError;
use varvite_time::TimeUnit;

use crate::{ColumnDefault, Error, ModelSchema, Result};

/// What rows that are given are called in messages.
pub(crate) const GIVEN: &str = "the rows given";

/// One batch of all rows, with the columns of `target`.
///
/// # Errors
/// [`Error::SchemaMismatch`] for columns that are absent, unknown or of another type; [`Error::Decode`] for a null, or a
/// value that the stored type cannot hold.
pub(crate) fn conformed(schema: &ModelSchema, target: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    let mut first_row = 0;
    let mut conformed = Vec::with_capacity(batches.len());
    for batch in batches {
        conformed.push(conform(schema, target, batch, first_row)?);
        first_row += batch.num_rows() as u64;
    }
    concat_batches(target, &conformed).map_err(arrow("join rows"))
}

fn conform(schema: &ModelSchema, target: &SchemaRef, batch: &RecordBatch, first_row: u64) -> Result<RecordBatch> {
    let mismatch = |reason: String| Error::SchemaMismatch { asset: schema.label(), reason };
    if let Some(extra) = batch.schema_ref().fields().iter().find(|field| target.index_of(field.name()).is_err()) {
        let known: Vec<&str> = target.fields().iter().map(|field| field.name().as_str()).collect();
        return Err(mismatch(format!("there is no column `{}`: columns are {}", extra.name(), known.join(", "))));
    }
    let mut columns = Vec::with_capacity(target.fields().len());
    for field in target.fields() {
        let name = field.name();
        let column = match batch.column_by_name(name) {
            Some(column) => without_loss(column, field.data_type())
                .map_err(|reason| mismatch(format!("column `{name}` is {}: {reason}", column.data_type())))?,
            None if schema.column(name).is_some_and(|column| column.default == ColumnDefault::Null) => {
                new_null_array(field.data_type(), batch.num_rows())
            }
            None => return Err(mismatch(format!("the rows have no column `{name}`"))),
        };
        if let Some(row) = first_null(&column).filter(|_| !field.is_nullable()) {
            return Err(Error::Decode {
                asset: schema.label(),
                column: name.clone(),
                row: first_row + row as u64,
                place: GIVEN.to_owned(),
                reason: "it is null, and the column has no nulls".to_owned(),
            });
        }
        columns.push(column);
    }
    RecordBatch::try_new(Arc::clone(target), columns).map_err(arrow("put columns together"))
}

pub(super) fn first_null(column: &ArrayRef) -> Option<usize> {
    if column.null_count() == 0 { None } else { (0..column.len()).find(|row| column.is_null(*row)) }
}

/// The same values in another type of the same family: those that do not come back the same are refused.
pub(crate) fn without_loss(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    let from = column.data_type();
    if from == to {
        return Ok(Arc::clone(column));
    }
    if from != &DataType::Null && family(from) != family(to) {
        return Err(format!("{to} is needed"));
    }
    if let (DataType::Timestamp(_, ours), DataType::Timestamp(unit, theirs)) = (from, to)
        && ours != theirs
    {
        // The same instants: a zone is how they are shown, and times without one are in UTC.
        let counted = without_loss(column, &DataType::Timestamp(*unit, ours.clone()))?;
        let relabelled = cast(&counted, &DataType::Int64).and_then(|ticks| cast(&ticks, to));
        return relabelled.map_err(|error| error.to_string());
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let there = |column: &ArrayRef, to: &DataType| cast_with_options(column, to, &options);
    let lossy = |error: ArrowError| format!("{to} is needed, and not every value is one: {error}");
    let taken = there(column, to).map_err(lossy)?;
    if from == &DataType::Null || there(&taken, from).map_err(lossy)?.to_data() == column.to_data() {
        return Ok(taken);
    }
    Err(format!("{to} is needed, which cannot hold every value"))
}

/// Which types hold the same kind of values. Others are not turned into each other.
fn family(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytes".to_owned()
        }
        whole if whole.is_integer() => "integer".to_owned(),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "float".to_owned(),
        // With and without a zone: an instant in UTC either way.
        DataType::Timestamp(..) | DataType::Date64 => "timestamp".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Duration(_) => "duration".to_owned(),
        decimal if decimal.is_decimal() => "decimal".to_owned(),
        DataType::Dictionary(_, values) => family(values),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("list of {}", family(item.data_type()))
        }
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.name(), family(field.data_type()))).collect();
            format!("struct of {}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// The unit that a column of times counts; `None` for any other column. A date is its midnight in UTC.
pub(crate) fn unit_of(data_type: &DataType) -> Option<TimeUnit> {
    Some(match data_type {
        DataType::Timestamp(ArrowUnit::Second, _) => TimeUnit::Second,
        DataType::Timestamp(ArrowUnit::Millisecond, _) | DataType::Date64 => TimeUnit::Millisecond,
        DataType::Timestamp(ArrowUnit::Microsecond, _) => TimeUnit::Microsecond,
        DataType::Timestamp(ArrowUnit::Nanosecond, _) => TimeUnit::Nanosecond,
        DataType::Date32 => TimeUnit::Day,
        _ => return None,
    })
}

/// The numbers of a column of times.
pub(crate) fn ticks(column: &ArrayRef) -> Result<Int64Array> {
    if column.data_type() == &DataType::Date32 {
        return Ok(column.as_primitive::<Date32Type>().unary::<_, Int64Type>(i64::from));
    }
    let numbers = cast(column, &DataType::Int64).map_err(arrow("read times as numbers"))?;
    Ok(numbers.as_primitive::<Int64Type>().clone())
}

/// The error of an operation of Arrow.
pub(crate) fn arrow(action: &'static str) -> impl FnOnce(ArrowError) -> Error {
    move |source| Error::Arrow { action, source }
}

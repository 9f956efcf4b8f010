//! Floats that JSON has no word for.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use crate::StepError;

/// Refuses NaN and infinities: they would come back as nulls.
pub(super) fn check_finite(rows: &RecordBatch) -> Result<(), StepError> {
    for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
        if !is_finite(column)? {
            return Err(format!("column `{}`: JSON has neither NaN nor infinities", field.name()).into());
        }
    }
    Ok(())
}

fn is_finite(column: &ArrayRef) -> Result<bool, StepError> {
    let all = |rows: &mut dyn Iterator<Item = ArrayRef>| {
        for values in rows {
            if !is_finite(&values)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    match column.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let values = cast(column, &DataType::Float64)?;
            Ok(values.as_primitive::<Float64Type>().iter().flatten().all(f64::is_finite))
        }
        DataType::List(item) if item.data_type().is_nested() || item.data_type().is_floating() => {
            all(&mut column.as_list::<i32>().iter().flatten())
        }
        DataType::LargeList(item) if item.data_type().is_nested() || item.data_type().is_floating() => {
            all(&mut column.as_list::<i64>().iter().flatten())
        }
        DataType::FixedSizeList(item, _) if item.data_type().is_nested() || item.data_type().is_floating() => {
            all(&mut column.as_fixed_size_list().iter().flatten())
        }
        // A part may have values in rows where the whole is null: they are not written, and refused all the same.
        DataType::Struct(_) => all(&mut column.as_struct().columns().iter().cloned()),
        _ => Ok(true),
    }
}

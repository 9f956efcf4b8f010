//! Casting a column to a stored type where nothing is lost.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::text::{BadText, from_text};

/// Why a column could not be cast.
pub(super) enum NotCast {
    /// A value that the type cannot hold.
    Value(BadText),
    /// The types have nothing to do with each other.
    Types(ArrowError),
}

/// Whether values of `from` may be cast to `to` one by one, if they fit.
pub(super) fn may_cast(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Null, _) => true,
        (DataType::Dictionary(_, values), to) if !matches!(to, DataType::Dictionary(..)) => {
            **values == *to || may_cast(values, to)
        }
        (from, DataType::Dictionary(_, values)) => *from == **values || may_cast(from, values),
        (DataType::Timestamp(_, from), DataType::Timestamp(_, to)) => from.is_some() == to.is_some(),
        (from, to) if is_string(from) => is_string(to) || matches!(to, DataType::Timestamp(..) | DataType::Date32),
        (from, to) => from.is_numeric() && to.is_numeric(),
    }
}

/// Whether `from` is of the kind of `to` and holds more: whether it holds all of it is the dataset's question.
pub(super) fn is_wider(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::LargeUtf8, DataType::Utf8) | (DataType::LargeBinary, DataType::Binary) => true,
        (DataType::Decimal128(wide, _) | DataType::Decimal256(wide, _), DataType::Decimal128(narrow, _)) => {
            wide > narrow || matches!(from, DataType::Decimal256(..))
        }
        _ => {
            let same_kind = (from.is_integer() && to.is_integer()) || (from.is_floating() && to.is_floating());
            same_kind && from.primitive_width() > to.primitive_width()
        }
    }
}

fn is_string(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// `column` as `to`, if every value survives.
pub(super) fn cast_exactly(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, NotCast> {
    if column.data_type() == to {
        return Ok(ArrayRef::clone(column));
    }
    if let Some(texts) = texts(column, to)?
        && let Some(parsed) = from_text(texts.as_string(), to)
    {
        return parsed.map_err(NotCast::Value);
    }
    let there = cast_with_options(column, to, &CastOptions { safe: true, ..CastOptions::default() });
    let there = there.map_err(NotCast::Types)?;
    match lost(column, &there)? {
        Some(row) => Err(NotCast::Value(BadText { row, reason: None })),
        None => Ok(there),
    }
}

/// Strings of whatever layout as plain ones, where they are to become times.
fn texts(column: &ArrayRef, to: &DataType) -> Result<Option<ArrayRef>, NotCast> {
    let strings = match column.data_type() {
        DataType::Dictionary(_, values) => is_string(values),
        other => is_string(other),
    };
    if !strings || !to.is_temporal() {
        return Ok(None);
    }
    cast(column, &DataType::Utf8).map(Some).map_err(NotCast::Types)
}

/// The first row whose value does not come back.
fn lost(before: &ArrayRef, after: &ArrayRef) -> Result<Option<usize>, NotCast> {
    if *before.data_type() == DataType::Null {
        return Ok(None);
    }
    // What was spelled otherwise, such as `1.50` for a decimal, is compared as what it became.
    let back = cast(after, before.data_type()).map_err(NotCast::Types)?;
    if *back == **before {
        return Ok(None);
    }
    let differs = |row: &usize| back.slice(*row, 1) != before.slice(*row, 1) && !same_number(before, &back, *row);
    Ok((0..before.len()).find(differs))
}

/// NaN equals NaN, and a text equals another text of the same number, here.
fn same_number(before: &ArrayRef, back: &ArrayRef, row: usize) -> bool {
    if before.is_null(row) != back.is_null(row) {
        return false;
    }
    if let (Some(before), Some(back)) = (before.as_string_opt::<i32>(), back.as_string_opt::<i32>()) {
        return plain_decimal(before.value(row)) == plain_decimal(back.value(row));
    }
    let float = |array: &ArrayRef| {
        let wide = cast(&array.slice(row, 1), &DataType::Float64).ok()?;
        wide.as_primitive_opt::<arrow::datatypes::Float64Type>().map(|wide| wide.value(0))
    };
    before.data_type().is_floating()
        && matches!((float(before), float(back)), (Some(a), Some(b)) if a.is_nan() && b.is_nan())
}

/// `+01.50` as `1.5`.
fn plain_decimal(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.trim_start_matches('+')), |digits| ("-", digits));
    let digits = digits.trim_start_matches('0');
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array, StringArray, TimestampMillisecondArray};
    use arrow::datatypes::TimeUnit;

    use super::*;

    /// The row that is lost, if one is.
    #[track_caller]
    fn check(column: impl Array + 'static, to: &DataType, lost: Option<usize>) {
        let column: ArrayRef = Arc::new(column);
        match (cast_exactly(&column, to), lost) {
            (Ok(array), None) => assert_eq!((array.data_type(), array.null_count()), (to, column.null_count())),
            (Err(NotCast::Value(bad)), Some(row)) => assert_eq!(bad.row, row),
            (Err(NotCast::Types(error)), _) => panic!("{error}"),
            (Err(NotCast::Value(bad)), None) => panic!("row {} is lost: {:?}", bad.row, bad.reason),
            (Ok(_), Some(row)) => panic!("row {row} should be lost"),
        }
    }

    #[test]
    fn integers() {
        check(Int64Array::from(vec![Some(1), None, Some(-7)]), &DataType::Int32, None);
        check(Int64Array::from(vec![1, 1 << 40]), &DataType::Int32, Some(1));
        check(Int64Array::from(vec![0, 1, -1]), &DataType::UInt64, Some(2));
        check(Int64Array::from(vec![1 << 53, (1 << 53) + 1]), &DataType::Float64, Some(1));
    }

    #[test]
    fn floats() {
        check(Float64Array::from(vec![1.0, 2.5]), &DataType::Int64, Some(1));
        check(Float64Array::from(vec![0.5, f64::NAN]), &DataType::Float32, None);
        check(Float64Array::from(vec![0.1]), &DataType::Float32, Some(0));
    }

    #[test]
    fn times() {
        check(TimestampMillisecondArray::from(vec![1_000]), &DataType::Timestamp(TimeUnit::Second, None), None);
        check(TimestampMillisecondArray::from(vec![1_500]), &DataType::Timestamp(TimeUnit::Second, None), Some(0));
        check(StringArray::from(vec!["2024-01-01", "x"]), &DataType::Date32, Some(1));
        assert!(!may_cast(
            &DataType::Timestamp(TimeUnit::Second, None),
            &DataType::Timestamp(TimeUnit::Second, Some("UTC".into()))
        ));
    }

    #[test]
    fn decimals_from_text() {
        check(StringArray::from(vec!["1.5", "-01.50", "0"]), &DataType::Decimal128(10, 2), None);
        check(StringArray::from(vec!["1.5", "1.234"]), &DataType::Decimal128(10, 2), Some(1));
    }
}

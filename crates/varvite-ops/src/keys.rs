//! [`Keys`]: the values of an ordered column, in the few shapes that comparing needs.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch, StringViewArray};
use arrow::buffer::ScalarBuffer;
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit as ArrowUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type, i256,
};
use arrow::util::display::array_value_to_string;
use varvite_time::{TimeUnit, format_instant};

use crate::{Error, Result};

/// Values that never descend and miss nothing.
#[derive(Debug, Clone)]
pub(crate) enum Keys {
    Int(ScalarBuffer<i64>),
    UInt(ScalarBuffer<u64>),
    Float(ScalarBuffer<f64>),
    Decimal(ScalarBuffer<i256>),
    Text(StringViewArray),
}

/// Runs `$body` with `$get` bound to a function from position to a value of the one type that the arm has.
macro_rules! with_keys {
    ($keys:expr, $get:ident => $body:expr) => {
        match $keys {
            Keys::Int(values) => {
                let values: &[i64] = values;
                let $get = |row: usize| values[row];
                $body
            }
            Keys::UInt(values) => {
                let values: &[u64] = values;
                let $get = |row: usize| values[row];
                $body
            }
            Keys::Float(values) => {
                let values: &[f64] = values;
                let $get = |row: usize| values[row];
                $body
            }
            Keys::Decimal(values) => {
                let values: &[i256] = values;
                let $get = |row: usize| values[row];
                $body
            }
            Keys::Text(values) => {
                let $get = |row: usize| values.value(row);
                $body
            }
        }
    };
}

impl Keys {
    /// Takes column `on` of `rows`, which errors call `place`, if its values never descend.
    pub(crate) fn try_new(rows: &RecordBatch, on: &str, place: &str) -> Result<Self> {
        let column = find(rows, on, place)?;
        let refused = |row, found| Error::Unorderable { column: on.to_owned(), place: place.to_owned(), row, found };
        if let Some(row) = column.nulls().and_then(|nulls| nulls.iter().position(|valid| !valid)) {
            return Err(refused(row, "null"));
        }
        let keys = Self::of(column, on, place)?;
        if let Self::Float(values) = &keys
            && let Some(row) = values.iter().position(|value| value.is_nan())
        {
            return Err(refused(row, "NaN"));
        }
        match keys.first_descent() {
            None => Ok(keys),
            Some(row) => Err(Error::Unordered {
                column: on.to_owned(),
                place: place.to_owned(),
                row,
                value: text(column, row),
                before: text(column, row - 1),
            }),
        }
    }

    fn first_descent(&self) -> Option<usize> {
        // The check without positions is the one that compilers make quick.
        let sorted = match self {
            Self::Int(values) => values.is_sorted(),
            Self::UInt(values) => values.is_sorted(),
            Self::Float(values) => values.is_sorted(),
            Self::Decimal(_) | Self::Text(_) => false,
        };
        if sorted {
            return None;
        }
        with_keys!(self, get => (1..self.len()).find(|row| get(*row) < get(*row - 1)))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Int(values) => values.len(),
            Self::UInt(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Decimal(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether the value at `row` lies below that of `other` at `its`; both are of one type.
    pub(crate) fn is_below(&self, row: usize, other: &Self, its: usize) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a[row] < b[its],
            (Self::UInt(a), Self::UInt(b)) => a[row] < b[its],
            (Self::Float(a), Self::Float(b)) => a[row] < b[its],
            (Self::Decimal(a), Self::Decimal(b)) => a[row] < b[its],
            (Self::Text(a), Self::Text(b)) => a.value(row) < b.value(its),
            _ => false,
        }
    }

    fn of(column: &ArrayRef, on: &str, place: &str) -> Result<Self> {
        use ArrowUnit::{Microsecond, Millisecond, Nanosecond, Second};
        Ok(match column.data_type() {
            DataType::Int64 => Self::Int(shared::<Int64Type>(column)),
            DataType::Date64 => Self::Int(shared::<Date64Type>(column)),
            DataType::Timestamp(Second, _) => Self::Int(shared::<TimestampSecondType>(column)),
            DataType::Timestamp(Millisecond, _) => Self::Int(shared::<TimestampMillisecondType>(column)),
            DataType::Timestamp(Microsecond, _) => Self::Int(shared::<TimestampMicrosecondType>(column)),
            DataType::Timestamp(Nanosecond, _) => Self::Int(shared::<TimestampNanosecondType>(column)),
            DataType::Int8 => Self::Int(wide::<Int8Type, _>(column, i64::from)),
            DataType::Int16 => Self::Int(wide::<Int16Type, _>(column, i64::from)),
            DataType::Int32 => Self::Int(wide::<Int32Type, _>(column, i64::from)),
            DataType::Date32 => Self::Int(wide::<Date32Type, _>(column, i64::from)),
            DataType::UInt64 => Self::UInt(shared::<UInt64Type>(column)),
            DataType::UInt8 => Self::UInt(wide::<UInt8Type, _>(column, u64::from)),
            DataType::UInt16 => Self::UInt(wide::<UInt16Type, _>(column, u64::from)),
            DataType::UInt32 => Self::UInt(wide::<UInt32Type, _>(column, u64::from)),
            DataType::Float64 => Self::Float(shared::<Float64Type>(column)),
            DataType::Float32 => Self::Float(wide::<Float32Type, _>(column, f64::from)),
            DataType::Float16 => Self::Float(wide::<Float16Type, _>(column, f64::from)),
            DataType::Decimal256(..) => Self::Decimal(shared::<Decimal256Type>(column)),
            DataType::Decimal128(..) => Self::Decimal(wide::<Decimal128Type, _>(column, i256::from_i128)),
            DataType::Decimal64(..) => Self::Decimal(wide::<Decimal64Type, _>(column, |v| i256::from_i128(v.into()))),
            DataType::Decimal32(..) => Self::Decimal(wide::<Decimal32Type, _>(column, |v| i256::from_i128(v.into()))),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let views = cast(column, &DataType::Utf8View).map_err(Error::arrow("compare strings"))?;
                Self::Text(views.as_string_view().clone())
            }
            other => {
                return Err(Error::UnsupportedType {
                    column: on.to_owned(),
                    place: place.to_owned(),
                    data_type: other.to_string(),
                    reason: "rows are ordered on integers, floats, decimals, strings, dates or timestamps".to_owned(),
                });
            }
        })
    }
}

fn shared<T: ArrowPrimitiveType>(column: &ArrayRef) -> ScalarBuffer<T::Native> {
    let column: &PrimitiveArray<T> = column.as_primitive();
    column.values().clone()
}

fn wide<T: ArrowPrimitiveType, W: arrow::datatypes::ArrowNativeType>(
    column: &ArrayRef,
    widen: impl Fn(T::Native) -> W,
) -> ScalarBuffer<W> {
    column.as_primitive::<T>().values().iter().map(|value| widen(*value)).collect()
}

/// The unit that instants of `data_type` count; `None` if it has no instants.
pub(crate) fn unit(data_type: &DataType) -> Option<TimeUnit> {
    Some(match data_type {
        DataType::Timestamp(ArrowUnit::Second, _) => TimeUnit::Second,
        DataType::Timestamp(ArrowUnit::Millisecond, _) | DataType::Date64 => TimeUnit::Millisecond,
        DataType::Timestamp(ArrowUnit::Microsecond, _) => TimeUnit::Microsecond,
        DataType::Timestamp(ArrowUnit::Nanosecond, _) => TimeUnit::Nanosecond,
        DataType::Date32 => TimeUnit::Day,
        _ => return None,
    })
}

/// Column `name` of `rows`, which errors call `place`.
pub(crate) fn find<'a>(rows: &'a RecordBatch, name: &str, place: &str) -> Result<&'a ArrayRef> {
    rows.column_by_name(name).ok_or_else(|| {
        let names: Vec<String> = rows.schema_ref().fields().iter().map(|field| format!("`{}`", field.name())).collect();
        let known = if names.is_empty() { "they have none".to_owned() } else { names.join(", ") };
        Error::UnknownColumn { column: name.to_owned(), place: place.to_owned(), known }
    })
}

/// A value as people read it. Instants are in UTC, whatever their zone, which Arrow may not know.
pub(crate) fn text(column: &dyn Array, row: usize) -> String {
    let instant = unit(column.data_type()).and_then(|unit| {
        let ticks = cast(&column.slice(row, 1), &DataType::Int64).ok()?;
        Some(format_instant(ticks.as_primitive::<Int64Type>().value(0), unit))
    });
    instant.or_else(|| array_value_to_string(column, row).ok()).unwrap_or_else(|| "?".to_owned())
}

/// How many of `keys`, from `from` on, go before the first that `before` does not hold for: quick when they are few.
pub(crate) fn gallop<T: Copy>(keys: &[T], from: usize, before: impl Fn(T) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step <= keys.len() && before(keys[low + step - 1]) {
        low += step;
        step *= 2;
    }
    let high = keys.len().min(low + step);
    low + keys[low..high].partition_point(|key| before(*key))
}

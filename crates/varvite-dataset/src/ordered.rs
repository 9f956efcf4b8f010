//! [`Ordered`]: the values of an ordered column, checked once.

use std::cmp::Ordering;
use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray};
use arrow::buffer::ScalarBuffer;
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type, i256,
};

use crate::value::text;
use crate::{ColumnPath, Error, OrderedType, OrderedValue, Result};

/// Values that never descend and miss nothing, checked by [`Ordered::try_new`] alone.
#[derive(Debug, Clone)]
pub struct Ordered {
    values: Values,
    ordered_type: OrderedType,
}

/// The values in the few shapes that comparing needs.
#[derive(Debug, Clone)]
enum Values {
    Int(ScalarBuffer<i64>),
    UInt(ScalarBuffer<u64>),
    Float(ScalarBuffer<f64>),
    Decimal(ScalarBuffer<i256>),
    Text(StringViewArray),
}

/// Runs `$body` with `$get` bound to a function from position to a value of the one type that the arm has.
macro_rules! with_values {
    ($values:expr, $get:ident => $body:expr) => {
        match $values {
            Values::Int(values) => {
                let $get = |row: usize| values[row];
                $body
            }
            Values::UInt(values) => {
                let $get = |row: usize| values[row];
                $body
            }
            Values::Float(values) => {
                let $get = |row: usize| Total(values[row]);
                $body
            }
            Values::Decimal(values) => {
                let $get = |row: usize| values[row];
                $body
            }
            Values::Text(values) => {
                let $get = |row: usize| values.value(row);
                $body
            }
        }
    };
}

/// A float that is not NaN; `-0.0` equals `0.0`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Total(f64);

impl Ordered {
    /// Takes the column of `batch` if its values never descend.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`], [`Error::UnorderableType`]; [`Error::Unorderable`] for a null or NaN and
    /// [`Error::Unordered`] for a row smaller than the row before it, each naming the row of the batch.
    pub fn try_new(batch: &RecordBatch, column: &ColumnPath) -> Result<Self> {
        let ordered = Self::unchecked(batch, column)?;
        ordered.check_ascending(column, 0)?;
        Ok(ordered)
    }

    /// Takes the column as it is: without nulls and NaNs, but perhaps not ascending.
    pub(crate) fn unchecked(batch: &RecordBatch, column: &ColumnPath) -> Result<Self> {
        let array = find_array(batch, column)?;
        let ordered_type = OrderedType::try_new(column, array.data_type())?;
        if let Some(row) = array.nulls().and_then(|nulls| nulls.iter().position(|valid| !valid)) {
            return Err(Error::Unorderable { column: column.to_string(), row: row as u64, found: "null" });
        }
        let values = Values::try_from(&array)?;
        if let Values::Float(floats) = &values
            && let Some(row) = floats.iter().position(|value| value.is_nan())
        {
            return Err(Error::Unorderable { column: column.to_string(), row: row as u64, found: "NaN" });
        }
        Ok(Self { values, ordered_type })
    }

    /// Fails at the first row smaller than the row before it; rows are counted from `first_row`.
    pub(crate) fn check_ascending(&self, column: &ColumnPath, first_row: u64) -> Result<()> {
        match self.first_descent() {
            None => Ok(()),
            Some(row) => Err(Error::Unordered {
                column: column.to_string(),
                row: first_row + row as u64,
                value: self.ordered_type.format(&self.value(row)),
                before: self.ordered_type.format(&self.value(row - 1)),
            }),
        }
    }

    fn first_descent(&self) -> Option<usize> {
        with_values!(&self.values, get => (1..self.len()).find(|row| get(*row) < get(*row - 1)))
    }

    /// Positions in ascending order of their values; equal values keep their order.
    ///
    /// # Errors
    /// [`Error::ResourceLimit`] for more rows than 32 bits count.
    pub(crate) fn sorted_positions(&self) -> Result<Vec<u32>> {
        let mut positions: Vec<u32> = (0..sortable(self.len())?).collect();
        with_values!(&self.values, get => {
            positions.sort_by(|a, b| {
                let (a, b) = (get(*a as usize), get(*b as usize));
                PartialOrd::partial_cmp(&a, &b).unwrap_or(Ordering::Equal)
            });
        });
        Ok(positions)
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Int(values) => values.len(),
            Values::UInt(values) => values.len(),
            Values::Float(values) => values.len(),
            Values::Decimal(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column's type.
    pub fn ordered_type(&self) -> &OrderedType {
        &self.ordered_type
    }

    /// The value at `row`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn value(&self, row: usize) -> OrderedValue {
        match &self.values {
            Values::Int(values) => OrderedValue::Int(values[row]),
            Values::UInt(values) => OrderedValue::UInt(values[row]),
            Values::Float(values) => OrderedValue::Float(values[row]),
            Values::Decimal(values) => OrderedValue::Decimal(values[row]),
            Values::Text(values) => text(values.value(row)),
        }
    }

    /// The first and the last value; `None` if there are no values.
    pub fn bounds(&self) -> Option<(OrderedValue, OrderedValue)> {
        (!self.is_empty()).then(|| (self.value(0), self.value(self.len() - 1)))
    }

    /// The first position whose value is not below `bound`; the length if there is none.
    pub fn lower_bound(&self, bound: &OrderedValue) -> usize {
        partition_point(0..self.len(), |row| self.compare(row, bound) == Ordering::Less)
    }

    /// The first position whose value is above `bound`; the length if there is none.
    pub fn upper_bound(&self, bound: &OrderedValue) -> usize {
        partition_point(0..self.len(), |row| self.compare(row, bound) != Ordering::Greater)
    }

    fn compare(&self, row: usize, bound: &OrderedValue) -> Ordering {
        match (&self.values, bound) {
            (Values::Int(values), OrderedValue::Int(bound)) => values[row].cmp(bound),
            (Values::Text(values), OrderedValue::Text(bound)) => values.value(row).cmp(bound),
            _ => self.value(row).cmp(bound),
        }
    }

    /// Whether the values at `row` and at the next row are equal.
    pub(crate) fn ties_with_next(&self, row: usize) -> bool {
        with_values!(&self.values, get => get(row) == get(row + 1))
    }

    /// The same values in memory of their own, so that the batch that they are of can go.
    pub(crate) fn detached(&self) -> Self {
        let values = match &self.values {
            Values::Int(values) => Values::Int(values.to_vec().into()),
            Values::UInt(values) => Values::UInt(values.to_vec().into()),
            Values::Float(values) => Values::Float(values.to_vec().into()),
            Values::Decimal(values) => Values::Decimal(values.to_vec().into()),
            Values::Text(values) => Values::Text(values.gc()),
        };
        Self { values, ordered_type: self.ordered_type.clone() }
    }

    /// These rows alone.
    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        let (start, len) = (rows.start, rows.len());
        let values = match &self.values {
            Values::Int(values) => Values::Int(values.slice(start, len)),
            Values::UInt(values) => Values::UInt(values.slice(start, len)),
            Values::Float(values) => Values::Float(values.slice(start, len)),
            Values::Decimal(values) => Values::Decimal(values.slice(start, len)),
            Values::Text(values) => Values::Text(values.slice(start, len)),
        };
        Self { values, ordered_type: self.ordered_type.clone() }
    }

    /// Which stretches of `self` and `other`, taken in turn, give all rows in order. Of equal rows those of `self` come first.
    pub(crate) fn merge(&self, other: &Self) -> Vec<Stretch> {
        match (&self.values, &other.values) {
            (Values::Int(a), Values::Int(b)) => merge(a.len(), |row| a[row], b.len(), |row| b[row]),
            (Values::UInt(a), Values::UInt(b)) => merge(a.len(), |row| a[row], b.len(), |row| b[row]),
            (Values::Float(a), Values::Float(b)) => merge(a.len(), |row| Total(a[row]), b.len(), |row| Total(b[row])),
            (Values::Decimal(a), Values::Decimal(b)) => merge(a.len(), |row| a[row], b.len(), |row| b[row]),
            (Values::Text(a), Values::Text(b)) => merge(a.len(), |row| a.value(row), b.len(), |row| b.value(row)),
            // Both sides are read from one schema, so their types agree.
            _ => unreachable!("both sides of a merge have the dataset's ordered type"),
        }
    }
}

/// Consecutive rows of one side of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) side: Side,
    pub(crate) rows: Range<usize>,
}

/// Where rows of a merge come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Stored,
    Incoming,
}

fn merge<T: PartialOrd>(a_len: usize, a: impl Fn(usize) -> T, b_len: usize, b: impl Fn(usize) -> T) -> Vec<Stretch> {
    let (mut from_a, mut from_b, mut stretches) = (0, 0, Vec::new());
    let mut push = |side, rows: Range<usize>| {
        if !rows.is_empty() {
            stretches.push(Stretch { side, rows });
        }
    };
    while from_a < a_len && from_b < b_len {
        let next_b = b(from_b);
        let until = gallop(from_a..a_len, |row| a(row) <= next_b);
        push(Side::Stored, from_a..until);
        from_a = until;
        if from_a < a_len {
            let next_a = a(from_a);
            let until = gallop(from_b..b_len, |row| b(row) < next_a);
            push(Side::Incoming, from_b..until);
            from_b = until;
        }
    }
    push(Side::Stored, from_a..a_len);
    push(Side::Incoming, from_b..b_len);
    stretches
}

/// The first row of `rows` that `before` does not hold for, found in steps that double: quick when it is near.
fn gallop(rows: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (rows.start, 1);
    while low + step <= rows.end && before(low + step - 1) {
        low += step;
        step *= 2;
    }
    partition_point(low..rows.end.min(low + step), before)
}

fn partition_point(rows: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (rows.start, rows.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The array at `column`, with the nulls of the structs around it.
pub(crate) fn find_array(batch: &RecordBatch, column: &ColumnPath) -> Result<ArrayRef> {
    let unknown = || crate::schema::unknown_column(batch.schema_ref(), column);
    let mut parts = column.parts().iter();
    let mut array = parts.next().and_then(|name| batch.column_by_name(name)).ok_or_else(unknown)?.clone();
    for name in parts {
        let parent = array.as_struct_opt().ok_or_else(unknown)?;
        let child = parent.column_by_name(name).ok_or_else(unknown)?;
        let nulls = arrow::buffer::NullBuffer::union(parent.nulls(), child.nulls());
        let data = child.to_data().into_builder().nulls(nulls);
        let data = data.build().map_err(|source| Error::Arrow { action: "take a field out of a struct", source })?;
        array = arrow::array::make_array(data);
    }
    Ok(array)
}

impl TryFrom<&ArrayRef> for Values {
    type Error = Error;

    fn try_from(array: &ArrayRef) -> Result<Self> {
        macro_rules! widen {
            ($shape:ident, $($pattern:pat => $native:ty),* $(,)?) => {
                match array.data_type() {
                    $($pattern => Some(Self::$shape(
                        array.as_primitive::<$native>().values().iter().map(|value| (*value).into()).collect(),
                    )),)*
                    _ => None,
                }
            };
        }
        macro_rules! share {
            ($shape:ident, $($pattern:pat => $native:ty),* $(,)?) => {
                match array.data_type() {
                    $($pattern => Some(Self::$shape(array.as_primitive::<$native>().values().clone())),)*
                    _ => None,
                }
            };
        }
        let shared = share!(Int,
            DataType::Int64 => Int64Type, DataType::Date64 => Date64Type,
            DataType::Timestamp(TimeUnit::Second, _) => TimestampSecondType,
            DataType::Timestamp(TimeUnit::Millisecond, _) => TimestampMillisecondType,
            DataType::Timestamp(TimeUnit::Microsecond, _) => TimestampMicrosecondType,
            DataType::Timestamp(TimeUnit::Nanosecond, _) => TimestampNanosecondType)
        .or_else(|| share!(UInt, DataType::UInt64 => UInt64Type))
        .or_else(|| share!(Float, DataType::Float64 => Float64Type))
        .or_else(|| share!(Decimal, DataType::Decimal256(..) => Decimal256Type));
        let widened = shared
            .or_else(|| widen!(Int, DataType::Int8 => Int8Type, DataType::Int16 => Int16Type, DataType::Int32 => Int32Type,
                DataType::Date32 => Date32Type))
            .or_else(|| widen!(UInt, DataType::UInt8 => UInt8Type, DataType::UInt16 => UInt16Type, DataType::UInt32 => UInt32Type))
            .or_else(|| widen!(Float, DataType::Float32 => Float32Type, DataType::Float16 => Float16Type));
        if let Some(values) = widened {
            return Ok(values);
        }
        let wide = |value: i128| i256::from_i128(value);
        Ok(match array.data_type() {
            DataType::Decimal32(..) => Self::Decimal(
                array.as_primitive::<Decimal32Type>().values().iter().map(|v| wide((*v).into())).collect(),
            ),
            DataType::Decimal64(..) => Self::Decimal(
                array.as_primitive::<Decimal64Type>().values().iter().map(|v| wide((*v).into())).collect(),
            ),
            DataType::Decimal128(..) => {
                Self::Decimal(array.as_primitive::<Decimal128Type>().values().iter().map(|v| wide(*v)).collect())
            }
            _ => {
                let views = cast(array, &DataType::Utf8View)
                    .map_err(|source| Error::Arrow { action: "compare strings of the ordered column", source })?;
                Self::Text(views.as_string_view().clone())
            }
        })
    }
}

/// The number of rows, if it is one that positions count.
fn sortable(rows: usize) -> Result<u32> {
    u32::try_from(rows).map_err(|_| Error::ResourceLimit {
        what: "sorting rows in memory".to_owned(),
        limit: format!("{} rows at once: set a limit of memory, or write fewer", u32::MAX),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array};

    use super::*;

    fn ints(values: &[i64]) -> Ordered {
        let batch =
            RecordBatch::try_from_iter([("t", Arc::new(Int64Array::from(values.to_vec())) as ArrayRef)]).unwrap();
        Ordered::try_new(&batch, &"t".into()).unwrap()
    }

    #[track_caller]
    fn check_merge(stored: &[i64], incoming: &[i64], expected: &[(Side, Range<usize>)]) {
        let stretches = ints(stored).merge(&ints(incoming));
        let expected: Vec<_> =
            expected.iter().map(|(side, rows)| Stretch { side: *side, rows: rows.clone() }).collect();
        assert_eq!(stretches, expected);
    }

    #[test]
    fn equal_rows_come_stored_first() {
        check_merge(&[1, 2, 2, 3], &[2, 2], &[(Side::Stored, 0..3), (Side::Incoming, 0..2), (Side::Stored, 3..4)]);
    }

    #[test]
    fn one_side_may_be_empty() {
        check_merge(&[], &[1], &[(Side::Incoming, 0..1)]);
        check_merge(&[1], &[], &[(Side::Stored, 0..1)]);
    }

    #[test]
    fn negative_zero_equals_zero_and_nan_is_refused() {
        let column = |values: Vec<f64>| {
            RecordBatch::try_from_iter([("t", Arc::new(Float64Array::from(values)) as ArrayRef)]).unwrap()
        };
        assert!(Ordered::try_new(&column(vec![0.0, -0.0, 0.0]), &"t".into()).is_ok());
        let error = Ordered::try_new(&column(vec![0.0, f64::NAN]), &"t".into()).unwrap_err();
        assert_eq!(error.to_string(), "column `t` is NaN at row 1, but rows are ordered on it");
    }

    #[test]
    fn rows_that_positions_cannot_count_are_refused() {
        assert_eq!(sortable(u32::MAX as usize).unwrap(), u32::MAX);
        assert_eq!(sortable(1 << 32).unwrap_err().code(), "VV0132");
        assert_eq!(ints(&[1, 1, 2]).sorted_positions().unwrap(), [0, 1, 2]);
    }

    #[test]
    fn bounds_surround_equal_values() {
        let ordered = ints(&[1, 3, 3, 5]);
        assert_eq!((ordered.lower_bound(&3.into()), ordered.upper_bound(&3.into())), (1, 3));
        assert_eq!((ordered.lower_bound(&0.into()), ordered.upper_bound(&9.into())), (0, 4));
    }
}

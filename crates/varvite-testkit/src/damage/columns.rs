//! [`Columns`]: rows of a small model as Arrow columns of every type.

use std::sync::Arc;

use anyhow::Result;
use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Decimal256Array, DictionaryArray, FixedSizeBinaryArray,
    FixedSizeListArray, Float64Array, Int32Array, Int64Array, LargeBinaryArray, ListArray, MapArray, RecordBatch,
    StringArray, StringViewArray, StructArray, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema, TimeUnit, i256};
use fastrand::Rng;
use varvite_dataset::OrderedValue;

use crate::model::Row;

/// How many types rows can be ordered on.
pub(super) const ORDERED_TYPES: usize = 26;

/// Values of the ordered column are made from 0 to this.
pub(super) const TICKS: i64 = 100;

/// The columns of a dataset: which they are, and what a row of the model holds in each.
#[derive(Debug, Clone)]
pub struct Columns {
    ordered: DataType,
    /// Which of the columns beside `k` and `v` there are, a bit each.
    chosen: u32,
    /// Whether rows have the columns that the dataset got later: `z`, and a wider `n`.
    pub evolved: bool,
}

type Make = fn(&[Row]) -> ArrayRef;

const PAYLOAD: [(&str, Make); 12] = [
    ("s", texts),
    ("d", dictionary),
    ("c", decimals),
    ("b", truths),
    ("f", floats),
    ("l", lists),
    ("m", nested),
    ("x", short_bytes),
    ("y", long_bytes),
    ("w", vectors),
    ("p", pairs),
    ("q", views),
];

/// What the texts of an ordered column begin with.
const PREFIXES: [&str; 5] =
    ["", "the same at first ", "\u{10ffff}\u{10ffff}\u{10ffff}", "\0\0\0\0\0\0\0\0\0", "\"'%,\\/\n\t~ "];
/// The bits above say which.
const PREFIX_BITS: usize = 16;

impl Columns {
    /// The type numbered `ordered`, and a choice of others.
    pub fn new(ordered: usize, random: &mut Rng) -> Self {
        Self { ordered: ordered_types().swap_remove(ordered % ORDERED_TYPES), chosen: random.u32(..), evolved: false }
    }

    /// The type of the ordered column.
    pub fn ordered(&self) -> &DataType {
        &self.ordered
    }

    /// The names of all columns.
    pub fn names(&self) -> Vec<String> {
        let chosen =
            PAYLOAD.iter().enumerate().filter(|(at, _)| self.chosen >> at & 1 == 1).map(|(_, (name, _))| *name);
        let evolved = self.evolved.then_some("z");
        ["t", "k", "v", "n"].into_iter().chain(chosen).chain(evolved).map(str::to_owned).collect()
    }

    /// The rows of the model in these columns.
    ///
    /// # Errors
    /// None for ticks up to `TICKS`.
    pub fn batch(&self, rows: &[Row]) -> Result<RecordBatch> {
        let ints = |get: fn(&Row) -> i64| Arc::new(rows.iter().map(get).collect::<Int64Array>()) as ArrayRef;
        let narrow: Int32Array = rows.iter().map(|row| (row.2 % 3 != 0).then(|| small(row.2))).collect();
        let narrow: ArrayRef = Arc::new(narrow);
        let wide = if self.evolved { cast(&narrow, &DataType::Int64)? } else { narrow };
        let ordered: ArrayRef = self.ordered_values(rows)?;
        let mut columns = vec![("t", ordered), ("k", ints(|row| row.1)), ("v", ints(|row| row.2)), ("n", wide)];
        let chosen = PAYLOAD.iter().enumerate().filter(|(at, _)| self.chosen >> at & 1 == 1);
        columns.extend(chosen.map(|(_, (name, make))| (*name, make(rows))));
        if self.evolved {
            let later: Int32Array = rows.iter().map(|row| is_later(row).then(|| small(row.2))).collect();
            columns.push(("z", Arc::new(later)));
        }
        let nullable = |name: &str| !matches!(name, "t" | "k" | "v");
        let fields: Fields =
            columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), nullable(name))).collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())?)
    }

    fn ordered_values(&self, rows: &[Row]) -> Result<ArrayRef> {
        let ticks: Int64Array = rows.iter().map(|row| row.0).collect();
        let scaled = |factor: i64, offset: i64| -> ArrayRef {
            Arc::new(ticks.iter().flatten().map(|tick| tick * factor + offset).collect::<Int64Array>())
        };
        Ok(match &self.ordered {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let texts: StringArray = rows.iter().map(|row| Some(self.tick_text(row.0))).collect();
                cast(&texts, &self.ordered)?
            }
            DataType::Decimal256(..) => {
                let wide: Decimal256Array = rows.iter().map(|row| Some(i256::from(unscaled(row.0)))).collect();
                Arc::new(wide.with_data_type(self.ordered.clone()))
            }
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => {
                let wide: Decimal128Array = rows.iter().map(|row| Some(i128::from(unscaled(row.0)))).collect();
                cast(&wide.with_precision_and_scale(9, 2)?, &self.ordered)?
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                let halves: Float64Array = rows.iter().map(|row| Some(half(row.0))).collect();
                cast(&halves, &self.ordered)?
            }
            DataType::Date32 => cast(&cast(&scaled(1, 15_000), &DataType::Int32)?, &self.ordered)?,
            DataType::Int8 => cast(&scaled(1, -50), &self.ordered)?,
            DataType::UInt64 => Arc::new(
                ticks.iter().flatten().map(|tick| u64::MAX - 1000 + tick.unsigned_abs()).collect::<UInt64Array>(),
            ),
            other if other.is_unsigned_integer() => cast(&ticks, other)?,
            other => {
                let (factor, offset) = factors(other);
                cast(&scaled(factor, offset), other)?
            }
        })
    }

    /// The value of the ordered column at a tick.
    pub fn bound(&self, tick: i64) -> OrderedValue {
        match &self.ordered {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => self.tick_text(tick).into(),
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                OrderedValue::Decimal(i256::from(unscaled(tick)))
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => OrderedValue::Float(half(tick)),
            DataType::Date32 => (tick + 15_000).into(),
            DataType::Int8 => (tick - 50).into(),
            DataType::UInt64 => (u64::MAX - 1000 + tick.unsigned_abs()).into(),
            other if other.is_unsigned_integer() => OrderedValue::UInt(tick.unsigned_abs()),
            other => {
                let (factor, offset) = factors(other);
                (tick * factor + offset).into()
            }
        }
    }

    /// Names of files have room for the first eight bytes of a text alone.
    fn tick_text(&self, tick: i64) -> String {
        let prefix = PREFIXES[(self.chosen >> PREFIX_BITS) as usize % PREFIXES.len()];
        let rest = "longer than a view holds".repeat(usize::try_from(tick % 3).unwrap_or_default());
        format!("{prefix}{tick:03} é{rest}")
    }
}

/// Whether a row was written after the dataset got new columns.
fn is_later(row: &Row) -> bool {
    row.2 % 2 != 0
}

fn ordered_types() -> Vec<DataType> {
    use DataType::{
        Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Float16, Float32, Float64, Int8, Int16, Int32,
        Int64, LargeUtf8, Timestamp, UInt8, UInt16, UInt32, UInt64, Utf8, Utf8View,
    };
    let zone = Some(Arc::from("Europe/Berlin"));
    vec![
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float16,
        Float32,
        Float64,
        Date32,
        Date64,
        Timestamp(TimeUnit::Second, None),
        Timestamp(TimeUnit::Millisecond, None),
        Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
        Timestamp(TimeUnit::Nanosecond, None),
        Timestamp(TimeUnit::Nanosecond, zone),
        Decimal32(9, 2),
        Decimal64(12, 2),
        Decimal128(20, 2),
        Decimal128(38, 2),
        Decimal256(60, 2),
        Utf8,
        LargeUtf8,
        Utf8View,
    ]
}

fn factors(ordered: &DataType) -> (i64, i64) {
    match ordered {
        DataType::Date64 => (86_400_000, 1_300_000_000 / 86_400 * 86_400_000),
        DataType::Timestamp(TimeUnit::Second, _) => (3_600, -100_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => (1, 1_700_000_000_000_000_000),
        DataType::Timestamp(..) => (7, 1_700_000_000_000),
        DataType::Int64 => (i64::MAX / 200, i64::MIN / 2),
        _ => (11, -500),
    }
}

fn unscaled(tick: i64) -> i64 {
    tick * 25 - 1000
}

#[expect(clippy::cast_precision_loss, reason = "ticks are small")]
fn half(tick: i64) -> f64 {
    tick as f64 / 2.0 - 10.0
}

fn small(value: i64) -> i32 {
    i32::try_from(value.rem_euclid(1000)).unwrap_or_default()
}

fn texts(rows: &[Row]) -> ArrayRef {
    let text = |row: &Row| {
        (row.2 % 5 != 0).then(|| format!("Zürich {}", "x".repeat(usize::try_from(row.2 % 7).unwrap_or_default())))
    };
    Arc::new(rows.iter().map(text).collect::<StringArray>())
}

fn dictionary(rows: &[Row]) -> ArrayRef {
    let name =
        |row: &Row| (row.2 % 11 != 0).then_some(["AAPL", "BRK.B", ""][usize::try_from(row.2 % 3).unwrap_or_default()]);
    Arc::new(rows.iter().map(name).collect::<DictionaryArray<Int32Type>>())
}

fn decimals(rows: &[Row]) -> ArrayRef {
    let wide: Decimal128Array = rows.iter().map(|row| (row.2 % 4 != 0).then(|| i128::from(row.2) << 20)).collect();
    Arc::new(wide.with_data_type(DataType::Decimal128(30, 3)))
}

fn truths(rows: &[Row]) -> ArrayRef {
    Arc::new(rows.iter().map(|row| (row.2 % 5 != 0).then_some(row.2 % 2 == 0)).collect::<BooleanArray>())
}

#[expect(clippy::cast_precision_loss, reason = "any float will do")]
fn floats(rows: &[Row]) -> ArrayRef {
    Arc::new(rows.iter().map(|row| Some((row.2 as f64).sqrt())).collect::<Float64Array>())
}

/// Lists of up to three items, some of them null: what `items` makes of a number for each item.
fn list_of(rows: &[Row], items: impl Fn(Vec<usize>) -> ArrayRef) -> ArrayRef {
    // A null list holds no items: what Parquet gives back.
    let value = |row: &Row| usize::try_from(row.2).unwrap_or_default();
    let len = |row: &Row| if row.2 % 9 == 0 { 0 } else { value(row) % 4 };
    let items = items(rows.iter().flat_map(|row| (0..len(row)).map(move |at| value(row) + at)).collect());
    let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
    let nulls: NullBuffer = rows.iter().map(|row| row.2 % 9 != 0).collect();
    Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(rows.iter().map(len)), items, Some(nulls)))
}

fn lists(rows: &[Row]) -> ArrayRef {
    let item = |number: usize| [None, Some(-7), Some(3)][number % 3];
    list_of(rows, |numbers| Arc::new(numbers.into_iter().map(item).collect::<Int32Array>()))
}

fn nested(rows: &[Row]) -> ArrayRef {
    let ints: Int32Array = rows.iter().map(|row| (row.2 % 4 != 0).then(|| small(row.2))).collect();
    let item = |number: usize| [Some("a"), Some(""), None, Some("longer")][number % 4];
    let texts = list_of(rows, |numbers| Arc::new(numbers.into_iter().map(item).collect::<StringArray>()));
    let columns = [("a", Arc::new(ints) as ArrayRef), ("b", texts)];
    let fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
    Arc::new(StructArray::new(fields.collect(), columns.map(|(_, array)| array).to_vec(), None))
}

fn short_bytes(rows: &[Row]) -> ArrayRef {
    let bytes = rows.iter().map(|row| (row.2 % 6 != 0).then(|| small(row.2).to_be_bytes()));
    let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, 4);
    Arc::new(array.unwrap_or_else(|error| unreachable!("four bytes each: {error}")))
}

fn long_bytes(rows: &[Row]) -> ArrayRef {
    Arc::new(rows.iter().map(|row| Some(row.2.to_le_bytes().repeat(3))).collect::<LargeBinaryArray>())
}

fn vectors(rows: &[Row]) -> ArrayRef {
    let floats: Vec<f64> = rows.iter().flat_map(|row| [f64::from(small(row.2)), 0.5, -1.0]).collect();
    let field = Arc::new(Field::new_list_field(DataType::Float64, true));
    Arc::new(FixedSizeListArray::new(field, 3, Arc::new(Float64Array::from(floats)), None))
}

fn pairs(rows: &[Row]) -> ArrayRef {
    let len = |row: &Row| usize::from(row.2 % 4 != 0) * 2;
    let values = rows.iter().flat_map(|row| [Some(small(row.2)), None].into_iter().take(len(row)));
    let values: Int32Array = values.collect();
    let keys: StringArray = (0..values.len()).map(|at| Some(["x", "y"][at % 2])).collect();
    let fields: Fields =
        vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Int32, true)].into();
    let entries = StructArray::new(fields.clone(), vec![Arc::new(keys), Arc::new(values)], None);
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Arc::new(MapArray::new(field, OffsetBuffer::from_lengths(rows.iter().map(len)), entries, None, false))
}

fn views(rows: &[Row]) -> ArrayRef {
    let text = |row: &Row| {
        (row.2 % 5 != 0).then(|| format!("{:0>width$}", row.2, width = usize::try_from(row.2 % 30).unwrap_or_default()))
    };
    Arc::new(rows.iter().map(text).collect::<StringViewArray>())
}

//! [`Shape`]: how the models' rows look as batches, and what a dataset is told about them.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, TimestampSecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use proptest::prelude::*;
use varvite_dataset::{Duplicates, RowGroupTarget, WriteOptions};

use crate::model::{Row, Same};
use crate::sequence::OneWrite;

/// Six hours: four values of `t` make a day.
const STEP_SECONDS: i64 = 6 * 3600;

/// What stays the same in all writes of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Whether the ordered column is a timestamp, so that row groups may be periods.
    pub temporal: bool,
    /// What counts as the same row.
    pub same: Same,
    /// Whether writes may bring another column, and a wider one.
    pub evolves: bool,
}

/// The columns of one write, beside the ordered column and the value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Columns {
    /// Whether the key is a 64-bit integer, not a 32-bit one.
    pub wide: bool,
    /// Whether there is another column: what is above [`OTHER`] in the model's value.
    pub other: bool,
}

impl Columns {
    /// The columns of a dataset that does not evolve.
    pub const PLAIN: Self = Self { wide: true, other: false };
}

/// In the model a row's value is that of column `v`, and so many times that of column `w`, where there is one.
pub const OTHER: i64 = 1_000;

/// Every shape without evolution.
pub fn shapes() -> impl Strategy<Value = Shape> {
    let same = prop_oneof![Just(Same::Never), Just(Same::Time), Just(Same::TimeAndKey), Just(Same::All)];
    (any::<bool>(), same).prop_map(|(temporal, same)| Shape { temporal, same, evolves: false })
}

impl Shape {
    /// A value of the model as one of the ordered column.
    fn unit(self) -> i64 {
        if self.temporal { STEP_SECONDS } else { 1 }
    }

    /// A range of the ordered column.
    pub(crate) fn range(self, start: i64, end: i64) -> Range<i64> {
        start * self.unit()..end * self.unit()
    }

    /// A value of the ordered column as one of the model.
    pub(crate) fn row_value(self, value: i64) -> i64 {
        value / self.unit()
    }

    /// How far behind the newest row an append begins: it does not look for duplicates among stored rows.
    pub(crate) fn least_step(self) -> i64 {
        i64::from(self.same != Same::Never)
    }

    /// The options of a write.
    pub(crate) fn options(self, write: &OneWrite) -> WriteOptions {
        let target = if write.by_period && self.temporal {
            varvite_time::Period::try_new(6 * write.target, varvite_time::PeriodUnit::Hour).map(RowGroupTarget::Period)
        } else {
            Ok(RowGroupTarget::Rows(write.target))
        };
        let duplicates = match self.same {
            Same::Never => Duplicates::KeepAll,
            Same::Time => Duplicates::on(["t"]),
            Same::TimeAndKey => Duplicates::on(["k"]),
            Same::All => Duplicates::AllColumns,
        };
        let options = WriteOptions::ordered_on("t")
            .with_row_group_target_size(target.unwrap_or_default())
            .with_duplicates_on(duplicates)
            .with_evolution(self.evolves)
            .with_max_n_off_target_rgs(write.max_n_off_target);
        match &write.metadata {
            None => options,
            Some(None) => options.without_metadata("entry"),
            Some(Some(value)) => options.with_metadata("entry", value),
        }
    }

    /// Rows as a batch.
    pub(crate) fn batch(self, rows: &[Row], columns: Columns) -> RecordBatch {
        let column = |get: fn(&Row) -> i64| Arc::new(rows.iter().map(get).collect::<Int64Array>()) as ArrayRef;
        let key: ArrayRef = if columns.wide {
            column(|row| row.1)
        } else {
            Arc::new(rows.iter().map(|row| i32::try_from(row.1).ok()).collect::<Int32Array>())
        };
        // The types must not depend on the rows that happen to come.
        let mut all = vec![
            ("t", self.times(rows), false),
            ("k", key, false),
            ("v", column(|row| row.2.rem_euclid(OTHER)), false),
        ];
        if columns.other {
            let other = rows.iter().map(|row| Some(row.2.div_euclid(OTHER)).filter(|other| *other > 0));
            all.push(("w", Arc::new(other.collect::<Int64Array>()), true));
        }
        RecordBatch::try_from_iter_with_nullable(all).unwrap_or_else(|error| unreachable!("equal lengths: {error}"))
    }

    /// The ordered column of these rows.
    pub(crate) fn times(self, rows: &[Row]) -> ArrayRef {
        let times = rows.iter().map(|row| row.0 * self.unit());
        if self.temporal {
            Arc::new(times.map(Some).collect::<TimestampSecondArray>())
        } else {
            Arc::new(times.collect::<Int64Array>())
        }
    }

    /// The rows of a batch; of a batch without columns none.
    pub(crate) fn rows(self, batch: &RecordBatch) -> Vec<Row> {
        let ints = |name: &str| {
            let wide = cast(batch.column_by_name(name)?, &DataType::Int64).ok()?;
            Some(wide.as_primitive::<Int64Type>().clone())
        };
        let (Some(t), Some(k), Some(v)) = (ints("t"), ints("k"), ints("v")) else { return Vec::new() };
        let other = ints("w");
        let other = |row: usize| other.as_ref().filter(|w| w.is_valid(row)).map_or(0, |w| w.value(row));
        (0..batch.num_rows())
            .map(|row| (self.row_value(t.value(row)), k.value(row), v.value(row) + OTHER * other(row)))
            .collect()
    }
}

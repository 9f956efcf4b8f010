//! [`Shape`]: how the models' rows look as batches, and what a dataset is told about them.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampSecondArray};
use arrow::datatypes::{Int64Type, TimestampSecondType};
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
}

/// Every shape.
pub fn shapes() -> impl Strategy<Value = Shape> {
    let same = prop_oneof![Just(Same::Never), Just(Same::Time), Just(Same::TimeAndKey), Just(Same::All)];
    (any::<bool>(), same).prop_map(|(temporal, same)| Shape { temporal, same })
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
            .with_max_n_off_target_rgs(write.max_n_off_target);
        match &write.metadata {
            None => options,
            Some(None) => options.without_metadata("entry"),
            Some(Some(value)) => options.with_metadata("entry", value),
        }
    }

    /// Rows as a batch.
    pub(crate) fn batch(self, rows: &[Row]) -> RecordBatch {
        let column = |get: fn(&Row) -> i64| Arc::new(rows.iter().map(get).collect::<Int64Array>()) as ArrayRef;
        let t: ArrayRef = if self.temporal {
            Arc::new(rows.iter().map(|row| Some(row.0 * self.unit())).collect::<TimestampSecondArray>())
        } else {
            column(|row| row.0)
        };
        let columns = [("t", t), ("k", column(|row| row.1)), ("v", column(|row| row.2))];
        RecordBatch::try_from_iter(columns).unwrap_or_else(|error| unreachable!("equal lengths: {error}"))
    }

    /// The rows of a batch; of a batch without columns none.
    pub(crate) fn rows(self, batch: &RecordBatch) -> Vec<Row> {
        let ints = |at: usize| batch.column(at).as_primitive::<Int64Type>().values().to_vec();
        if batch.num_columns() == 0 {
            return Vec::new();
        }
        let t: Vec<i64> = if self.temporal {
            batch.column(0).as_primitive::<TimestampSecondType>().values().iter().map(|t| t / self.unit()).collect()
        } else {
            ints(0)
        };
        let (k, v) = (ints(1), ints(2));
        (0..batch.num_rows()).map(|row| (t[row], k[row], v[row])).collect()
    }
}

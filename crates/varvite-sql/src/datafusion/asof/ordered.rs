//! [`OrderedRows`]: a stream whose rows can be compared with those of the other side.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Schema;
use arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::common::Result as Outcome;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_expr::PhysicalExpr;
use futures_util::TryStreamExt;

use super::exec::ASCENDING;

/// What rows are ordered by: keys, if there are any, and a time.
pub(super) struct Order {
    values: Vec<Arc<dyn PhysicalExpr>>,
    keys: Option<RowConverter>,
    time: RowConverter,
}

/// A stream of ordered rows.
pub(super) struct OrderedRows {
    order: Order,
    batches: SendableRecordBatchStream,
}

/// Rows with what they are compared by.
pub(super) struct Batch {
    pub(super) rows: RecordBatch,
    keys: Option<Rows>,
    time: Rows,
    /// Rows without a key or without a time, which match nothing.
    nulls: Option<NullBuffer>,
}

impl Order {
    /// By the values, of which the last is the time.
    pub(super) fn try_new(values: &[Arc<dyn PhysicalExpr>], schema: &Schema) -> Outcome<Self> {
        let field =
            |value: &Arc<dyn PhysicalExpr>| Ok(SortField::new_with_options(value.data_type(schema)?, ASCENDING));
        let mut fields = values.iter().map(field).collect::<Outcome<Vec<_>>>()?;
        let time = RowConverter::new(fields.split_off(fields.len().saturating_sub(1)))?;
        let keys = if fields.is_empty() { None } else { Some(RowConverter::new(fields)?) };
        Ok(Self { values: values.to_vec(), keys, time })
    }

    pub(super) fn of(self, batches: SendableRecordBatchStream) -> OrderedRows {
        OrderedRows { order: self, batches }
    }

    fn batch(&self, rows: RecordBatch) -> Outcome<Batch> {
        let column = |value: &Arc<dyn PhysicalExpr>| value.evaluate(&rows)?.into_array(rows.num_rows());
        let columns = self.values.iter().map(column).collect::<Outcome<Vec<ArrayRef>>>()?;
        let nulls = columns.iter().fold(None, |nulls: Option<NullBuffer>, column| {
            NullBuffer::union(nulls.as_ref(), column.logical_nulls().as_ref())
        });
        let (keys, time) = columns.split_at(columns.len() - 1);
        let keys = self.keys.as_ref().map(|converter| converter.convert_columns(keys)).transpose()?;
        let time = self.time.convert_columns(time)?;
        Ok(Batch { rows, keys, time, nulls })
    }
}

impl OrderedRows {
    /// The next batch with rows.
    pub(super) async fn next_batch(&mut self) -> Outcome<Option<Batch>> {
        while let Some(rows) = self.batches.try_next().await? {
            if rows.num_rows() > 0 {
                return self.order.batch(rows).map(Some);
            }
        }
        Ok(None)
    }
}

impl Batch {
    pub(super) fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The order of a row's keys and another's.
    pub(super) fn cmp_keys(&self, row: usize, other: &Self, at: usize) -> Ordering {
        match (&self.keys, &other.keys) {
            (Some(keys), Some(others)) => keys.row(row).cmp(&others.row(at)),
            _ => Ordering::Equal,
        }
    }

    pub(super) fn time(&self, row: usize) -> Row<'_> {
        self.time.row(row)
    }
}

//! [`Chain`]: several inputs with the same columns, read one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;

use super::typed::Typed;

/// Batches of all inputs with the columns in the order of the first.
pub(super) struct Chain {
    schema: SchemaRef,
    readers: VecDeque<Typed>,
}

impl Chain {
    /// `readers` have the same columns, perhaps in another order.
    pub(super) fn new(readers: Vec<Typed>) -> Self {
        Self { schema: common_schema(&readers), readers: readers.into() }
    }

    fn in_order(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = self.schema.fields().iter().map(|field| {
            let column = batch.column_by_name(field.name()).cloned();
            column.ok_or_else(|| ArrowError::SchemaError(format!("column `{}` is missing", field.name())))
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_, _>>()?)
    }
}

/// The columns of the first reader. One may be null if it may be null in any of them.
fn common_schema(readers: &[Typed]) -> SchemaRef {
    let Some(first) = readers.first() else { return Arc::new(Schema::empty()) };
    let may_be_null = |name: &str| {
        readers
            .iter()
            .any(|reader| reader.columns().field_with_name(name).is_ok_and(arrow::datatypes::Field::is_nullable))
    };
    let fields = first.columns().fields().iter();
    let fields = fields.map(|field| field.as_ref().clone().with_nullable(may_be_null(field.name())));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

impl Iterator for Chain {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.readers.front_mut()?.next() {
                Some(batch) => return Some(batch.and_then(|batch| self.in_order(&batch))),
                None => drop(self.readers.pop_front()),
            }
        }
    }
}

impl RecordBatchReader for Chain {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

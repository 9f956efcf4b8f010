//! One value of any type within a saved state: a batch of one row and one column.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};

use crate::rows::Rows;
use crate::{Error, Result};

pub(crate) fn save(value: &ArrayRef) -> Result<Rows> {
    let schema = Schema::new(vec![Field::new("value", value.data_type().clone(), true)]);
    let rows = RecordBatch::try_new(Arc::new(schema), vec![Arc::clone(value)]);
    rows.map(Rows).map_err(Error::arrow("save a value"))
}

/// `None` if it is not one value of `data_type`.
pub(crate) fn load(rows: &Rows, data_type: &DataType) -> Option<ArrayRef> {
    let fits = rows.0.num_columns() == 1 && rows.0.num_rows() == 1 && rows.0.column(0).data_type() == data_type;
    fits.then(|| Arc::clone(rows.0.column(0)))
}

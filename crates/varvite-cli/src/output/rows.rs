//! Rows as a table.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::table::Table;
use crate::error::{Error, Result};

/// The rows of `batches`; missing values are shown as `-`.
pub(crate) fn table(schema: &Schema, batches: &[RecordBatch]) -> Result<Table> {
    let mut table = Table::new();
    for field in schema.fields() {
        let numeric = field.data_type().is_numeric();
        table = if numeric { table.right(field.name()) } else { table.left(field.name()) };
    }
    let options = FormatOptions::default().with_null("-").with_display_error(true);
    for batch in batches {
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|source| Error::Write { path: "-".to_owned(), source: source.into() })?;
        for row in 0..batch.num_rows() {
            table.row(columns.iter().map(|column| column.value(row)));
        }
    }
    Ok(table)
}

/// Whether a column is made of others.
pub(crate) fn is_nested(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => values.is_nested(),
        other => other.is_nested(),
    }
}

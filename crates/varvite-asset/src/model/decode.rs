//! How generated code reads rows from a batch and writes them back: columns are opened once, then one loop builds rows.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::buffer::OffsetBuffer;

use super::field::{FieldType, absent};
use super::{FeatureModel, ModelSchema};

/// A value that does not fit between a column and a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}`, row {row}: {reason}")]
pub struct DecodeError {
    /// The column; that of a struct and its part are divided by a dot.
    pub column: String,
    /// The row, counted from 0 in the batch.
    pub row: u64,
    /// What is wrong.
    pub reason: String,
}

impl DecodeError {
    pub(crate) fn new(row: usize, reason: impl Into<String>) -> Self {
        Self { column: String::new(), row: row as u64, reason: reason.into() }
    }

    /// The same, said of a column, or of the column that it is a part of.
    #[must_use]
    pub fn within(mut self, column: &str) -> Self {
        self.column = if self.column.is_empty() { column.to_owned() } else { format!("{column}.{}", self.column) };
        self
    }

    /// The same, with the row whose list the element is in.
    pub(crate) fn of_element(mut self, offsets: &OffsetBuffer<i64>) -> Self {
        let element = i64::try_from(self.row).unwrap_or(i64::MAX);
        self.row = (offsets.partition_point(|offset| *offset <= element) as u64).saturating_sub(1);
        self
    }

    fn at(mut self, row: usize) -> Self {
        self.row = row as u64;
        self
    }
}

/// Opens a column of a batch, or what stands for it where it is absent.
///
/// # Errors
/// For an absent column without a default, another type, and nulls where there is no `Option`.
pub fn column<T: FieldType>(batch: &RecordBatch, name: &str, default: Option<T>) -> Result<T::Reader, DecodeError> {
    let opened = match batch.column_by_name(name) {
        Some(column) => T::open(column, None),
        None => absent(default, batch.num_rows()).and_then(|column| T::open(&column, None)),
    };
    opened.map_err(|error| error.within(name))
}

/// Appends so many rows, or none.
///
/// # Errors
/// The first row's that cannot be read.
#[inline]
pub fn fill<M>(
    rows: &mut Vec<M>,
    num_rows: usize,
    read: impl Fn(usize) -> Result<M, DecodeError>,
) -> Result<(), DecodeError> {
    let before = rows.len();
    rows.reserve(num_rows);
    for row in 0..num_rows {
        match read(row) {
            Ok(value) => rows.push(value),
            Err(error) => {
                rows.truncate(before);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// One value of a row.
///
/// # Errors
/// For a value that the field cannot hold.
#[inline]
pub fn read<T: FieldType>(reader: &T::Reader, name: &str, row: usize) -> Result<T, DecodeError> {
    T::read(reader, row).map_err(|error| error.within(name).at(row))
}

/// One column of rows.
///
/// # Errors
/// For a value that the column cannot hold.
pub fn encoded<'a, T: FieldType>(
    name: &str,
    values: impl Iterator<Item = Option<&'a T>> + Clone,
) -> Result<ArrayRef, DecodeError> {
    T::encode(values).map_err(|error| error.within(name))
}

/// The batch of a model's columns.
///
/// # Errors
/// If Arrow refuses them.
pub fn batch<M: FeatureModel>(columns: Vec<ArrayRef>) -> Result<RecordBatch, DecodeError> {
    let schema: &ModelSchema = M::schema();
    RecordBatch::try_new(schema.arrow(), columns).map_err(|error| DecodeError::new(0, error.to_string()))
}

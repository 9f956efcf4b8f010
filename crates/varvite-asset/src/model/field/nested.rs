//! Structs of columns: what `#[derive(FeatureModel)] #[model(nested)]` uses.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields};

use super::{DecodeError, FieldType, list, stored};

/// A column of structs, while its parts are opened.
#[derive(Debug)]
pub struct NestedReader {
    structs: StructArray,
    asked: Option<NullBuffer>,
}

impl NestedReader {
    /// Checks that the column is one of structs.
    ///
    /// # Errors
    /// For another type, and for nulls among the rows that are asked for.
    pub fn open(column: &ArrayRef, wanted: &DataType, asked: Option<&NullBuffer>) -> Result<Self, DecodeError> {
        let column = stored::unpacked(column, wanted)?;
        let Some(structs) = column.as_struct_opt() else {
            return Err(stored::wrong_type(column.data_type(), wanted));
        };
        stored::no_nulls(&column, asked)?;
        let asked = NullBuffer::union(asked, structs.nulls());
        Ok(Self { structs: structs.clone(), asked })
    }

    /// Opens one of its parts, or what stands for it where it is absent.
    ///
    /// # Errors
    /// For an absent part without a default, and as [`FieldType::open`].
    pub fn part<T: FieldType>(&self, name: &str, default: Option<T>) -> Result<T::Reader, DecodeError> {
        let column = match self.structs.column_by_name(name) {
            Some(column) => ArrayRef::clone(column),
            None => absent(default, self.structs.len()).map_err(|error| error.within(name))?,
        };
        T::open(&column, self.asked.as_ref()).map_err(|error| error.within(name))
    }
}

/// A column that is not there: its default in each row.
pub(crate) fn absent<T: FieldType>(default: Option<T>, num_rows: usize) -> Result<ArrayRef, DecodeError> {
    match default {
        Some(default) => T::encode(std::iter::repeat_n(Some(&default), num_rows)),
        None => Err(DecodeError::new(0, "there is no such column, and the field has no default")),
    }
}

/// A column, or a part of one, as Arrow has it.
pub fn arrow_field<T: FieldType>(name: &str) -> Field {
    Field::new(name, T::data_type(), T::NULLABLE)
}

/// The type of structs of these parts.
pub fn nested_type(parts: Vec<Field>) -> DataType {
    DataType::Struct(parts.into())
}

/// A column of structs from its parts.
///
/// # Errors
/// If Arrow refuses them.
pub fn nested_array<'a, T: 'a>(
    data_type: &DataType,
    parts: Vec<ArrayRef>,
    values: impl Iterator<Item = Option<&'a T>>,
) -> Result<ArrayRef, DecodeError> {
    let fields = if let DataType::Struct(fields) = data_type { fields.clone() } else { Fields::empty() };
    let structs = StructArray::try_new(fields, parts, list::validity(values));
    structs.map(|structs| Arc::new(structs) as ArrayRef).map_err(|error| DecodeError::new(0, error.to_string()))
}

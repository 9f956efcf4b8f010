//! What generated code makes schemas of.

use std::fmt::Display;

use arrow::array::{Array, make_array};

use super::{Check, Column, ColumnDefault, FeatureModel, FieldType, ModelSchema};

/// A column of a model, from its field's type.
pub fn column_of<T: FieldType>(name: &str, default: ColumnDefault, checks: Vec<Check>) -> Column {
    Column { default, checks, ..Column::new(name, T::data_type(), T::NULLABLE) }
}

/// The schema of a model, from its columns and the names of those that are keys.
pub fn schema_of<M: FeatureModel>(keys: &[&str], columns: Vec<Column>) -> ModelSchema {
    let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.sort_unstable();
    ModelSchema {
        asset: M::ASSET.to_owned(),
        kind: M::KIND,
        version: M::VERSION,
        time: M::TIME.map(str::to_owned),
        keys,
        columns,
    }
}

/// What a function of one value says about it: a flag, or a result whose error says what is wrong.
#[diagnostic::on_unimplemented(
    message = "a check returns `bool` or `Result<(), impl Display>`, and this one returns `{Self}`"
)]
pub trait Verdict {
    /// What is wrong, if something is.
    fn objection(self) -> Option<String>;
}

impl Verdict for bool {
    fn objection(self) -> Option<String> {
        (!self).then(|| "it is refused".to_owned())
    }
}

impl<E: Display> Verdict for Result<(), E> {
    fn objection(self) -> Option<String> {
        self.err().map(|error| error.to_string())
    }
}

/// The first value of a column that a function of one value refuses. Nulls are not asked about.
pub fn ask_each<T: FieldType, V: Verdict>(column: &dyn Array, test: impl Fn(&T) -> V) -> Option<(usize, String)> {
    let column = make_array(column.to_data());
    let reader = match <Option<T> as FieldType>::open(&column, None) {
        Ok(reader) => reader,
        Err(error) => return Some((usize::try_from(error.row).unwrap_or_default(), error.reason)),
    };
    (0..column.len()).find_map(|row| match <Option<T> as FieldType>::read(&reader, row) {
        Ok(value) => Some((row, test(&value?).objection()?)),
        Err(error) => Some((row, error.reason)),
    })
}

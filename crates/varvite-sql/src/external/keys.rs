//! [`Constant`]: what the fields of a key are in all rows of a dataset.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray};
use varvite_key::FieldKind;

use crate::{Error, KeyedTable, Member, Result};

/// A value of a key's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constant {
    Int(i64),
    Bool(bool),
    Text(String),
}

impl Constant {
    /// A column of it.
    pub(super) fn column(&self, rows: usize) -> ArrayRef {
        match self {
            Self::Int(value) => Arc::new(Int64Array::from(vec![*value; rows])),
            Self::Bool(value) => Arc::new(BooleanArray::from(vec![*value; rows])),
            Self::Text(value) => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows))),
        }
    }
}

/// The fields of a dataset's key, by the names of their columns.
pub(super) fn constants(table: &str, keyed: &KeyedTable, member: &Member) -> Result<Vec<(String, Constant)>> {
    let constant = |(key, text): (&crate::KeyColumn, &String)| {
        let value = match key.kind {
            FieldKind::Integer => text.parse().map(Constant::Int).ok(),
            FieldKind::Bool => text.parse().map(Constant::Bool).ok(),
            _ => Some(Constant::Text(text.clone())),
        };
        let reason = || format!("`{text}` of `{}` does not fit into its column `{}`", member.name, key.name);
        let value = value.ok_or_else(|| Error::InvalidTable { table: table.to_owned(), reason: reason() })?;
        Ok((key.name.clone(), value))
    };
    keyed.keys().iter().zip(&member.values).map(constant).collect()
}

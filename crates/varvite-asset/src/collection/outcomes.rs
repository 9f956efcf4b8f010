//! [`Outcomes`]: what became of each field of a collection.

use std::fmt;

use super::{AnyValue, Handle};
use crate::{Error, Result};

/// What became of each field of a collection, whatever became of the others.
pub struct Outcomes {
    collection: u64,
    fields: Vec<(String, Option<Result<AnyValue>>)>,
}

impl Outcomes {
    pub(crate) fn new(collection: u64, names: Vec<String>, values: Vec<Result<AnyValue>>) -> Self {
        Self { collection, fields: names.into_iter().zip(values.into_iter().map(Some)).collect() }
    }

    /// Takes a field out: its value, or why there is none. `None` if the handle is another collection's, or the field was
    /// taken before.
    pub fn take<T: 'static>(&mut self, handle: Handle<T>) -> Option<Result<T>> {
        let field = self.fields.get_mut(handle.at).filter(|_| handle.collection == self.collection)?;
        match field.1.take()? {
            Ok(value) => value.downcast().ok().map(|value| Ok(*value)),
            Err(error) => Some(Err(error)),
        }
    }

    /// The fields without a value, and why.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &Error)> {
        self.fields.iter().filter_map(|(name, value)| match value {
            Some(Err(error)) => Some((name.as_str(), error)),
            _ => None,
        })
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.errors().count();
        write!(f, "Outcomes({} fields, {failed} without a value)", self.fields.len())
    }
}

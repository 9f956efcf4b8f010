//! [`Filled`]: the values of a collection's fields.

use std::any::type_name;
use std::fmt;
use std::ops::Index;

use super::{AnyValue, Handle};

/// The values of a collection's fields, by handle; or, for generated code, one after the other.
pub struct Filled {
    collection: u64,
    values: Vec<Option<AnyValue>>,
    next: usize,
}

impl Filled {
    pub(crate) fn new(collection: u64, values: Vec<Option<AnyValue>>) -> Self {
        Self { collection, values, next: 0 }
    }

    /// The value of a field; `None` if the handle is another collection's, or the value was taken.
    pub fn get<T: 'static>(&self, handle: Handle<T>) -> Option<&T> {
        let value = self.values.get(handle.at).filter(|_| handle.collection == self.collection)?;
        value.as_ref()?.downcast_ref()
    }

    /// Takes the value of a field out; `None` if the handle is another collection's, or the value was taken before.
    pub fn take<T: 'static>(&mut self, handle: Handle<T>) -> Option<T> {
        let value = self.values.get_mut(handle.at).filter(|_| handle.collection == self.collection)?;
        value.take()?.downcast().ok().map(|value| *value)
    }

    /// Takes the value of the next field, in the order in which fields were added.
    ///
    /// # Panics
    /// If the next field is not a `T`: the order was another one.
    #[must_use]
    pub fn next_value<T: 'static>(&mut self) -> T {
        let at = self.next;
        self.next += 1;
        let value = self.values.get_mut(at).and_then(Option::take).and_then(|value| value.downcast().ok());
        match value {
            Some(value) => *value,
            None => {
                panic!("field {at} of the collection is no {}: fields are taken as they were added", type_name::<T>())
            }
        }
    }
}

impl<T: 'static> Index<Handle<T>> for Filled {
    type Output = T;

    /// # Panics
    /// If the handle is another collection's, or the value was taken.
    fn index(&self, handle: Handle<T>) -> &T {
        self.get(handle)
            .unwrap_or_else(|| panic!("there is no value for {handle:?}: it was taken, or is of another collection"))
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = self.values.iter().filter(|value| value.is_some()).count();
        write!(f, "Filled({there} of {} fields)", self.values.len())
    }
}

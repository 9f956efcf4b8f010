//! What a signature says beside plain types: one value for the data set, a whole column, a fan-out.

use std::marker::PhantomData;
use std::ops::Deref;

use arrow::array::{Array, ArrayRef};

use crate::row::lane::{conform, lane, typed};
use crate::row::{AnyLane, Element};

/// One value for the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Whole<T>(pub T);

/// Items that are fanned out: nodes that read one are called for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Each<T>(pub Vec<T>);

/// What was fanned out, collected in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct All<T>(pub Vec<T>);

/// A whole column.
#[derive(Debug, Clone)]
pub struct Column<T> {
    array: ArrayRef,
    item: PhantomData<T>,
}

impl<T: Element> Column<T> {
    /// A column of these values.
    pub fn new(values: impl IntoIterator<Item = Option<T>>) -> Self {
        let values: Vec<Option<T>> = values.into_iter().collect();
        let mut builder = T::Builder::default();
        let mut storage = T::Storage::default();
        let mut validity = crate::row::Validity::default();
        validity.set_with(values.len(), |row| values[row].is_some());
        T::fill(&mut storage, values.len(), None, |row| values[row].clone().unwrap_or_else(T::absent));
        T::append(&mut builder, &storage, &validity, values.len());
        Self { array: T::finish(builder), item: PhantomData }
    }

    /// A column of an array; `None` if the array is of another type, or has a date that chrono does not know.
    pub fn from_array(array: &ArrayRef) -> Option<Self> {
        Some(Self { array: conform(array, T::ITEM)?, item: PhantomData })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// The values, row by row.
    pub fn to_vec(&self) -> Vec<Option<T>> {
        let Some(mut made) = lane(T::ITEM) else { return Vec::new() };
        if !made.load(&self.array, 0, self.array.len()) {
            return Vec::new();
        }
        let made: &dyn AnyLane = &*made;
        let Some(made) = typed::<T>(made) else { return Vec::new() };
        let view = T::view(&made.values, made.len);
        (0..made.len).map(|row| made.validity.is_valid(row).then(|| T::at(view, row))).collect()
    }

    /// The Arrow array.
    pub fn as_array(&self) -> &ArrayRef {
        &self.array
    }
}

macro_rules! deref {
    ($($wrapper:ident<$of:ty>),*) => {$(
        impl<T> Deref for $wrapper<T> {
            type Target = $of;

            fn deref(&self) -> &$of {
                &self.0
            }
        }
    )*};
}

deref!(Whole<T>, Each<[T]>, All<[T]>);

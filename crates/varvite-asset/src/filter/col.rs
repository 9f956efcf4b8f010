//! [`Col`]: a column that knows the type of its values.

use std::marker::PhantomData;

use super::{ComparesWith, Comparison, Filter};

/// A column of a model whose values are `T`: `Weather::TEMPERATURE`.
#[derive(Debug)]
pub struct Col<T> {
    name: &'static str,
    values: PhantomData<fn() -> T>,
}

impl<T> Clone for Col<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Col<T> {}

impl<T> Col<T> {
    /// The column of this name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, values: PhantomData }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<T> Col<T> {
    /// Its value is greater.
    pub fn gt<V>(self, value: V) -> Filter
    where
        T: ComparesWith<V>,
    {
        self.compare(Comparison::Greater, value)
    }

    /// Its value is greater, or equal.
    pub fn ge<V>(self, value: V) -> Filter
    where
        T: ComparesWith<V>,
    {
        self.compare(Comparison::GreaterOrEqual, value)
    }

    /// Its value is less.
    pub fn lt<V>(self, value: V) -> Filter
    where
        T: ComparesWith<V>,
    {
        self.compare(Comparison::Less, value)
    }

    /// Its value is less, or equal.
    pub fn le<V>(self, value: V) -> Filter
    where
        T: ComparesWith<V>,
    {
        self.compare(Comparison::LessOrEqual, value)
    }

    /// Its value is equal.
    pub fn eq<V>(self, value: V) -> Filter
    where
        T: ComparesWith<V>,
    {
        self.compare(Comparison::Equal, value)
    }

    /// Its value is not equal. A null is neither.
    pub fn ne<V>(self, value: V) -> Filter
    where
        T: ComparesWith<V>,
    {
        self.compare(Comparison::NotEqual, value)
    }

    /// Its value lies between these, both included.
    pub fn between<V, W>(self, least: V, greatest: W) -> Filter
    where
        T: ComparesWith<V> + ComparesWith<W>,
    {
        self.ge(least).and(self.le(greatest))
    }

    /// Its value is one of these.
    pub fn is_in<V>(self, values: impl IntoIterator<Item = V>) -> Filter
    where
        T: ComparesWith<V>,
    {
        Filter::OneOf { column: self.name.to_owned(), values: values.into_iter().map(T::literal).collect() }
    }

    /// It has no value.
    pub fn is_null(self) -> Filter {
        Filter::IsNull { column: self.name.to_owned() }
    }

    /// It has a value.
    pub fn is_not_null(self) -> Filter {
        !self.is_null()
    }

    fn compare<V>(self, comparison: Comparison, value: V) -> Filter
    where
        T: ComparesWith<V>,
    {
        Filter::Compare { column: self.name.to_owned(), comparison, value: T::literal(value) }
    }
}

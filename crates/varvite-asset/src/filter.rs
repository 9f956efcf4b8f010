//! [`Filter`] and [`Col`]: which rows are wanted, said by typed columns.

mod parse;

use std::fmt;
use std::marker::PhantomData;

use crate::Value;

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

/// Which rows are wanted. A row for which the answer is unknown, for want of a value, is not.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Filter {
    /// A column compared with a value.
    Compare {
        /// The column.
        column: String,
        /// How.
        comparison: Comparison,
        /// The value.
        value: Value,
    },
    /// A column's value is one of these.
    OneOf {
        /// The column.
        column: String,
        /// The values.
        values: Vec<Value>,
    },
    /// A column's value is null.
    IsNull {
        /// The column.
        column: String,
    },
    /// All of them.
    All(Vec<Filter>),
    /// At least one of them.
    Any(Vec<Filter>),
    /// Not that.
    Not(Box<Filter>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

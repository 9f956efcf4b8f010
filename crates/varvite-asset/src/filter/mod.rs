//! [`Filter`] and [`Col`]: which rows are wanted, said by typed columns.

mod col;
mod compares;
mod display;
mod mask;
mod parse;
mod validate;

use std::ops::{BitAnd, BitOr, Not};

pub use col::Col;
pub use compares::ComparesWith;
#[cfg(feature = "polars")]
pub(crate) use validate::unknown;

use crate::Value;

/// Which rows are wanted. A row for which the answer is unknown, for want of a value, is not.
///
/// Made of typed columns ([`Col`]), `&`, `|` and `!`. Of floats, NaN is equal to itself and greater than all others, and
/// both zeros are one, as in Polars.
///
/// ```
/// use varvite_asset::{Col, Filter};
/// const TEMPERATURE: Col<f64> = Col::new("temperature");
/// const REGION: Col<String> = Col::new("region");
/// let hot: Filter = TEMPERATURE.gt(30.0) & !REGION.is_in(["north", "east"]);
/// assert_eq!(hot.to_string(), "temperature > 30.0 and not region in ('north', 'east')");
/// assert_eq!(hot.columns(), ["region", "temperature"]);
/// ```
///
/// A value of another type does not compile:
///
/// ```compile_fail,E0277
/// # use varvite_asset::Col;
/// const TEMPERATURE: Col<f64> = Col::new("temperature");
/// TEMPERATURE.gt("hot");
/// ```
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

impl Filter {
    /// Rows that this and the other one want.
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            first => Self::All(vec![first, other]),
        }
    }

    /// Rows that this or the other one wants.
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut any) => {
                any.push(other);
                Self::Any(any)
            }
            first => Self::Any(vec![first, other]),
        }
    }

    /// The columns that it asks, sorted.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        self.collect_columns(&mut columns);
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn collect_columns<'a>(&'a self, columns: &mut Vec<&'a str>) {
        match self {
            Self::Compare { column, .. } | Self::OneOf { column, .. } | Self::IsNull { column } => columns.push(column),
            Self::All(filters) | Self::Any(filters) => {
                for filter in filters {
                    filter.collect_columns(columns);
                }
            }
            Self::Not(filter) => filter.collect_columns(columns),
        }
    }
}

impl BitAnd for Filter {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl BitOr for Filter {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

/// Rows that it does not want. One for which the answer is unknown stays unknown.
impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

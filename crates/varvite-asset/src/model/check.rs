//! [`Check`]: what the values of a column must be.

use std::borrow::Cow;
use std::fmt;

use arrow::array::Array;

use super::Value;

/// What the values of a column must be. Nulls are asked by [`CheckKind::NotNull`] alone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Check {
    /// What is asked.
    pub kind: CheckKind,
}

/// What a [`Check`] asks.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CheckKind {
    /// Values lie between these, NaN does not.
    Range {
        /// Smallest value.
        min: Option<Value>,
        /// Largest value.
        max: Option<Value>,
        /// Whether the largest value itself is allowed.
        max_included: bool,
    },
    /// Values are among these.
    OneOf(Vec<Value>),
    /// Texts, bytes and lists have so many characters, bytes or elements.
    Length {
        /// Least length.
        min: u64,
        /// Greatest length.
        max: Option<u64>,
    },
    /// Texts match this regular expression.
    Pattern(String),
    /// There are no nulls, although the type has them.
    NotNull,
    /// No value occurs twice among the rows of one fetch or one write, of one partition.
    Unique,
    /// No value is less than the one before it, in the order of rows.
    Monotonic {
        /// Whether equal ones are refused, too.
        strictly: bool,
    },
    /// A function of one value.
    With {
        /// Its path, for messages.
        name: Cow<'static, str>,
        /// The first row that it refuses, and what it says. A schema that was read from a file has none: it is not run.
        test: Option<ColumnTest>,
    },
}

/// Asks a column: the first row that is refused, and why.
pub type ColumnTest = fn(&dyn Array) -> Option<(usize, String)>;

impl Check {
    /// A check of this kind.
    pub const fn new(kind: CheckKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            CheckKind::Range { min, max, max_included } => {
                let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
                write!(f, "range {}..{}{}", text(min), if *max_included { "=" } else { "" }, text(max))
            }
            CheckKind::OneOf(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "one of {}", values.join(", "))
            }
            CheckKind::Length { min, max: Some(max) } => write!(f, "length {min}..={max}"),
            CheckKind::Length { min, max: None } => write!(f, "length {min}.."),
            CheckKind::Pattern(pattern) => write!(f, "pattern {pattern:?}"),
            CheckKind::NotNull => f.write_str("not null"),
            CheckKind::Unique => f.write_str("unique"),
            CheckKind::Monotonic { strictly: false } => f.write_str("monotonic"),
            CheckKind::Monotonic { strictly: true } => f.write_str("strictly monotonic"),
            CheckKind::With { name, .. } => write!(f, "with {name}"),
        }
    }
}

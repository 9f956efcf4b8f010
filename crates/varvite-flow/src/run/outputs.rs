//! What comes of a run: values by name, and a report.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use crate::check::CheckOutcome;
use crate::error::Problem;
use crate::plain::{self, Plain};
use crate::row::Element;
use crate::value::Value;
use crate::wrappers::Column;

/// The values that were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    names: Vec<String>,
    values: Vec<Value>,
    report: Report,
}

/// The values that were asked for, as far as they could be had.
#[derive(Debug, Clone)]
pub struct PartialOutputs {
    names: Vec<String>,
    values: Vec<Result<Value, Arc<Problem>>>,
    report: Report,
}

/// What happened beside the values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What became of each check.
    pub checks: Vec<CheckOutcome>,
}

impl Report {
    /// The checks that found something.
    pub fn failed_checks(&self) -> impl Iterator<Item = &CheckOutcome> {
        self.checks.iter().filter(|outcome| !outcome.passed)
    }
}

impl Outputs {
    pub(crate) fn new(request: &[&str], values: Vec<Value>, report: Report) -> Self {
        Self { names: request.iter().map(|&name| name.to_owned()).collect(), values, report }
    }

    /// The value of a name that was asked for.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.names.iter().position(|known| known == name).map(|at| &self.values[at])
    }

    /// The same, as a Rust type; `None` if it is of another.
    pub fn value<T: Plain>(&self, name: &str) -> Option<T> {
        plain::take(self.get(name)?)
    }

    /// The column of a name that was asked for; `None` if it is of another type, or no column.
    pub fn column<T: Element>(&self, name: &str) -> Option<Column<T>> {
        if let Value::Column(column) = self.get(name)? { Column::from_array(column) } else { None }
    }

    /// Names and values, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names.iter().map(String::as_str).zip(&self.values)
    }

    /// All columns, by name, in the order of the request.
    ///
    /// # Errors
    /// There are no columns, or values that are columns without being of rows have other lengths.
    pub fn batch(&self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_from_iter_with_nullable(self.iter().filter_map(|(name, value)| match value {
            Value::Column(column) => Some((name, Arc::clone(column), true)),
            _ => None,
        }))
    }

    /// What happened beside the values.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl PartialOutputs {
    pub(crate) fn new(request: &[&str], values: Vec<Result<Value, Arc<Problem>>>, report: Report) -> Self {
        Self { names: request.iter().map(|&name| name.to_owned()).collect(), values, report }
    }

    /// The value of a name that was asked for, or why there is none.
    pub fn get(&self, name: &str) -> Option<Result<&Value, &Problem>> {
        let at = self.names.iter().position(|known| known == name)?;
        Some(self.values[at].as_ref().map_err(|problem| &**problem))
    }

    /// Names, and values or why there are none, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Result<&Value, &Problem>)> {
        let values = self.values.iter().map(|value| value.as_ref().map_err(|problem| &**problem));
        self.names.iter().map(String::as_str).zip(values)
    }

    /// What happened beside the values.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

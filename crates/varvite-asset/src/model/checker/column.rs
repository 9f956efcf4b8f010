//! [`ColumnChecker`]: the checks of one column.

use arrow::array::{Array, ArrayRef, new_empty_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;

use super::rule::Rule;
use super::{Finding, Violation};
use crate::model::{Check, CheckKind, Column};
use crate::values::{Chunk, plain, with_chunk};

/// The checks of one column, over batches or over chunks of anybody's columns.
#[derive(Debug)]
pub(crate) struct ColumnChecker {
    name: String,
    checks: Vec<(Check, Rule)>,
    /// The type that the rules are for.
    data_type: DataType,
    /// The type that others are judged as.
    model: DataType,
    /// How many rows were judged, of chunks.
    num_rows: u64,
}

impl ColumnChecker {
    /// The checks of a column of a model.
    pub(crate) fn new(column: &Column) -> Result<Self, String> {
        let rule = |check: &Check| Ok((check.clone(), Rule::new(&check.kind, &column.data_type)?));
        let checks = column.checks.iter().map(rule).collect::<Result<_, String>>();
        Ok(Self {
            name: column.name.clone(),
            checks: checks.map_err(|reason| format!("column `{}`: {reason}", column.name))?,
            data_type: column.data_type.clone(),
            model: plain_type(&column.data_type),
            num_rows: 0,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Judges the next rows, and counts them from 0.
    pub(super) fn check(&mut self, column: &ArrayRef) -> Vec<Violation> {
        match self.prepared(column) {
            Ok(column) => {
                let value = |row| text(&column, row);
                let mut violations = with_chunk(&column, |chunk| self.chunk(&chunk, &value));
                violations.extend(self.functions(&column, &value));
                violations
            }
            Err(reason) => vec![Violation {
                column: self.name.clone(),
                check: self.data_type.to_string(),
                count: column.len() as u64,
                first: Vec::new(),
                reason: Some(reason),
            }],
        }
    }

    /// Judges a chunk by all rules but functions, and does not count its rows. `value` is a row's value as text.
    pub(crate) fn chunk(&mut self, chunk: &Chunk<'_>, value: &dyn Fn(usize) -> String) -> Vec<Violation> {
        let (name, before) = (&self.name, self.num_rows);
        let judged = self.checks.iter_mut().map(|(check, rule)| (check, rule.judge(chunk)));
        let broken = judged.filter(|(_, found)| found.count > 0);
        broken.map(|(check, found)| violation(name, check, found, before, value)).collect()
    }

    /// Says that so many rows were judged.
    #[cfg(feature = "polars")]
    pub(crate) fn advance(&mut self, num_rows: usize) {
        self.num_rows += num_rows as u64;
    }

    /// Judges by functions alone.
    pub(crate) fn functions(&self, column: &dyn Array, value: &dyn Fn(usize) -> String) -> Vec<Violation> {
        let broken = self.checks.iter().filter_map(|(check, _)| {
            let CheckKind::With { test: Some(test), .. } = &check.kind else { return None };
            let (row, reason) = test(column)?;
            let found = Finding { count: 1, rows: vec![row], reason: Some(reason) };
            Some(violation(&self.name, check, found, self.num_rows, value))
        });
        broken.collect()
    }

    /// The column, and rules for its type: the model's, or a narrower or wider one of whole numbers or of floats, whose
    /// values are judged as they are stored.
    fn prepared(&mut self, column: &ArrayRef) -> Result<ArrayRef, String> {
        let mut column = plain(column).map_err(|error| error.to_string())?;
        let (stored, model) = (column.data_type(), &self.model);
        let is_kin = stored.is_integer() && model.is_integer() || stored.is_floating() && model.is_floating();
        if stored != model && !is_kin {
            // A value that the model's type does not have is no null.
            let options = CastOptions { safe: false, ..CastOptions::default() };
            column = cast_with_options(&column, model, &options).map_err(|error| error.to_string())?;
        }
        if column.data_type() != &self.data_type {
            for (check, rule) in &mut self.checks {
                // What was seen stays: it is kept as numbers of the widest type.
                if !matches!(rule, Rule::Unique(_) | Rule::Monotonic { .. }) {
                    *rule = Rule::new(&check.kind, column.data_type())?;
                }
            }
            self.data_type = column.data_type().clone();
        }
        Ok(column)
    }
}

/// The type of a [`plain`] column.
fn plain_type(data_type: &DataType) -> DataType {
    plain(&new_empty_array(data_type)).map_or_else(|_| data_type.clone(), |column| column.data_type().clone())
}

fn text(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) { "null".to_owned() } else { array_value_to_string(column, row).unwrap_or_default() }
}

fn violation(column: &str, check: &Check, found: Finding, before: u64, value: &dyn Fn(usize) -> String) -> Violation {
    let first = found.rows.iter().map(|row| (before + *row as u64, value(*row))).collect();
    Violation { column: column.to_owned(), check: check.to_string(), count: found.count, first, reason: found.reason }
}

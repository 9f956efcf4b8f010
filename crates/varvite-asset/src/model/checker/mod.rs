//! [`Checker`]: asks batch after batch whether its values are what the model says.

mod column;
mod finding;
mod history;
mod rule;
mod violation;

use arrow::array::RecordBatch;

pub(crate) use column::ColumnChecker;
pub(crate) use finding::Finding;
pub use violation::{Violation, Violations};

use super::ModelSchema;
use crate::{Error, Result};

/// Asks batch after batch whether its values are what a model's checks say.
///
/// [`CheckKind::Unique`](crate::CheckKind::Unique) and [`CheckKind::Monotonic`](crate::CheckKind::Monotonic) are about
/// all batches of one checker, in their order. Floats of 32 bits are compared with limits that are rounded to those.
#[derive(Debug)]
pub struct Checker {
    columns: Vec<ColumnChecker>,
    /// How many rows were judged.
    num_rows: u64,
}

impl Checker {
    /// A checker of a model's columns.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for checks that a column's type cannot have, which only a schema has that was written by
    /// hand.
    pub fn new(schema: &ModelSchema) -> Result<Self> {
        let checked = schema.columns.iter().filter(|column| !column.checks.is_empty());
        let columns = checked.map(ColumnChecker::new).collect::<Result<_, String>>();
        let columns = columns.map_err(|reason| Error::InvalidOption { option: "check", reason })?;
        Ok(Self { columns, num_rows: 0 })
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Asks the next batch. Columns that it does not have are not asked.
    ///
    /// # Errors
    /// [`Violations`]: each check that is broken, with its first rows.
    pub fn check(&mut self, batch: &RecordBatch) -> Result<(), Violations> {
        let before = self.num_rows;
        self.num_rows += batch.num_rows() as u64;
        self.check_alone(batch).map_err(|mut violations| {
            violations.map_rows(|row| before + row);
            violations
        })
    }

    /// The same, with rows that are counted from 0 in this batch.
    pub(crate) fn check_alone(&mut self, batch: &RecordBatch) -> Result<(), Violations> {
        let mut violations = Vec::new();
        for checker in &mut self.columns {
            if let Some(column) = batch.column_by_name(checker.name()) {
                violations.extend(checker.check(column));
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) }
    }
}

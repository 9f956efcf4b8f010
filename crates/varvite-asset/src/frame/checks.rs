//! The checks of a model over the rows of a frame, when it is collected: by the same rules as those over batches.

use arrow::datatypes::{DataType as ArrowType, TimeUnit};
use polars::prelude::{AllowedOptimizations, AnyValue, DataFrame, LazyFrame, OptFlags, PolarsError, Series};

use super::chunks::each_chunk;
use super::failed;
use crate::model::{ColumnChecker, Violations};
use crate::{CheckKind, Column, Error, FieldPlan, ModelSchema, Result};

/// What the plan of a query says where checks are asked.
const NAME: &str = "checks of the model";

/// The checks of a field that can be asked of whatever part of its rows a query reads.
#[derive(Debug, Clone)]
pub(super) struct Checks {
    label: String,
    columns: Vec<Column>,
}

impl Checks {
    /// Those of the columns that the field has.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for checks that a column's type cannot have.
    pub(super) fn new(plan: &FieldPlan, schema: &ModelSchema) -> Result<Self> {
        let is_wanted = |column: &&Column| plan.want.columns.as_ref().is_none_or(|names| names.contains(&column.name));
        let asked = |column: &Column| {
            let mut column = column.clone();
            column.checks.retain(|check| is_asked(&check.kind));
            column.data_type = counted_by_polars(&column.data_type);
            column
        };
        let wanted = schema.columns.iter().filter(is_wanted).filter(|_| plan.want.checks).map(asked);
        let columns: Vec<Column> = wanted.filter(|column| !column.checks.is_empty()).collect();
        for column in &columns {
            ColumnChecker::new(column).map_err(|reason| Error::InvalidOption { option: "check", reason })?;
        }
        Ok(Self { label: plan.want.label(), columns })
    }

    /// The same rows, which are checked when they are read: those, and in those columns, that a query asks for.
    pub(super) fn asked_of(self, frame: LazyFrame) -> LazyFrame {
        if self.columns.is_empty() {
            return frame;
        }
        let pass = OptFlags::PROJECTION_PUSHDOWN | OptFlags::PREDICATE_PUSHDOWN | OptFlags::SLICE_PUSHDOWN;
        let judge = move |rows: DataFrame| match self.judge(&rows) {
            Ok(()) => Ok(rows),
            Err(violations) => Err(PolarsError::ComputeError(format!("{}: {violations}", self.label).into())),
        };
        frame.map(judge, AllowedOptimizations::empty() | pass, None, Some(NAME))
    }

    /// All rows, read and checked.
    pub(super) fn collected(&self, frame: LazyFrame) -> Result<DataFrame> {
        let rows = frame.collect().map_err(failed("read the rows of a frame"))?;
        match self.judge(&rows) {
            Ok(()) => Ok(rows),
            Err(violations) => {
                Err(Error::ChecksFailed { asset: self.label.clone(), place: "a frame".to_owned(), violations })
            }
        }
    }

    fn judge(&self, rows: &DataFrame) -> std::result::Result<(), Violations> {
        let mut violations = Vec::new();
        for column in &self.columns {
            let (Ok(values), Ok(mut checker)) = (rows.column(&column.name), ColumnChecker::new(column)) else {
                continue; // a query did not ask for it
            };
            let values = values.as_materialized_series();
            let mut before = 0;
            each_chunk(values, &mut |chunk| {
                violations.extend(checker.chunk(&chunk, &|row| text(values, before + row)));
                checker.advance(chunk.len);
                before += chunk.len;
            });
        }
        if violations.is_empty() { Ok(()) } else { Err(Violations(violations)) }
    }
}

/// Whether a check can be asked of some rows, without those before them, and by whoever stores them.
pub(super) fn is_asked(kind: &CheckKind) -> bool {
    !matches!(kind, CheckKind::Unique | CheckKind::Monotonic { .. } | CheckKind::With { .. })
}

/// The type whose counts are those that Polars has: it knows times of a day in nanoseconds alone, and no seconds.
fn counted_by_polars(data_type: &ArrowType) -> ArrowType {
    match data_type {
        ArrowType::Time32(_) | ArrowType::Time64(_) => ArrowType::Time64(TimeUnit::Nanosecond),
        ArrowType::Timestamp(TimeUnit::Second, zone) => ArrowType::Timestamp(TimeUnit::Millisecond, zone.clone()),
        ArrowType::Date64 => ArrowType::Timestamp(TimeUnit::Millisecond, None),
        other => other.clone(),
    }
}

fn text(values: &Series, row: usize) -> String {
    match values.get(row) {
        Ok(AnyValue::String(text)) => text.to_owned(),
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}

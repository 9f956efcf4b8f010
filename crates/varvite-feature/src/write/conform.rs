//! Given rows become rows of the group: columns in the order of the definition, types as defined, times in the unit that
//! is stored. What does not fit is found, all of it, before anything is written.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, Field, Schema, SchemaRef};
use varvite_schema::{Column, ColumnRole, DataType, FeatureGroupSchema};
use varvite_time::Instant;

use super::checks;
use super::report::{RefusalKind, ValidationReport};
use crate::error::arrow;
use crate::times::{as_times, converted, numbers, unit_of};
use crate::{Error, Result, columns};

/// Rows as they are to be stored, but for the commit.
#[derive(Debug)]
pub(crate) struct Conformed {
    pub(crate) schema: SchemaRef,
    pub(crate) batch: RecordBatch,
    /// For each row whether its created time is that of the clock, since its table had none.
    pub(crate) stamped: Vec<bool>,
}

/// What rows are compared with.
pub(crate) struct Rules<'a> {
    pub(crate) group: &'a FeatureGroupSchema,
    /// The columns that are stored.
    pub(crate) stored: Option<&'a Schema>,
    /// When rows without a created time were created (S08).
    pub(crate) clock: Instant,
}

/// All rows of `batches` as rows of the group.
///
/// # Errors
/// [`Error::Refused`] with everything that is wrong.
pub(crate) fn conform(batches: &[RecordBatch], rules: &Rules<'_>) -> Result<Conformed> {
    let given = batches.first().map(RecordBatch::schema);
    let schema = columns::defined(rules.group, rules.stored, given.as_deref());
    let mut report = ValidationReport { rows: count(batches), refusals: Vec::new() };
    let mut stamped = Vec::new();
    let mut parts = Vec::with_capacity(batches.len());
    let mut first_row = 0;
    for batch in batches {
        let mut conformer = Conformer { rules, batch, first_row, report: &mut report, stamped: &mut stamped };
        parts.push(conformer.conform(&schema)?);
        first_row += batch.num_rows() as u64;
    }
    if !report.is_empty() {
        return Err(Error::Refused { group: rules.group.id(), report });
    }
    let batch = arrow::compute::concat_batches(&schema, &parts).map_err(arrow("join rows"))?;
    Ok(Conformed { schema, batch, stamped })
}

pub(crate) fn count(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|batch| batch.num_rows() as u64).sum()
}

struct Conformer<'a> {
    rules: &'a Rules<'a>,
    batch: &'a RecordBatch,
    /// How many rows came in earlier batches.
    first_row: u64,
    report: &'a mut ValidationReport,
    stamped: &'a mut Vec<bool>,
}

impl Conformer<'_> {
    fn conform(&mut self, schema: &SchemaRef) -> Result<RecordBatch> {
        self.refuse_unknown();
        self.refuse_repeated();
        let created = self.rules.group.created_time();
        let is_stamped = created.is_some_and(|time| self.batch.column_by_name(time.name()).is_none());
        self.stamped.resize(self.stamped.len() + self.batch.num_rows(), is_stamped);
        let group = self.rules.group;
        let mut made = Vec::with_capacity(schema.fields().len());
        for (column, field) in group.columns().zip(schema.fields()) {
            made.push(self.column(&column, field)?);
        }
        let given_or_nulls = |(array, field): (Option<ArrayRef>, &Arc<Field>)| {
            array.unwrap_or_else(|| new_null_array(field.data_type(), self.batch.num_rows()))
        };
        let arrays = made.into_iter().zip(schema.fields()).map(given_or_nulls).collect();
        // Nulls in refused rows do not matter any more.
        let lenient: Vec<_> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
        let schema = if self.report.is_empty() { Arc::clone(schema) } else { Arc::new(Schema::new(lenient)) };
        let options = RecordBatchOptions::new().with_row_count(Some(self.batch.num_rows()));
        RecordBatch::try_new_with_options(schema, arrays, &options).map_err(arrow("put columns together"))
    }

    fn refuse_unknown(&mut self) {
        for field in self.batch.schema().fields() {
            if self.rules.group.columns().all(|column| column.name != field.name()) {
                let known: Vec<&str> = self.rules.group.columns().map(|column| column.name).collect();
                let reason = format!("is not one of the group, which has {}", known.join(", "));
                self.refuse_column(RefusalKind::UnknownColumn, field.name(), reason);
            }
        }
    }

    fn refuse_repeated(&mut self) {
        let schema = self.batch.schema();
        for (at, field) in schema.fields().iter().enumerate() {
            if schema.index_of(field.name()).is_ok_and(|first| first < at) {
                let reason = "stands in a table more than once".to_owned();
                self.refuse_column(RefusalKind::RepeatedColumn, field.name(), reason);
            }
        }
    }

    /// The column as it is to be stored; `None` if it was refused.
    fn column(&mut self, column: &Column<'_>, field: &Field) -> Result<Option<ArrayRef>> {
        let Some(given) = self.batch.column_by_name(column.name) else {
            return self.absent(column, field);
        };
        let given = Arc::clone(given);
        match column.role {
            ColumnRole::EventTime | ColumnRole::CreatedTime => self.time(column, &given, field.data_type()),
            ColumnRole::EntityKey | ColumnRole::Feature => self.value(column, &given),
        }
    }

    fn absent(&mut self, column: &Column<'_>, field: &Field) -> Result<Option<ArrayRef>> {
        let len = self.batch.num_rows();
        match column.role {
            ColumnRole::CreatedTime => stamp(self.rules.clock, field.data_type(), len).map(Some),
            ColumnRole::Feature if column.nullable => Ok(Some(new_null_array(field.data_type(), len))),
            role => {
                let reason = format!("is missing: it is {} and not nullable", named(role));
                self.refuse_column(RefusalKind::MissingColumn, column.name, reason);
                Ok(None)
            }
        }
    }

    fn time(&mut self, column: &Column<'_>, given: &ArrayRef, stored: &Arrow) -> Result<Option<ArrayRef>> {
        let (Some(from), Some(to)) = (unit_of(given.data_type()), unit_of(stored)) else {
            let reason = format!("is {}, but a time is a timestamp or a date", given.data_type());
            self.refuse_column(RefusalKind::TypeMismatch, column.name, reason);
            return Ok(None);
        };
        if column.role == ColumnRole::EventTime {
            self.refuse_nulls(RefusalKind::NullEventTime, column, given);
        }
        if given.data_type() == stored {
            return Ok(Some(Arc::clone(given)));
        }
        let values = numbers(given)?;
        let lost = |row: &usize| values.is_valid(*row) && converted(values.value(*row), from, to).is_none();
        let rows: Vec<usize> = (0..values.len()).filter(lost).collect();
        self.refuse_rows(RefusalKind::TimeOutOfRange, column.name, &rows, || {
            format!("has times that {stored}, the type that is stored, does not hold exactly")
        });
        let values: Int64Array = values.iter().map(|value| converted(value?, from, to)).collect();
        as_times(values, stored).map(Some)
    }

    fn value(&mut self, column: &Column<'_>, given: &ArrayRef) -> Result<Option<ArrayRef>> {
        let Some(declared) = column.data_type else { return Ok(Some(Arc::clone(given))) };
        let Some(array) = typed(given, declared)? else {
            let reason = format!("is {}, but is defined as {declared}", given.data_type());
            self.refuse_column(RefusalKind::TypeMismatch, column.name, reason);
            return Ok(None);
        };
        if column.role == ColumnRole::EntityKey {
            self.refuse_nulls(RefusalKind::NullKey, column, &array);
            return Ok(Some(array));
        }
        let Some(feature) = self.rules.group.get_feature(column.name) else { return Ok(Some(array)) };
        for (rule, check) in feature.checks().iter().enumerate() {
            let broken = checks::broken(check, &array)?;
            let rule = (checks::kind(check), rule);
            self.refuse_by_rule(rule, column.name, &broken, || checks::reason(check, &array, broken[0]));
        }
        Ok(Some(array))
    }

    fn refuse_nulls(&mut self, kind: RefusalKind, column: &Column<'_>, array: &ArrayRef) {
        let rows: Vec<usize> = match array.logical_nulls() {
            None => Vec::new(),
            Some(nulls) => (0..array.len()).filter(|row| nulls.is_null(*row)).collect(),
        };
        self.refuse_rows(kind, column.name, &rows, || format!("is null, but it is {}", named(column.role)));
    }

    fn refuse_column(&mut self, kind: RefusalKind, column: &str, reason: String) {
        self.report.add(kind, column, Vec::new(), || reason);
    }

    fn refuse_rows(&mut self, kind: RefusalKind, column: &str, rows: &[usize], reason: impl FnOnce() -> String) {
        self.refuse_by_rule((kind, 0), column, rows, reason);
    }

    fn refuse_by_rule(
        &mut self,
        rule: (RefusalKind, usize),
        column: &str,
        rows: &[usize],
        reason: impl FnOnce() -> String,
    ) {
        if !rows.is_empty() {
            let rows = rows.iter().map(|row| self.first_row + *row as u64).collect();
            self.report.add_rule(rule, column, rows, reason);
        }
    }
}

/// A role with its article.
fn named(role: ColumnRole) -> String {
    let article = match role {
        ColumnRole::EntityKey => "an",
        ColumnRole::Feature => "a",
        ColumnRole::EventTime | ColumnRole::CreatedTime => "the",
    };
    format!("{article} {role}")
}

/// The column as a column of the declared type, if every one of its values is one of that type, or widens to it.
fn typed(given: &ArrayRef, declared: &DataType) -> Result<Option<ArrayRef>> {
    let wanted = declared.to_arrow();
    if given.data_type() == &wanted {
        return Ok(Some(Arc::clone(given)));
    }
    if given.data_type() == &Arrow::Null {
        return Ok(Some(new_null_array(&wanted, given.len())));
    }
    let known = DataType::from_arrow_values(given.data_type());
    if !known.is_ok_and(|known| known == *declared || known.widens_to(declared)) {
        return Ok(None);
    }
    cast(given, &wanted).map(Some).map_err(arrow("widen a column"))
}

/// A column of one time.
fn stamp(clock: Instant, data_type: &Arrow, len: usize) -> Result<ArrayRef> {
    let unit = unit_of(data_type).unwrap_or(varvite_time::TimeUnit::Microsecond);
    let values = Int64Array::from_value(clock.floor(unit), len);
    as_times(values, data_type)
}

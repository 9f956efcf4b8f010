//! [`Typed`]: an input whose columns have the types that they are to be written with.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::util::display::array_value_to_string;

use super::cast::{NotCast, cast_exactly, is_wider, may_cast};
use super::csv_lines::line_of;
use super::source::{Cause, Source};
use super::{Format, Reader};
use crate::error::Error;

/// Reads batches, casts their columns, and counts rows, so that messages name the file and the row.
pub(super) struct Typed {
    source: Source,
    raw: Raw,
    columns: SchemaRef,
    rows_before: u64,
    explain: Option<Box<Explain>>,
}

/// A reader that is opened when the first batch is asked for, and closed after the last.
enum Raw {
    Waiting(Box<Open>),
    Open(Reader),
    Closed,
}

/// Opens the reader of a source.
type Open = dyn FnOnce(&Source) -> Result<Reader, Cause> + Send;

/// What is wrong in a source behind so many rows, if that can be told better than its reader does.
type Explain = dyn Fn(&Source, u64) -> Option<Error> + Send;

/// The columns of `given` with the types of `hint`, where a cast may work; with `evolve` wider ones stay as they are.
pub(super) fn cast_to(given: &SchemaRef, hint: Option<&SchemaRef>, evolve: bool) -> SchemaRef {
    let Some(hint) = hint else { return Arc::clone(given) };
    let fields = given.fields().iter().map(|field| match hint.field_with_name(field.name()) {
        Ok(wanted) if evolve && is_wider(field.data_type(), wanted.data_type()) => Arc::clone(field),
        Ok(wanted) if may_cast(field.data_type(), wanted.data_type()) => {
            Arc::new(field.as_ref().clone().with_data_type(wanted.data_type().clone()))
        }
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

impl Typed {
    /// `columns` has the names of what `open` opens, in the same order.
    pub(super) fn new(
        source: Source,
        columns: SchemaRef,
        open: impl FnOnce(&Source) -> Result<Reader, Cause> + Send + 'static,
    ) -> Self {
        Self { source, raw: Raw::Waiting(Box::new(open)), columns, rows_before: 0, explain: None }
    }

    /// What the reader refuses is looked up in the source.
    pub(super) fn explained_by(mut self, explain: impl Fn(&Source, u64) -> Option<Error> + Send + 'static) -> Self {
        self.explain = Some(Box::new(explain));
        self
    }

    pub(super) fn name(&self) -> String {
        self.source.name.clone()
    }

    pub(super) fn columns(&self) -> &SchemaRef {
        &self.columns
    }

    fn next_raw(&mut self) -> Option<Result<RecordBatch, Cause>> {
        let mut reader = match std::mem::replace(&mut self.raw, Raw::Closed) {
            Raw::Waiting(open) => match open(&self.source) {
                Ok(reader) => reader,
                Err(error) => return Some(Err(error)),
            },
            Raw::Open(reader) => reader,
            Raw::Closed => return None,
        };
        let batch = reader.next()?;
        self.raw = Raw::Open(reader);
        Some(batch.map_err(Into::into))
    }

    fn cast(&mut self, batch: &RecordBatch) -> Result<RecordBatch, Box<Error>> {
        let columns = batch.columns().iter().zip(self.columns.fields());
        let columns = columns
            .map(|(column, field)| {
                cast_exactly(column, field.data_type())
                    .map_err(|error| Box::new(self.explain(error, column, field.name(), field.data_type())))
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.rows_before += batch.num_rows() as u64;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.columns), columns, &options)
            .map_err(|error| Box::new(self.unreadable(error.into())))
    }

    fn explain(&self, error: NotCast, column: &ArrayRef, name: &str, data_type: &DataType) -> Error {
        match error {
            NotCast::Types(error) => self.unreadable(error.into()),
            NotCast::Value(bad) => Error::Value {
                path: self.source.name.clone(),
                column: name.to_owned(),
                place: self.place(self.rows_before + bad.row as u64),
                value: array_value_to_string(column, bad.row).unwrap_or_default(),
                data_type: data_type.to_string(),
                reason: bad.reason,
            },
        }
    }

    /// Where a row is: by line, where a person would look for it.
    fn place(&self, row: u64) -> String {
        let line = if self.source.format == Format::Csv { line_of(&self.source, row) } else { None };
        line.map_or_else(|| format!("row {row}"), |line| format!("line {line}"))
    }

    fn unreadable(&self, source: Cause) -> Error {
        Error::Read { path: self.source.name.clone(), format: self.source.format.name(), source }
    }
}

impl Iterator for Typed {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let typed = match self.next_raw()? {
            Ok(batch) => self.cast(&batch),
            Err(error) => {
                let explained = self.explain.as_ref().and_then(|explain| explain(&self.source, self.rows_before));
                Err(Box::new(explained.unwrap_or_else(|| self.unreadable(error))))
            }
        };
        Some(typed.map_err(|error| ArrowError::ExternalError(error)))
    }
}

impl RecordBatchReader for Typed {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.columns)
    }
}

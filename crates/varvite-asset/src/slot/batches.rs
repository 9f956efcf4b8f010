//! [`Batches`]: rows as Arrow has them, for models that are only known at run time.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, RecordBatch, RecordBatchOptions, StringArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options, concat_batches, take};
use arrow::datatypes::{Field, Schema, SchemaRef};

use super::checks::Checks;
use super::{Filling, Slot};
use crate::{Column, ColumnDefault, Error, Fetch, FieldPlan, PlannedScan, Result, Value, Want};

/// Rows in order, as Arrow has them: with the columns of the model, absent ones by their defaults.
#[derive(Debug, Clone)]
pub struct Batches {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

impl Batches {
    /// How many rows there are.
    pub fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// All rows as one batch.
    ///
    /// # Errors
    /// For more text than a column can hold.
    pub fn concat(&self) -> Result<RecordBatch> {
        concat_batches(&self.schema, &self.batches).map_err(|source| Error::Arrow { action: "join batches", source })
    }
}

/// Batches in the making.
pub struct FillBatches {
    conform: Conform,
    batches: Vec<RecordBatch>,
}

impl Filling for FillBatches {
    type Filled = Batches;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.batches.push(self.conform.apply(scan, &batch)?);
        Ok(())
    }

    fn finish(self) -> Result<Batches> {
        Ok(Batches { schema: self.conform.schema, batches: self.batches })
    }
}

impl Slot for Batches {
    type Filling = FillBatches;

    fn want(field: &str, _: &Fetch) -> Result<Want> {
        let reason = "batches have no model: add them with `Collection::add_want`".to_owned();
        Err(Error::InvalidName { name: field.to_owned(), reason })
    }

    fn filling(plan: &FieldPlan) -> Result<FillBatches> {
        Ok(FillBatches { conform: Conform::new(plan)?, batches: Vec::new() })
    }
}

/// Gives batches the columns that are wanted, in their order.
pub(crate) struct Conform {
    asset: String,
    version: u32,
    schema: SchemaRef,
    columns: Vec<Column>,
    checks: Checks,
}

impl Conform {
    pub(crate) fn new(plan: &FieldPlan) -> Result<Self> {
        let want = &plan.want;
        let asset = want.label();
        let Some(model) = want.schema() else {
            let reason = "the columns of its rows are not known".to_owned();
            return Err(Error::SchemaMismatch { asset, reason });
        };
        let columns: Vec<Column> = match &want.columns {
            None => model.columns.clone(),
            Some(names) => names.iter().filter_map(|name| model.column(name).cloned()).collect(),
        };
        let field = |column: &Column| Field::new(&column.name, column.data_type.clone(), column.nullable);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        Ok(Self { asset, version: want.version, schema, columns, checks: Checks::new(plan) })
    }

    pub(crate) fn apply(&mut self, scan: &PlannedScan, batch: &RecordBatch) -> Result<RecordBatch> {
        if scan.part.version != self.version {
            let known = format!("version {} becomes it only by a model that says how", scan.part.version);
            return Err(Error::VersionNotFound { asset: self.asset.clone(), version: self.version, known });
        }
        self.checks.check(scan, batch)?;
        let column = |column: &Column| match batch.column_by_name(&column.name) {
            Some(values) => self.cast(values, column),
            None => self.default_values(column, batch.num_rows()),
        };
        let columns = self.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|error| self.mismatch(error.to_string()))
    }

    fn cast(&self, values: &ArrayRef, column: &Column) -> Result<ArrayRef> {
        if *values.data_type() == column.data_type {
            return Ok(Arc::clone(values));
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(values, &column.data_type, &options)
            .map_err(|error| self.mismatch(format!("column `{}`: {error}", column.name)))
    }

    fn default_values(&self, column: &Column, num_rows: usize) -> Result<ArrayRef> {
        let one: ArrayRef = match &column.default {
            ColumnDefault::Required => return Err(self.mismatch(format!("column `{}` is absent", column.name))),
            ColumnDefault::Null => return Ok(new_null_array(&column.data_type, num_rows)),
            // Text is exact for integers of any width.
            ColumnDefault::Value(Value::Int(value)) => Arc::new(StringArray::from(vec![value.to_string()])),
            ColumnDefault::Value(Value::Text(value)) => Arc::new(StringArray::from(vec![value.as_str()])),
            ColumnDefault::Value(Value::Float(value)) => Arc::new(Float64Array::from(vec![*value])),
            ColumnDefault::Value(Value::Bool(value)) => Arc::new(BooleanArray::from(vec![*value])),
        };
        let one = self.cast(&one, column)?;
        let all = arrow::array::UInt32Array::from(vec![0; num_rows]);
        take(&one, &all, None).map_err(|source| Error::Arrow { action: "repeat a default", source })
    }

    fn mismatch(&self, reason: String) -> Error {
        Error::SchemaMismatch { asset: self.asset.clone(), reason }
    }
}

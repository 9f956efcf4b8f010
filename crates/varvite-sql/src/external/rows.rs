//! [`Rows`]: rows that only we can read, for engines that take them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use varvite_dataset::{Dataset, ScanOptions};

use super::keys::{self, Constant};
use crate::{Error, KeyedTable, MemoryTable, Result};

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Rows, batch by batch.
pub(crate) struct Rows {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Batches,
}

impl Rows {
    pub(super) fn of_memory(rows: &MemoryTable) -> Self {
        let batches: Vec<_> = rows.batches().iter().cloned().map(Ok).collect();
        Self { schema: Arc::clone(rows.schema()), batches: Box::new(batches.into_iter()) }
    }

    /// The rows of a dataset as it is.
    pub(crate) fn of_dataset(table: &str, dataset: &Dataset) -> Result<Self> {
        let scan = dataset.scan(&ScanOptions::default()).map_err(Error::dataset(table))?;
        let schema = scan.schema();
        Ok(Self { schema, batches: batches_of(table, dataset)? })
    }

    /// The rows of a store's datasets, with the fields of their keys.
    pub(crate) fn of_keyed(table: &str, keyed: &KeyedTable) -> Result<Self> {
        let mut all: Vec<Batches> = Vec::new();
        for member in keyed.members() {
            if member.dataset.schema().is_none() {
                continue;
            }
            let constants = keys::constants(table, keyed, member)?;
            let schema = Arc::clone(keyed.schema());
            let batches = batches_of(table, &member.dataset)?;
            all.push(Box::new(batches.map(move |batch| widened(&batch?, &constants, &schema))));
        }
        Ok(Self { schema: Arc::clone(keyed.schema()), batches: Box::new(all.into_iter().flatten()) })
    }
}

fn batches_of(table: &str, dataset: &Dataset) -> Result<Batches> {
    let mut scan = dataset.scan(&ScanOptions::default()).map_err(Error::dataset(table))?;
    let table = table.to_owned();
    let next = move || scan.next_batch().transpose().map(|batch| batch.map_err(Error::dataset(&table)));
    Ok(Box::new(std::iter::from_fn(next)))
}

/// Rows with the fields of their key, and nulls for columns that the dataset has not.
fn widened(rows: &RecordBatch, constants: &[(String, Constant)], schema: &SchemaRef) -> Result<RecordBatch> {
    let columns: Result<Vec<ArrayRef>> = schema
        .fields()
        .iter()
        .map(|field| match constants.iter().find(|(name, _)| name == field.name()) {
            Some((_, constant)) => Ok(constant.column(rows.num_rows())),
            None => rows.column_by_name(field.name()).map_or_else(
                || Ok(new_null_array(field.data_type(), rows.num_rows())),
                |column| cast(column, field.data_type()).map_err(Error::arrow("read a store as one table")),
            ),
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)
        .map_err(Error::arrow("read a store as one table"))
}

//! Persistent assets: rows without dates, replaced as a whole.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use varvite_dataset::{Mode, WriteOptions};

use super::Catalog;
use super::write::{AssetReport, PartitionReport, rows, stored_order, undecodable};
use crate::{AssetKind, Error, FeatureModel, ModelSchema, Result};

/// The hidden column that keeps rows in the order given: datasets are ordered.
const ROW: &str = "__row";

impl Catalog {
    /// Replaces all rows of a persistent asset, as one commit: readers have the old ones or the new ones, and what they began
    /// to read stays as it was. Older versions of its dataset stay readable as long as its retention says.
    ///
    /// # Errors
    /// Rows that do not fit or break a check of the model, and columns other than the registered ones, are refused before
    /// anything is written.
    pub fn replace<M: FeatureModel>(&self, rows: &[M]) -> Result<AssetReport> {
        let batch = M::encode(rows).map_err(|error| undecodable(M::schema(), error))?;
        self.replace_batches(M::schema(), &[batch])
    }

    /// The same for columns that are known only now, found by name.
    ///
    /// # Errors
    /// As [`replace`](Self::replace).
    pub fn replace_batches(&self, schema: &ModelSchema, rows: &[RecordBatch]) -> Result<AssetReport> {
        if schema.kind != AssetKind::Persistent {
            let reason = format!("{} is no persistent asset", schema.label());
            return Err(Error::InvalidOption { option: "asset", reason });
        }
        if schema.column(ROW).is_some() {
            let reason = format!("a column `{ROW}` is the catalog's own");
            return Err(Error::SchemaMismatch { asset: schema.label(), reason });
        }
        super::names::check(&schema.asset)?;
        let known = self.registered("persistent", &schema.asset, schema.version)?;
        let batch = rows::conformed(schema, &stored_order(schema, known.as_ref()), rows)?;
        super::write::checked(schema, || rows::GIVEN.to_owned(), &batch)?;
        let numbered = numbered(&batch)?;
        let dataset_of = || self.persistent_dataset(&schema.asset, schema.version);
        let (_, registered) = self.register(schema)?;
        let options = WriteOptions::ordered_on(ROW).with_mode(Mode::Overwrite);
        let done = dataset_of()?
            .write(numbered, &options)
            .map_err(|source| Error::Dataset { asset: schema.label(), source: Box::new(source) })?;
        let partition = PartitionReport {
            keys: Vec::new(),
            rows: done.rows_in,
            inserted: done.inserted,
            deleted: done.deleted,
            covered: String::new(),
            dataset_version: done.version_after,
        };
        Ok(AssetReport { asset: schema.label(), registered, partitions: vec![partition] })
    }
}

/// The rows with their numbers.
fn numbered(batch: &RecordBatch) -> Result<RecordBatch> {
    let count = i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
    let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(0..count))];
    columns.extend(batch.columns().iter().map(Arc::clone));
    let mut fields = vec![Arc::new(Field::new(ROW, DataType::Int64, false))];
    fields.extend(batch.schema().fields().iter().map(Arc::clone));
    debug_assert_eq!(columns[0].len(), batch.num_rows());
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(rows::arrow("number rows"))
}

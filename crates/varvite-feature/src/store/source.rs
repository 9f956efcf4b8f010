//! Sources: tables that derived features read.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use varvite_dataset::{Dataset, Mode, WriteOptions, WriteReport};
use varvite_schema::{DataType, DefinitionParts, Outcome, SourceSchema};

use super::FeatureStore;
use crate::error::arrow;
use crate::{Error, Result, SourceKey, WriteMode, columns};

/// How often a write is made anew because another writer was faster.
const MAX_ATTEMPTS: u32 = 100;

impl FeatureStore {
    /// Registers a source, or a change of one.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn register_source(&self, source: &SourceSchema) -> Result<Outcome> {
        self.register_parts(DefinitionParts { sources: vec![source.clone()], ..DefinitionParts::default() })
    }

    /// The dataset of a source, stored or not.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store) if it is damaged, or no source can have such a name.
    pub fn source(&self, name: &str) -> Result<Dataset> {
        let key = SourceKey::new(name).map_err(varvite_store::Error::from)?;
        Ok(self.inner.sources.dataset(&key)?)
    }

    /// Writes rows of a source as one commit: [`WriteMode::Append`] or [`WriteMode::Overwrite`]. Repeats are kept; rows are
    /// ordered on the event time, without one as they come.
    ///
    /// # Errors
    /// [`Error::Schema`] for a source that is not registered; [`Error::InvalidMode`] for rows that do not have its columns,
    /// and for other modes; [`Error::Dataset`]. Nothing was written then.
    pub fn write_source(&self, name: &str, rows: &[RecordBatch], mode: WriteMode) -> Result<WriteReport> {
        let state = self.inner.registry.state()?;
        let source = state.definitions().source(name)?;
        if let Some(location) = source.location() {
            return Err(refused(name, format!("its rows are at `{location}`, where they are not ours to write")));
        }
        let mode = match mode {
            WriteMode::Append => Mode::Merge,
            WriteMode::Overwrite => Mode::Overwrite,
            other => return Err(refused(name, format!("{other:?} needs keys: append or overwrite"))),
        };
        let rows = rows.iter().map(|batch| conform(source, batch)).collect::<Result<Vec<_>>>()?;
        let dataset = self.source(name)?;
        let failed = |source| Error::Dataset { name: name.to_owned(), source: Box::new(source) };
        let mut attempt = 1;
        loop {
            let _ = dataset.refresh().map_err(failed)?;
            let version = dataset.snapshot().map(|snapshot| snapshot.version);
            let numbered = rows.iter().map(|batch| numbered(batch, version.map_or(0, |version| version + 1)));
            let mut options = WriteOptions::default().with_sort(true).with_evolution(true).with_mode(mode);
            options = options.with_expected_version(version);
            if !dataset.exists() {
                options.ordered_on = Some(source.event_time().unwrap_or(columns::COMMIT).into());
            }
            match dataset.write(numbered.collect::<Result<Vec<_>>>()?, &options) {
                Err(varvite_dataset::Error::VersionMismatch { .. }) if attempt < MAX_ATTEMPTS => attempt += 1,
                done => return done.map_err(failed),
            }
        }
    }
}

fn refused(source: &str, reason: String) -> Error {
    Error::InvalidMode { group: source.to_owned(), reason }
}

/// The rows with the columns that the source declares, in their types; with all that there are if it declares none.
fn conform(source: &SourceSchema, batch: &RecordBatch) -> Result<RecordBatch> {
    let has = |name: &str| batch.column_by_name(name).is_some();
    if let Some(event) = source.event_time() {
        let Some(times) = batch.column_by_name(event) else {
            return Err(refused(source.name(), format!("the rows lack its event time `{event}`")));
        };
        if times.logical_null_count() > 0 {
            return Err(refused(source.name(), format!("rows have no event time `{event}`")));
        }
    }
    if let Some(missing) = source.columns().iter().find(|column| !has(&column.name)) {
        return Err(refused(source.name(), format!("the rows lack its column `{}`", missing.name)));
    }
    let is_known = |name: &str| source.is_open() || source.event_time() == Some(name) || source.column(name).is_some();
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        if !is_known(field.name()) {
            return Err(refused(source.name(), format!("it has no column `{}`", field.name())));
        }
        let array = in_type(source, field, array)?;
        fields.push(Field::new(field.name(), array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(arrow("take rows"))
}

fn in_type(source: &SourceSchema, field: &Field, array: &ArrayRef) -> Result<ArrayRef> {
    let Some(declared) = source.column(field.name()) else { return Ok(Arc::clone(array)) };
    let given = DataType::from_arrow_values(field.data_type())?;
    if given != *declared && !given.widens_to(declared) {
        let reason = format!("column `{}` is {given}, not {declared}", field.name());
        return Err(refused(source.name(), reason));
    }
    columns::as_type(array, &declared.to_arrow())
}

/// The rows with the number of their commit.
fn numbered(batch: &RecordBatch, commit: u64) -> Result<RecordBatch> {
    let mut arrays = batch.columns().to_vec();
    arrays.push(Arc::new(Int64Array::from_value(i64::try_from(commit).unwrap_or(i64::MAX), batch.num_rows())));
    RecordBatch::try_new(columns::stored(&batch.schema()), arrays).map_err(arrow("number rows"))
}

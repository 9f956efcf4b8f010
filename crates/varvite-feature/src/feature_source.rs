//! [`FeatureSource`]: what computes the features of a group, and can say what from.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use varvite_schema::{FeatureGroupSchema, Outcome, check_registration};

use crate::{
    EntityRows, Error, FeatureStore, FeatureWriteReport, HistoricalOptions, LineageNode, RegistryChange, Result,
    WriteMode,
};

/// What computes the features of a group: a dataflow, a model, a function.
pub trait FeatureSource {
    /// The group whose rows it makes.
    fn group(&self) -> &FeatureGroupSchema;

    /// For each feature of the group, the columns that its values come from, and the tables that are read.
    fn origins(&self) -> BTreeMap<String, Vec<LineageNode>>;

    /// References to the features that it reads, each with the name of the column that it is given them in.
    fn inputs(&self) -> Vec<(String, String)>;

    /// Makes rows of the group. `rows` are those of the entities, with the columns of [`inputs`](Self::inputs) behind theirs.
    ///
    /// # Errors
    /// Whatever goes wrong: nothing is written then.
    fn compute(&self, rows: &RecordBatch) -> Result<RecordBatch, Box<dyn std::error::Error + Send + Sync>>;
}

impl FeatureStore {
    /// Registers the group of a source with what its features come from, as one revision.
    ///
    /// # Errors
    /// As [`register`](Self::register); [`Error::Schema`] for origins that are not there (S20).
    pub fn register_with(&self, source: &dyn FeatureSource) -> Result<Outcome> {
        let group = source.group();
        let nodes = source.origins().into_iter().map(|(feature, from)| {
            let node: LineageNode = format!("{}.{feature}", group.name()).parse()?;
            Ok((node, from))
        });
        let nodes = nodes.collect::<Result<Vec<_>>>()?;
        let mut outcome = Outcome::Unchanged;
        self.registry().update(|state| {
            let known = state.definitions().groups().iter().filter(|known| known.name() == group.name());
            outcome = check_registration(known, group).into_result()?;
            let change = RegistryChange::new().with_group(group.clone())?;
            Ok(nodes.iter().cloned().fold(change, |change, (node, from)| change.with_lineage(node, from)))
        })?;
        Ok(outcome)
    }

    /// Reads what a source needs of these entities, as it was known at their times, computes its features and writes them as
    /// rows of its group, which is registered first if need be.
    ///
    /// # Errors
    /// As [`get_historical_features`](Self::get_historical_features), [`register_with`](Self::register_with) and
    /// [`write`](Self::write); [`Error::SourceFailed`]. No rows are written then.
    pub fn write_from(
        &self,
        source: &dyn FeatureSource,
        entities: &EntityRows,
        options: &HistoricalOptions,
        mode: WriteMode,
    ) -> Result<FeatureWriteReport> {
        let rows = self.compute_from(source, entities, options)?;
        self.register_with(source)?;
        let group = source.group();
        self.write(&format!("{}@v{}", group.name(), group.version()), &rows, mode)
    }

    /// The rows that [`write_from`](Self::write_from) would write.
    ///
    /// # Errors
    /// As it, but for what concerns writing.
    pub fn compute_from(
        &self,
        source: &dyn FeatureSource,
        entities: &EntityRows,
        options: &HistoricalOptions,
    ) -> Result<Vec<RecordBatch>> {
        let (mut references, mut columns) = (Vec::<String>::new(), Vec::new());
        for (reference, name) in source.inputs() {
            // A feature that is several inputs is read once.
            let at = references.iter().position(|known| *known == reference).unwrap_or_else(|| {
                references.push(reference);
                references.len() - 1
            });
            columns.push((at, name));
        }
        let batches = if references.is_empty() {
            entities.batches().to_vec()
        } else {
            let options = options.clone().with_full_names(true);
            self.get_historical_features(entities, &references, &options)?.batches().to_vec()
        };
        let failed = |source_error| Error::SourceFailed { group: source.group().id(), source: source_error };
        let given = batches.iter().map(|batch| given(batch, references.len(), &columns));
        given.map(|batch| source.compute(&batch?).map_err(failed)).collect()
    }
}

/// The rows with these columns in the place of the last ones, which are those of `num_read` references: each is one of them,
/// under a name of its own.
fn given(batch: &RecordBatch, num_read: usize, columns: &[(usize, String)]) -> Result<RecordBatch> {
    let own = batch.num_columns().saturating_sub(num_read);
    let schema = batch.schema();
    let read = columns.iter().map(|(at, name)| {
        let field = schema.field(own + at).clone().with_name(name);
        (Arc::new(field), Arc::clone(batch.column(own + at)))
    });
    let before = schema.fields().iter().cloned().zip(batch.columns().iter().cloned()).take(own);
    let (fields, columns): (Vec<_>, Vec<_>) = before.chain(read).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(crate::error::arrow("name columns"))
}

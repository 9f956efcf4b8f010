//! Nodes of a pipeline: plain functions that read, transform and write features over a [`Context`] of named outputs.
//!
//! A node takes what earlier nodes put into the context and puts in what it makes. The context knows what each output was
//! made from, so that writing features records their lineage.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use arrow::array::RecordBatch;
use varvite_time::Instant;

use crate::{
    EntityRows, Error, FeatureStore, FeatureWriteReport, HistoricalOptions, HistoricalReport, LineageNode,
    RegistryChange, Result, WriteMode,
};

/// Named tables that nodes hand to each other, each with what it was made from.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use varvite_feature::pipeline::{Context, transform_node};
///
/// let mut context = Context::new();
/// let raw = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)])?;
/// context.put("raw", vec![raw], ["clicks"])?;
/// transform_node(&mut context, &["raw"], "first", |inputs| Ok(vec![inputs[0][0].slice(0, 1)]))?;
/// assert_eq!(context.get("first")?[0].num_rows(), 1);
/// assert_eq!(context.made_from("first")?, ["clicks"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Context {
    #[doc(alias = "execution_outputs")]
    outputs: BTreeMap<String, Output>,
}

#[derive(Debug, Clone)]
struct Output {
    batches: Vec<RecordBatch>,
    made_from: BTreeSet<String>,
}

/// What a [`read_features_node`] reads.
#[derive(Debug, Clone)]
pub struct ReadNode {
    /// The output that holds the entity rows.
    pub entities: String,
    /// Their time column; without one, all are read as of `point_in_time`, or now, and never rows from after now (S11).
    pub time_column: Option<String>,
    /// One time for all entities.
    pub point_in_time: Option<Instant>,
    /// References to features.
    pub features: Vec<String>,
    /// What the read may be told.
    pub options: HistoricalOptions,
    /// The output that gets the rows.
    pub output: String,
}

/// What a [`write_features_node`] writes.
#[derive(Debug, Clone)]
pub struct WriteNode {
    /// The output that holds the rows.
    pub input: String,
    /// The group: `users` or `users@v2`.
    pub group: String,
    /// How rows meet those that are stored.
    pub mode: WriteMode,
}

impl Context {
    /// No outputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a table in; `made_from` names what it comes from: a source, a group, `group.feature`.
    ///
    /// # Errors
    /// [`Error::NameTaken`] if there is an output of this name.
    pub fn put<N: Into<String>>(
        &mut self,
        name: &str,
        batches: Vec<RecordBatch>,
        made_from: impl IntoIterator<Item = N>,
    ) -> Result<()> {
        if self.outputs.contains_key(name) {
            return Err(Error::NameTaken { name: name.to_owned(), found: "an output", given: "another output" });
        }
        let made_from = made_from.into_iter().map(Into::into).collect();
        self.outputs.insert(name.to_owned(), Output { batches, made_from });
        Ok(())
    }

    /// The table of an output.
    ///
    /// # Errors
    /// [`Error::OutputNotFound`].
    pub fn get(&self, name: &str) -> Result<&[RecordBatch]> {
        Ok(&self.output(name)?.batches)
    }

    /// What an output was made from, in order of names.
    ///
    /// # Errors
    /// [`Error::OutputNotFound`].
    pub fn made_from(&self, name: &str) -> Result<Vec<&str>> {
        Ok(self.output(name)?.made_from.iter().map(String::as_str).collect())
    }

    /// The names of all outputs, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.outputs.keys().map(String::as_str)
    }

    fn output(&self, name: &str) -> Result<&Output> {
        self.outputs.get(name).ok_or_else(|| Error::OutputNotFound {
            name: name.to_owned(),
            known: self.names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Reads features of the entities in one output, as they were known, into another.
///
/// # Errors
/// As [`FeatureStore::get_historical_features`]; [`Error::OutputNotFound`], [`Error::NameTaken`].
pub fn read_features_node(context: &mut Context, store: &FeatureStore, node: &ReadNode) -> Result<HistoricalReport> {
    let rows = context.get(&node.entities)?.to_vec();
    let now = store.now();
    let (entities, not_after) = match &node.time_column {
        Some(column) => (EntityRows::at_times(rows, column)?, None),
        None => (EntityRows::at(rows, node.point_in_time.unwrap_or(now))?, Some(now)),
    };
    let found = store.read(&entities, &node.features, &node.options, not_after)?;
    let mut made_from: BTreeSet<String> = context.output(&node.entities)?.made_from.clone();
    made_from.extend(store.plan_historical(&entities, &node.features, &node.options)?.origins());
    let report = found.report().clone();
    context.put(&node.output, found.batches().to_vec(), made_from)?;
    Ok(report)
}

/// Makes one output from others.
///
/// # Errors
/// Those of `transform`; [`Error::OutputNotFound`], [`Error::NameTaken`].
pub fn transform_node(
    context: &mut Context,
    inputs: &[&str],
    output: &str,
    transform: impl FnOnce(&[&[RecordBatch]]) -> Result<Vec<RecordBatch>>,
) -> Result<()> {
    let tables = inputs.iter().map(|name| context.get(name)).collect::<Result<Vec<_>>>()?;
    let made = transform(&tables)?;
    let origins = inputs.iter().map(|name| Ok(context.output(name)?.made_from.clone()));
    let made_from: BTreeSet<String> = origins.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    context.put(output, made, made_from)
}

/// Writes an output as rows of a group, and records what the group was made from.
///
/// # Errors
/// As [`FeatureStore::write`]; [`Error::OutputNotFound`].
pub fn write_features_node(context: &Context, store: &FeatureStore, node: &WriteNode) -> Result<FeatureWriteReport> {
    let rows = context.get(&node.input)?;
    let group = store.writable(&node.group)?;
    let origins = context.made_from(&node.input)?;
    let nodes = origins.iter().filter(|origin| **origin != group.group().name());
    let nodes = nodes.map(|origin| origin.parse()).collect::<Result<Vec<LineageNode>, _>>()?;
    let mut lineage = RegistryChange::new();
    if !nodes.is_empty() {
        lineage = lineage.with_lineage(group.group().name().parse()?, nodes);
    }
    // Rows are written only if what they were made from can be said.
    store.registry().check(&lineage)?;
    let report = store.write(&node.group, rows, node.mode)?;
    store.registry().update(|_| Ok(lineage.clone()))?;
    Ok(report)
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, output)) in self.outputs.iter().enumerate() {
            let rows: usize = output.batches.iter().map(RecordBatch::num_rows).sum();
            let from: Vec<&str> = output.made_from.iter().map(String::as_str).collect();
            write!(f, "{}{name}: {rows} rows from {}", if at == 0 { "" } else { "\n" }, from.join(", "))?;
        }
        Ok(())
    }
}

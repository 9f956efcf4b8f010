//! [`HistoricalFeatures`]: entity rows with the features that were known of them.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use serde::Serialize;
use varvite_dataset::Dataset;
use varvite_schema::{FeatureGroupSchema, SourceSchema};
use varvite_time::Instant;

use super::bounds::Window;
use super::derived::{Slots, WindowRead, on_demand};
use super::entities::EntityRows;
use super::join::{Joined, Request, Spine, join};
use super::options::{HistoricalOptions, NullPolicy};
use super::plan::{GroupPlan, JoinPlan, answer_schema};
use crate::entity::key_column;
use crate::error::arrow;
use crate::virtual_group::{VirtualRead, VirtualRequest};
use crate::{Error, GroupHistory, Result};

/// One row for each entity row, in their order: their columns as they were, then the features in the order of the request
/// (S01).
#[derive(Debug, Clone)]
pub struct HistoricalFeatures {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    report: HistoricalReport,
}

/// What a historical read met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HistoricalReport {
    /// Entity rows, and rows of the answer.
    pub rows: usize,
    /// Entity rows without a time: their features are null.
    pub null_times: usize,
    /// By group: entity rows with a null key.
    pub null_keys: Vec<(String, usize)>,
    /// By column of the answer: how many values are not null.
    pub found: Vec<(String, usize)>,
}

impl HistoricalFeatures {
    /// The columns: those of the entities, then the features.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The rows, in batches like those of the entities.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// All rows in one batch.
    ///
    /// # Errors
    /// [`Error::Arrow`] for more text than one column can hold.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        concat_batches(&self.schema, &self.batches).map_err(arrow("join rows"))
    }

    /// All rows as a lazy Polars frame.
    ///
    /// # Errors
    /// [`Error::Dataset`] if Polars has no such type.
    #[cfg(feature = "polars")]
    pub fn to_lazy(&self) -> Result<polars::prelude::LazyFrame> {
        use polars::prelude::IntoLazy;
        let failed = |source| Error::Dataset { name: "the answer".to_owned(), source: Box::new(source) };
        varvite_dataset::to_frame(&self.to_batch()?).map(IntoLazy::lazy).map_err(failed)
    }

    /// What the read met.
    pub fn report(&self) -> &HistoricalReport {
        &self.report
    }
}

/// The limits that a group and the options set.
pub(super) fn window(plan: &GroupPlan, options: &HistoricalOptions, not_after: Option<Instant>) -> Window {
    let ttl = plan.group.ttl().map(varvite_schema::Ttl::as_ns);
    let oldest = match (ttl, options.tolerance_ns) {
        (Some(ttl), Some(tolerance)) => Some(ttl.min(tolerance)),
        (ttl, tolerance) => ttl.or(tolerance),
    };
    Window { allow_exact_match: options.allow_exact_match, oldest, not_after }
}

/// The keys of a group's entity rows, in the types of the group.
pub(super) fn key_arrays(plan: &GroupPlan, entities: &EntityRows) -> Result<Vec<ArrayRef>> {
    let names: Vec<&str> = plan.keys.iter().map(|(_, column)| column.as_str()).collect();
    let table = entities.project(&names)?;
    plan.keys.iter().map(|(key, column)| key_column(&plan.group, &table, key, column)).collect()
}

/// For each entity row whether a part of a key is null. A value that the key's type does not hold is none: no row
/// has it.
pub(super) fn null_keys(keys: &[(String, String)], entities: &EntityRows) -> Result<Vec<bool>> {
    let names: Vec<&str> = keys.iter().map(|(_, column)| column.as_str()).collect();
    let mut found = vec![false; entities.num_rows()];
    for nulls in entities.project(&names)?.columns().iter().filter_map(Array::logical_nulls) {
        found.iter_mut().enumerate().for_each(|(row, found)| *found |= nulls.is_null(row));
    }
    Ok(found)
}

/// How the columns of a read win: together, or each by itself.
pub(super) fn tracks(columns: usize, policy: NullPolicy) -> Vec<Vec<usize>> {
    match policy {
        NullPolicy::Row => vec![(0..columns).collect()],
        NullPolicy::LastKnown => (0..columns).map(|column| vec![column]).collect(),
    }
}

/// Where the histories of groups and sources are.
pub(crate) trait Histories {
    fn group(&self, group: &FeatureGroupSchema) -> Result<GroupHistory>;

    fn source(&self, source: &SourceSchema) -> Result<Dataset>;

    /// What a query engine answers.
    fn read_virtual(&self, request: &VirtualRequest<'_>) -> Result<Vec<ArrayRef>>;

    /// How a query engine goes about it.
    fn explain_virtual(&self, request: &VirtualRequest<'_>) -> Result<String>;
}

/// Carries out a plan.
pub(crate) fn execute(
    plan: &JoinPlan,
    entities: &EntityRows,
    options: &HistoricalOptions,
    not_after: Option<Instant>,
    histories: &impl Histories,
) -> Result<HistoricalFeatures> {
    check(options)?;
    let times = entities.times()?;
    let null_times = times.iter().filter(|time| time.is_none()).count();
    // Every group's keys are looked at before any history is read.
    let keys = plan.groups.iter().map(|group| key_arrays(group, entities)).collect::<Result<Vec<_>>>()?;
    let windows = plan.windows.iter().map(|window| WindowRead::open(window, entities, histories));
    let windows = windows.collect::<Result<Vec<_>>>()?;
    let queries = plan.virtual_groups.iter().map(|group| VirtualRead::open(group, entities));
    let queries = queries.collect::<Result<Vec<_>>>()?;
    let of_groups = plan.groups.iter().map(|group| (&group.prefix, &group.keys));
    let of_windows = plan.windows.iter().map(|window| (&window.prefix, &window.keys));
    let of_queries = plan.virtual_groups.iter().map(|group| (&group.prefix, &group.keys));
    let nulls = |(prefix, keys): (&String, &Vec<(String, String)>)| -> Result<(String, usize)> {
        Ok((prefix.clone(), null_keys(keys, entities)?.into_iter().filter(|is_null| *is_null).count()))
    };
    let null_keys: Vec<(String, usize)> =
        of_groups.chain(of_windows).chain(of_queries).map(nulls).collect::<Result<_>>()?;
    if options.strict {
        refuse_nulls(null_times, &null_keys)?;
    }
    let mut slots = Slots::new(plan);
    for (group, keys) in plan.groups.iter().zip(&keys) {
        let history = histories.group(&group.group)?;
        let names: Vec<String> = group.features.iter().chain(&group.inputs).map(|(name, _)| name.clone()).collect();
        let request = Request {
            history: &history,
            tracks: tracks(names.len(), options.null_policy),
            columns: names,
            skip_nulls: options.null_policy == NullPolicy::LastKnown,
            known_as_of: options.known_as_of,
            window: window(group, options, not_after),
            kept_bytes: options.kept_bytes,
        };
        let Joined { columns } = join(&request, &Spine { keys, times: &times })?;
        slots.fill(&group.features, &group.inputs, columns);
    }
    for window in &windows {
        let columns = window.read(&times, options, not_after)?;
        slots.fill(&window.plan.features, &window.plan.inputs, columns);
    }
    for query in &queries {
        let columns = query.read(options, not_after, |request| histories.read_virtual(request))?;
        slots.fill(&query.plan.features, &query.plan.inputs, columns);
    }
    for group in &plan.on_demand {
        let columns = on_demand(group, &slots, entities)?;
        slots.fill(&group.features, &[], columns);
    }
    let arrays = slots.into_outputs();
    let report = HistoricalReport {
        rows: times.len(),
        null_times,
        null_keys: null_keys.into_iter().filter(|(_, count)| *count > 0).collect(),
        found: plan.outputs.iter().zip(&arrays).map(|(name, array)| (name.clone(), non_null(array))).collect(),
    };
    answer(plan, entities, &arrays, report)
}

pub(super) fn check(options: &HistoricalOptions) -> Result<()> {
    match options.tolerance_ns {
        Some(tolerance) if tolerance < 0 => {
            let reason = format!("{tolerance} ns is less than nothing: 0 wants the exact time");
            Err(Error::InvalidOption { option: "tolerance", reason })
        }
        _ => Ok(()),
    }
}

fn non_null(array: &ArrayRef) -> usize {
    array.len() - array.logical_null_count()
}

fn refuse_nulls(null_times: usize, null_keys: &[(String, usize)]) -> Result<()> {
    if null_times > 0 {
        return Err(Error::InvalidEntities { reason: format!("{null_times} rows have no time") });
    }
    match null_keys.iter().find(|(_, count)| *count > 0) {
        None => Ok(()),
        Some((group, count)) => {
            Err(Error::InvalidEntities { reason: format!("{count} rows have a null key of `{group}`") })
        }
    }
}

fn answer(
    plan: &JoinPlan,
    entities: &EntityRows,
    arrays: &[ArrayRef],
    report: HistoricalReport,
) -> Result<HistoricalFeatures> {
    let schema = Arc::new(answer_schema(plan, &entities.schema(), arrays));
    let mut from = 0;
    let mut batches = Vec::with_capacity(entities.batches().len());
    for batch in entities.batches() {
        let features = arrays.iter().map(|array| array.slice(from, batch.num_rows()));
        let columns = batch.columns().iter().cloned().chain(features).collect();
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let made = RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options);
        batches.push(made.map_err(arrow("put columns together"))?);
        from += batch.num_rows();
    }
    Ok(HistoricalFeatures { schema, batches, report })
}

impl fmt::Display for HistoricalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row{}", self.rows, if self.rows == 1 { "" } else { "s" })?;
        if self.null_times > 0 {
            write!(f, ", {} without a time", self.null_times)?;
        }
        self.null_keys.iter().try_for_each(|(group, count)| write!(f, ", {count} without a key of `{group}`"))?;
        self.found.iter().try_for_each(|(name, count)| {
            let share = (count * 100).checked_div(self.rows).unwrap_or(0);
            write!(f, "\n  {name}: {count} value{} ({share} %)", if *count == 1 { "" } else { "s" })
        })
    }
}

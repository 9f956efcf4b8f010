//! What is derived from rows: windows over time, and expressions over features and what a request brings.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use varvite_dataset::Dataset;
use varvite_schema::{Aggregation, OnDemandInput, OnDemandSchema, SourceSchema, WindowSchema};
use varvite_time::Instant;

use super::bounds::Window;
use super::entities::EntityRows;
use super::historical::Histories;
use super::options::HistoricalOptions;
use super::plan::{InputFrom, JoinPlan, OnDemandPlan, WindowPlan};
use super::source_table::SourceTable;
use crate::entity::key_of_type;
use crate::error::arrow;
use crate::window::{self, AggregationPlan, Restated};
use crate::{Error, Expression, Result, columns};

/// The columns of an answer, and what is read for expressions alone.
pub(super) struct Slots {
    outputs: Vec<Option<ArrayRef>>,
    inputs: Vec<Option<ArrayRef>>,
}

impl Slots {
    pub(super) fn new(plan: &JoinPlan) -> Self {
        Self { outputs: vec![None; plan.outputs.len()], inputs: vec![None; plan.inputs.len()] }
    }

    /// Takes columns in the order of `features`, then of `inputs`.
    pub(super) fn fill(&mut self, features: &[(String, usize)], inputs: &[(String, usize)], columns: Vec<ArrayRef>) {
        let mut columns = columns.into_iter();
        for ((_, at), column) in features.iter().zip(&mut columns) {
            self.outputs[*at] = Some(column);
        }
        for ((_, at), column) in inputs.iter().zip(columns) {
            self.inputs[*at] = Some(column);
        }
    }

    fn get(&self, from: &InputFrom, entities: &EntityRows) -> Result<Option<ArrayRef>> {
        match from {
            InputFrom::Output(at) => Ok(self.outputs[*at].clone()),
            InputFrom::Input(at) => Ok(self.inputs[*at].clone()),
            InputFrom::Entity(column) => {
                if let Some(array) = entities.column(column)? {
                    return Ok(Some(array));
                }
                // There are no rows.
                let schema = entities.schema();
                let field = schema.field_with_name(column).map_err(arrow("find a column"))?;
                Ok(Some(new_null_array(field.data_type(), 0)))
            }
        }
    }

    pub(super) fn into_outputs(self) -> Vec<ArrayRef> {
        self.outputs.into_iter().flatten().collect()
    }
}

/// A window with what it reads, before it is read.
pub(super) struct WindowRead<'a> {
    pub(super) plan: &'a WindowPlan,
    /// The keys of the entity rows, in the types of the source.
    pub(super) keys: Vec<ArrayRef>,
    dataset: Dataset,
    schema: SchemaRef,
    event: String,
    aggregations: Vec<AggregationPlan>,
}

impl<'a> WindowRead<'a> {
    pub(super) fn open(plan: &'a WindowPlan, entities: &EntityRows, histories: &impl Histories) -> Result<Self> {
        let window = &plan.window;
        let (dataset, schema, event) = match &plan.source {
            SourceTable::Group(group) => {
                let history = histories.group(group)?;
                let schema = history.schema();
                (history.dataset, schema, group.event_time().map(|time| time.name().to_owned()))
            }
            SourceTable::Source(source) => {
                refuse_elsewhere(&window.id(), source)?;
                let dataset = histories.source(source)?;
                let schema = source_schema(source, dataset.schema().as_deref());
                (dataset, schema, source.event_time().map(str::to_owned))
            }
        };
        let event = event.ok_or_else(|| Error::InvalidDefinition {
            name: window.id(),
            reason: format!("`{}` has no event time", window.source()),
        })?;
        if schema.fields().is_empty() {
            let reason =
                format!("`{}` declares no columns and has no rows yet, so their types are not known", window.source());
            return Err(Error::InvalidDefinition { name: window.id(), reason });
        }
        let names: Vec<&str> = plan.keys.iter().map(|(_, column)| column.as_str()).collect();
        let table = entities.project(&names)?;
        let key = |(key, column): &(String, String)| {
            key_of_type(&table, column, &key_type(window, key, &schema)?, &format!("`{}`", window.id()))
        };
        let keys = plan.keys.iter().map(key).collect::<Result<Vec<_>>>()?;
        let wanted = plan.features.iter().chain(&plan.inputs).filter_map(|(name, _)| window.aggregation(name));
        let wanted: Vec<&Aggregation> = wanted.collect();
        let aggregations = window::plan(window, &wanted, &schema)?;
        Ok(Self { plan, keys, dataset, schema, event, aggregations })
    }

    /// The features, in the order of the plan, then its inputs.
    pub(super) fn read(
        &self,
        times: &[Option<Instant>],
        options: &HistoricalOptions,
        not_after: Option<Instant>,
    ) -> Result<Vec<ArrayRef>> {
        self.aggregate(&self.aggregations, times, options, not_after)
    }

    /// How many rows are in the window of each entity row.
    pub(super) fn count(
        &self,
        times: &[Option<Instant>],
        options: &HistoricalOptions,
        not_after: Option<Instant>,
    ) -> Result<ArrayRef> {
        let mut found = self.aggregate(&[AggregationPlan::rows()], times, options, not_after)?;
        Ok(found.remove(0))
    }

    fn aggregate(
        &self,
        aggregations: &[AggregationPlan],
        times: &[Option<Instant>],
        options: &HistoricalOptions,
        not_after: Option<Instant>,
    ) -> Result<Vec<ArrayRef>> {
        let window = &self.plan.window;
        let request = window::Request {
            dataset: &self.dataset,
            name: window.source(),
            schema: &self.schema,
            keys: window.entity_keys(),
            event: &self.event,
            restated: self.restated(options),
            aggregations,
            // The end that lies `length` back is not in the window: a nanosecond later is.
            window: Window {
                allow_exact_match: options.allow_exact_match,
                oldest: Some(window.length().as_ns() - 1),
                not_after,
            },
        };
        window::aggregate(&request, &self.keys, times)
    }

    /// Rows of a group are about one thing if they agree on all of its keys and the event time.
    fn restated(&self, options: &HistoricalOptions) -> Option<Restated<'_>> {
        let SourceTable::Group(group) = &self.plan.source else { return None };
        let is_key = |name: &&str| !self.plan.window.entity_keys().iter().any(|key| key == name);
        Some(Restated {
            others: columns::key_names(group).into_iter().filter(is_key).collect(),
            created: group.created_time().map(varvite_schema::TimeColumn::name),
            known_as_of: options.known_as_of,
        })
    }
}

fn key_type(window: &WindowSchema, key: &str, schema: &Schema) -> Result<DataType> {
    let field = schema.field_with_name(key).map_err(|_| Error::InvalidDefinition {
        name: window.id(),
        reason: format!("`{}` has no column `{key}`: it has {}", window.source(), super::entities::names(schema)),
    })?;
    let ours = varvite_schema::DataType::from_arrow_values(field.data_type());
    Ok(ours.map_err(Error::from)?.to_arrow())
}

/// Windows go over rows that are ours.
///
/// # Errors
/// [`Error::InvalidDefinition`] for a source that is elsewhere.
pub(crate) fn refuse_elsewhere(window: &str, source: &SourceSchema) -> Result<()> {
    let Some(location) = source.location() else { return Ok(()) };
    let reason = format!("`{}` is elsewhere (`{location}`), where only queries read it", source.name());
    Err(Error::InvalidDefinition { name: window.to_owned(), reason })
}

/// The columns of a source in the types of definitions: those that it declares, and those that are stored.
pub(crate) fn source_schema(source: &SourceSchema, stored: Option<&Schema>) -> SchemaRef {
    let mut fields: Vec<Field> = Vec::new();
    for field in stored.iter().flat_map(|stored| stored.fields()).filter(|field| field.name() != columns::COMMIT) {
        let declared = source.column(field.name()).map(varvite_schema::DataType::to_arrow);
        let ours = varvite_schema::DataType::from_arrow_values(field.data_type()).map(|ours| ours.to_arrow());
        let data_type = declared.or(ours.ok()).unwrap_or_else(|| field.data_type().clone());
        fields.push(Field::new(field.name(), data_type, true));
    }
    for column in source.columns() {
        if !fields.iter().any(|field| *field.name() == column.name) {
            fields.push(Field::new(&column.name, column.data_type.to_arrow(), true));
        }
    }
    if let Some(event) = source.event_time().filter(|_| !fields.is_empty())
        && !fields.iter().any(|field| field.name() == event)
    {
        fields.push(Field::new(event, columns::utc_us(), true));
    }
    Arc::new(Schema::new(fields))
}

/// The features of an on-demand group for each entity row.
pub(super) fn on_demand(plan: &OnDemandPlan, slots: &Slots, entities: &EntityRows) -> Result<Vec<ArrayRef>> {
    let arrays = plan.inputs.iter().map(|from| slots.get(from, entities)).collect::<Result<Vec<_>>>()?;
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    for (name, at) in names(&plan.group) {
        if let Some(array) = &arrays[at] {
            fields.push(Field::new(name, array.data_type().clone(), true));
            values.push(Arc::clone(array));
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(entities.num_rows()));
    let rows = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), values, &options);
    let rows = rows.map_err(arrow("put columns together"))?;
    let feature = |(name, _): &(String, usize)| {
        let text = plan.group.expression(name).unwrap_or_default();
        Expression::parse(text)?.evaluate(&rows)
    };
    plan.features.iter().map(feature).collect()
}

/// The names under which expressions know their inputs: `group.feature`, `request.column`, and the last part alone where
/// no other input has it.
pub(crate) fn names(group: &OnDemandSchema) -> Vec<(String, usize)> {
    let inputs = group.inputs();
    let mut found = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        if inputs.iter().filter(|other| other.column() == input.column()).count() == 1 {
            found.push((input.column().to_owned(), at));
        }
        found.push((
            match input {
                OnDemandInput::Feature(reference) => format!("{}.{}", reference.prefix(), input.column()),
                OnDemandInput::Request(_) => input.to_string(),
            },
            at,
        ));
    }
    found
}

//! Derived features by name: registered, and checked against what they are computed from.

use arrow::datatypes::{DataType, Field, Schema};
use varvite_schema::{
    DefinitionKind, DefinitionParts, Definitions, FeatureRef, FeatureView, OnDemandInput, OnDemandSchema, Outcome,
    WindowSchema,
};

use super::FeatureStore;
use crate::{Error, Expression, Result, pit, window};

impl FeatureStore {
    /// Registers a window over a group or a source (S18), or a change of one.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn register_window(&self, window: &WindowSchema) -> Result<Outcome> {
        self.register_parts(DefinitionParts { windows: vec![window.clone()], ..DefinitionParts::default() })
    }

    /// Registers expressions over features and columns of a request (S17), or a change of them.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
    /// use arrow::datatypes::Float64Type;
    /// use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
    /// use varvite_schema::{AggregateFunction, OnDemandSchema, SourceSchema, WindowSchema};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let store = FeatureStore::open(folder.path())?;
    /// store.register_source(&SourceSchema::builder("purchases").event_time("at").build()?)?;
    /// let ids = |ids: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(ids)) };
    /// let times = |times: Vec<i64>| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")) };
    /// let euros = |euros: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(euros)) };
    /// let rows = [("user", ids(vec![1, 1])), ("at", times(vec![10, 30])), ("euros", euros(vec![2.0, 4.0]))];
    /// let _ = store.write_source("purchases", &[RecordBatch::try_from_iter(rows)?], WriteMode::Append)?;
    ///
    /// let week = WindowSchema::builder("week", "purchases", "7d").entity_key("user");
    /// store.register_window(&week.aggregate(AggregateFunction::Mean, "euros", "mean").build()?)?;
    /// let ratios = OnDemandSchema::builder("ratios").input("week.mean").input("request.amount");
    /// store.register_on_demand(&ratios.expression("ratio", "amount / nullif(mean, 0)").build()?)?;
    ///
    /// let asked = [("user", ids(vec![1, 1])), ("at", times(vec![20, 30])), ("amount", euros(vec![6.0, 6.0]))];
    /// let asked = EntityRows::at_times(RecordBatch::try_from_iter(asked)?, "at")?;
    /// let found = store.get_historical_features(&asked, ["ratios.ratio"], &HistoricalOptions::default())?.to_batch()?;
    /// assert_eq!(found.column(3).as_primitive::<Float64Type>().values(), &[3.0, 2.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn register_on_demand(&self, group: &OnDemandSchema) -> Result<Outcome> {
        self.register_parts(DefinitionParts { on_demand: vec![group.clone()], ..DefinitionParts::default() })
    }

    /// Registers one definition.
    pub(super) fn register_parts(&self, parts: DefinitionParts) -> Result<Outcome> {
        let applied = self.apply(&Definitions::from_parts(parts)?)?;
        Ok(applied.plan.steps().first().map_or(Outcome::Unchanged, |step| step.compatibility.outcome))
    }
}

/// Checks what is derived in `wanted`, where `all` is everything that there will be.
pub(super) fn check(all: &Definitions, wanted: &Definitions) -> Result<()> {
    wanted.windows().iter().try_for_each(|window| check_window(all, window))?;
    wanted.on_demand().iter().try_for_each(|group| check_on_demand(all, group))
}

/// A window over an open source is checked when it is read.
fn check_window(all: &Definitions, window: &WindowSchema) -> Result<()> {
    if let Ok(source) = all.source(window.source()) {
        pit::refuse_elsewhere(&window.id(), source)?;
    }
    let refuse = |reason: String| Err(Error::InvalidDefinition { name: window.id(), reason });
    let schema = match columns_of(all, window.source())? {
        Columns { event_time: false, .. } => return refuse(format!("`{}` has no event time", window.source())),
        Columns { schema: None, .. } => return Ok(()),
        Columns { schema: Some(schema), .. } => schema,
    };
    if let Some(key) = window.entity_keys().iter().find(|key| schema.field_with_name(key).is_err()) {
        let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        return refuse(format!("`{}` has no column `{key}`: it has {}", window.source(), known.join(", ")));
    }
    window::plan(window, &window.aggregations().iter().collect::<Vec<_>>(), &schema).map(drop)
}

/// What is known of the columns of a group or a source.
pub(super) struct Columns {
    event_time: bool,
    /// `None` if nothing is declared.
    pub(super) schema: Option<Schema>,
}

pub(super) fn columns_of(all: &Definitions, name: &str) -> Result<Columns> {
    if all.kind_of(name) == Some(DefinitionKind::Group) {
        let group = all.group(name, None)?;
        let schema = crate::columns::defined(group, None, None);
        return Ok(Columns { event_time: group.event_time().is_some(), schema: Some(schema.as_ref().clone()) });
    }
    let source = all.source(name)?;
    let schema = (!source.is_open()).then(|| pit::source_schema(source, None).as_ref().clone());
    Ok(Columns { event_time: source.event_time().is_some(), schema })
}

/// Checks each expression against its inputs. Types of a request's columns are not known before there is one.
fn check_on_demand(all: &Definitions, group: &OnDemandSchema) -> Result<()> {
    let types = group.inputs().iter().map(|input| input_type(all, group, input)).collect::<Result<Vec<_>>>()?;
    let fields = pit::names(group).into_iter().map(|(name, at)| Field::new(name, types[at].clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    group.features().iter().try_for_each(|feature| Expression::parse(feature.expression())?.check(&schema))
}

/// The type of an input; null, which fits everything, where it is not known yet.
fn input_type(all: &Definitions, group: &OnDemandSchema, input: &OnDemandInput) -> Result<DataType> {
    let OnDemandInput::Feature(reference) = input else { return Ok(DataType::Null) };
    if let FeatureView::Virtual(group) = all.view(reference.group(), reference.version())?
        && group.features().is_empty()
    {
        return Ok(DataType::Null);
    }
    let (view, features) = all.features_of(reference)?;
    let name = features.first().copied().unwrap_or_default();
    match view {
        FeatureView::Group(group) => Ok(group.feature(name)?.data_type().to_arrow()),
        FeatureView::Window(window) => window_type(all, window, name),
        FeatureView::Virtual(group) => {
            let declared = group.feature(name).and_then(varvite_schema::VirtualFeature::data_type);
            Ok(declared.map_or(DataType::Null, varvite_schema::DataType::to_arrow))
        }
        _ => Err(computed_too(group, reference)),
    }
}

fn computed_too(group: &OnDemandSchema, reference: &FeatureRef) -> Error {
    let reason = format!("its input `{reference}` is computed on demand, too: write its expression instead");
    Error::InvalidDefinition { name: group.id(), reason }
}

fn window_type(all: &Definitions, window: &WindowSchema, name: &str) -> Result<DataType> {
    let Some(schema) = columns_of(all, window.source())?.schema else { return Ok(DataType::Null) };
    let wanted: Vec<_> = window.aggregation(name).into_iter().collect();
    let found = window::plan(window, &wanted, &schema)?;
    Ok(found.first().map_or(DataType::Null, |one| one.data_type().clone()))
}

//! What a historical read does, decided from definitions and column names alone: which groups are joined on which columns,
//! and what the answer's columns are.

use std::collections::BTreeMap;
use std::fmt;

use arrow::array::{Array as _, ArrayRef};
use arrow::datatypes::{Field, FieldRef, Schema};
use varvite_schema::{
    Definitions, FeatureGroupSchema, FeatureRef, FeatureView, OnDemandInput, OnDemandSchema, VirtualKey, VirtualSchema,
    WindowSchema,
};

use super::options::HistoricalOptions;
use super::source_table::SourceTable;
use crate::{Error, Result};

/// A historical read: the groups in the order of their first request, and the columns that they give.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JoinPlan {
    /// What is joined, one group after the other.
    pub groups: Vec<GroupPlan>,
    /// What is aggregated over time.
    pub windows: Vec<WindowPlan>,
    /// What queries compute.
    pub virtual_groups: Vec<VirtualPlan>,
    /// What is computed at the end.
    pub on_demand: Vec<OnDemandPlan>,
    /// Names of the columns that follow those of the entities.
    pub outputs: Vec<String>,
    /// What is read for expressions alone, and is no column of the answer.
    pub inputs: Vec<String>,
}

/// One group of a [`JoinPlan`].
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPlan {
    /// Its alias, or its name.
    pub prefix: String,
    /// The definition of the version that is read.
    pub group: FeatureGroupSchema,
    /// Each key with the entity column that holds it.
    pub keys: Vec<(String, String)>,
    /// The features asked for, each with its position in [`JoinPlan::outputs`].
    pub features: Vec<(String, usize)>,
    /// Features that expressions need, each with its position in [`JoinPlan::inputs`].
    pub inputs: Vec<(String, usize)>,
}

/// One window of a [`JoinPlan`].
#[derive(Debug, Clone, PartialEq)]
pub struct WindowPlan {
    /// Its alias, or its name.
    pub prefix: String,
    /// The definition of the version that is read.
    pub window: WindowSchema,
    /// What it aggregates.
    pub source: SourceTable,
    /// Each key with the entity column that holds it.
    pub keys: Vec<(String, String)>,
    /// The features asked for, each with its position in [`JoinPlan::outputs`].
    pub features: Vec<(String, usize)>,
    /// Features that expressions need, each with its position in [`JoinPlan::inputs`].
    pub inputs: Vec<(String, usize)>,
}

/// One virtual group of a [`JoinPlan`].
#[derive(Debug, Clone, PartialEq)]
pub struct VirtualPlan {
    /// Its alias, or its name.
    pub prefix: String,
    /// The definition of the version that is read.
    pub group: VirtualSchema,
    /// What its queries read.
    pub sources: Vec<SourceTable>,
    /// Each key with the entity column that holds it.
    pub keys: Vec<(String, String)>,
    /// The features asked for, each with its position in [`JoinPlan::outputs`].
    pub features: Vec<(String, usize)>,
    /// Features that expressions need, each with its position in [`JoinPlan::inputs`].
    pub inputs: Vec<(String, usize)>,
}

/// One on-demand group of a [`JoinPlan`].
#[derive(Debug, Clone, PartialEq)]
pub struct OnDemandPlan {
    /// Its alias, or its name.
    pub prefix: String,
    /// The definition of the version that is read.
    pub group: OnDemandSchema,
    /// The features asked for, each with its position in [`JoinPlan::outputs`].
    pub features: Vec<(String, usize)>,
    /// Where each of its inputs comes from.
    pub inputs: Vec<InputFrom>,
}

/// Where an input of an expression comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputFrom {
    /// This column of the entity table.
    Entity(String),
    /// This one of [`JoinPlan::outputs`].
    Output(usize),
    /// This one of [`JoinPlan::inputs`].
    Input(usize),
}

/// What reads a feature.
#[derive(Clone, Copy)]
enum Reader {
    Group(usize),
    Window(usize),
    Virtual(usize),
    OnDemand(usize),
}

/// Plans a read of `references` for entities with these columns.
pub(crate) fn plan(
    definitions: &Definitions,
    entities: &Schema,
    references: &[FeatureRef],
    options: &HistoricalOptions,
) -> Result<JoinPlan> {
    let mut plan = JoinPlan::default();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for field in entities.fields() {
        taken.insert(field.name().clone(), "an entity column".to_owned());
    }
    let context = Context { definitions, entities, options };
    for reference in references {
        let (view, features) = definitions.features_of(reference)?;
        let reader = plan.reader(reference, view, &context)?;
        for name in features {
            let output = if options.full_names { reference.full_name(name) } else { name.to_owned() };
            let origin = format!("`{}.{name}`", reference.prefix());
            if let Some(first) = taken.insert(output.clone(), origin.clone()) {
                return Err(Error::AmbiguousFeatureName { name: output, first, second: origin });
            }
            let at = plan.outputs.len();
            plan.features(reader).push((name.to_owned(), at));
            plan.outputs.push(output);
        }
    }
    for at in 0..plan.on_demand.len() {
        let inputs = plan.on_demand[at].group.inputs().to_vec();
        let inputs = inputs.iter().map(|input| plan.input(at, input, &context)).collect::<Result<_>>()?;
        plan.on_demand[at].inputs = inputs;
    }
    refuse_unused_keys(&plan, options)?;
    Ok(plan)
}

struct Context<'a> {
    definitions: &'a Definitions,
    entities: &'a Schema,
    options: &'a HistoricalOptions,
}

impl JoinPlan {
    /// What reads the features of `reference`, added where it is new.
    fn reader(&mut self, reference: &FeatureRef, view: FeatureView<'_>, context: &Context<'_>) -> Result<Reader> {
        let prefix = reference.prefix().to_owned();
        let (features, inputs) = (Vec::new(), Vec::new());
        match view {
            FeatureView::Group(group) => {
                let same = |known: &GroupPlan| known.prefix == prefix && known.group.id() == group.id();
                if let Some(at) = self.groups.iter().position(same) {
                    return Ok(Reader::Group(at));
                }
                let names: Vec<&str> = crate::columns::key_names(group);
                let keys = keys(&prefix, &group.id(), &names, context)?;
                self.groups.push(GroupPlan { prefix, group: group.clone(), keys, features, inputs });
                Ok(Reader::Group(self.groups.len() - 1))
            }
            FeatureView::Window(window) => {
                let same = |known: &WindowPlan| known.prefix == prefix && known.window.id() == window.id();
                if let Some(at) = self.windows.iter().position(same) {
                    return Ok(Reader::Window(at));
                }
                let names: Vec<&str> = window.entity_keys().iter().map(String::as_str).collect();
                let keys = keys(&prefix, &window.id(), &names, context)?;
                let source = SourceTable::find(window.source(), context.definitions)?;
                self.windows.push(WindowPlan { prefix, window: window.clone(), source, keys, features, inputs });
                Ok(Reader::Window(self.windows.len() - 1))
            }
            FeatureView::Virtual(group) => {
                let same = |known: &VirtualPlan| known.prefix == prefix && known.group.id() == group.id();
                if let Some(at) = self.virtual_groups.iter().position(same) {
                    return Ok(Reader::Virtual(at));
                }
                let names: Vec<&str> = group.entity_keys().iter().map(VirtualKey::name).collect();
                let keys = keys(&prefix, &group.id(), &names, context)?;
                let source = |name: &String| SourceTable::find(name, context.definitions);
                let sources = group.sources().iter().map(source).collect::<Result<_>>()?;
                let group = group.clone();
                self.virtual_groups.push(VirtualPlan { prefix, group, sources, keys, features, inputs });
                Ok(Reader::Virtual(self.virtual_groups.len() - 1))
            }
            FeatureView::OnDemand(group) => {
                let same = |known: &OnDemandPlan| known.prefix == prefix && known.group.id() == group.id();
                if let Some(at) = self.on_demand.iter().position(same) {
                    return Ok(Reader::OnDemand(at));
                }
                self.on_demand.push(OnDemandPlan { prefix, group: group.clone(), features, inputs: Vec::new() });
                Ok(Reader::OnDemand(self.on_demand.len() - 1))
            }
            other => Err(Error::InvalidDefinition {
                name: other.id(),
                reason: format!("a {} is not read as of a point in time", other.kind()),
            }),
        }
    }

    fn features(&mut self, reader: Reader) -> &mut Vec<(String, usize)> {
        match reader {
            Reader::Group(at) => &mut self.groups[at].features,
            Reader::Window(at) => &mut self.windows[at].features,
            Reader::Virtual(at) => &mut self.virtual_groups[at].features,
            Reader::OnDemand(at) => &mut self.on_demand[at].features,
        }
    }

    /// Where an input of an on-demand group comes from; what nobody asked for is read beside the answer.
    fn input(&mut self, at: usize, input: &OnDemandInput, context: &Context<'_>) -> Result<InputFrom> {
        let needed_by = self.on_demand[at].group.id();
        let reference = match input {
            OnDemandInput::Feature(reference) => reference,
            OnDemandInput::Request(column) => {
                return match context.entities.field_with_name(column) {
                    Ok(_) => Ok(InputFrom::Entity(column.clone())),
                    Err(_) => Err(missing(column, &needed_by, context)),
                };
            }
        };
        let (view, features) = context.definitions.features_of(reference)?;
        let reader = self.reader(reference, view, context)?;
        let inputs = match reader {
            Reader::Group(at) => {
                let plan = &mut self.groups[at];
                (&plan.features, &mut plan.inputs)
            }
            Reader::Window(at) => {
                let plan = &mut self.windows[at];
                (&plan.features, &mut plan.inputs)
            }
            Reader::Virtual(at) => {
                let plan = &mut self.virtual_groups[at];
                (&plan.features, &mut plan.inputs)
            }
            Reader::OnDemand(_) => {
                let reason =
                    format!("its input `{reference}` is computed on demand, too: write its expression instead");
                return Err(Error::InvalidDefinition { name: needed_by, reason });
            }
        };
        let name = features.first().copied().unwrap_or_default();
        let place = |list: &[(String, usize)]| list.iter().find(|(known, _)| known == name).map(|(_, at)| *at);
        if let Some(at) = place(inputs.0) {
            return Ok(InputFrom::Output(at));
        }
        if let Some(at) = place(inputs.1) {
            return Ok(InputFrom::Input(at));
        }
        inputs.1.push((name.to_owned(), self.inputs.len()));
        self.inputs.push(format!("{}.{name}", reference.prefix()));
        Ok(InputFrom::Input(self.inputs.len() - 1))
    }
}

impl JoinPlan {
    /// The features that are computed, each with its position in [`outputs`](Self::outputs).
    pub(crate) fn derived(&self) -> impl Iterator<Item = &(String, usize)> {
        let windows = self.windows.iter().flat_map(|window| &window.features);
        let queries = self.virtual_groups.iter().flat_map(|group| &group.features);
        windows.chain(queries).chain(self.on_demand.iter().flat_map(|group| &group.features))
    }

    /// What the columns of the answer are read from: `group.feature`.
    pub fn origins(&self) -> impl Iterator<Item = String> + '_ {
        let groups = self.groups.iter().map(|group| (group.group.name(), &group.features));
        let windows = self.windows.iter().map(|window| (window.window.name(), &window.features));
        let on_demand = self.on_demand.iter().map(|group| (group.group.name(), &group.features));
        let queries = self.virtual_groups.iter().map(|group| (group.group.name(), &group.features));
        let all = groups.chain(windows).chain(queries).chain(on_demand);
        all.flat_map(|(name, features)| features.iter().map(move |(feature, _)| format!("{name}.{feature}")))
    }
}

/// Each key with the entity column that holds it.
fn keys(prefix: &str, id: &str, names: &[&str], context: &Context<'_>) -> Result<Vec<(String, String)>> {
    let mapped = context.options.key_map.get(prefix);
    let is_key = |key: &String| names.contains(&key.as_str());
    if let Some(unknown) = mapped.and_then(|mapped| mapped.keys().find(|key| !is_key(key))) {
        let reason = format!("`{prefix}` has no key `{unknown}`: it has {}", names.join(", "));
        return Err(Error::InvalidOption { option: "key_map", reason });
    }
    let column = |key: &&str| {
        let column = mapped.and_then(|mapped| mapped.get(*key)).map_or(*key, String::as_str);
        match context.entities.field_with_name(column) {
            Ok(_) => Ok(((*key).to_owned(), column.to_owned())),
            Err(_) => Err(missing(column, id, context)),
        }
    };
    names.iter().map(column).collect()
}

fn missing(column: &str, needed_by: &str, context: &Context<'_>) -> Error {
    Error::MissingKeyColumn {
        column: column.to_owned(),
        needed_by: format!("`{needed_by}`"),
        known: super::entities::names(context.entities),
    }
}

/// A key map of a group that is not read is a mistake.
fn refuse_unused_keys(plan: &JoinPlan, options: &HistoricalOptions) -> Result<()> {
    let prefixes = || {
        let groups = plan.groups.iter().map(|group| group.prefix.as_str());
        let windows = plan.windows.iter().map(|window| window.prefix.as_str());
        groups.chain(windows).chain(plan.virtual_groups.iter().map(|group| group.prefix.as_str()))
    };
    let is_read = |prefix: &String| prefixes().any(|known| known == *prefix);
    match options.key_map.keys().find(|prefix| !is_read(prefix)) {
        None => Ok(()),
        Some(prefix) => {
            let known: Vec<&str> = prefixes().collect();
            let reason = format!("`{prefix}` is not read: {} are", known.join(", "));
            Err(Error::InvalidOption { option: "key_map", reason })
        }
    }
}

/// The columns of the answer: those of the entities, then those of the plan, as their features are described; what is
/// derived has the types of its values.
pub(crate) fn answer_schema(plan: &JoinPlan, entities: &Schema, values: &[ArrayRef]) -> Schema {
    let made = |(name, array): (&String, &ArrayRef)| Some(Field::new(name, array.data_type().clone(), true).into());
    let mut found: Vec<Option<FieldRef>> = plan.outputs.iter().zip(values).map(made).collect();
    for group in &plan.groups {
        for (name, at) in &group.features {
            let field = group.group.get_feature(name).map(varvite_schema::FeatureSchema::to_arrow);
            found[*at] = field.map(|field| field.with_name(&plan.outputs[*at]).with_nullable(true).into());
        }
    }
    let fields: Vec<FieldRef> = entities.fields().iter().cloned().chain(found.into_iter().flatten()).collect();
    Schema::new_with_metadata(fields, entities.metadata().clone())
}

fn aliased(id: &str, name: &str, prefix: &str) -> String {
    if prefix == name { id.to_owned() } else { format!("{id} as {prefix}") }
}

fn columns(keys: &[(String, String)]) -> String {
    let column =
        |(key, column): &(String, String)| if key == column { key.clone() } else { format!("{key} = {column}") };
    keys.iter().map(column).collect::<Vec<_>>().join(", ")
}

/// Features; those that expressions alone need stand between brackets.
fn names(features: &[(String, usize)], inputs: &[(String, usize)]) -> String {
    let inputs = inputs.iter().map(|(name, _)| format!("({name})"));
    features.iter().map(|(name, _)| name.clone()).chain(inputs).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for JoinPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for group in &self.groups {
            let name = aliased(&group.group.id(), group.group.name(), &group.prefix);
            lines.push(format!("{name} on ({}): {}", columns(&group.keys), names(&group.features, &group.inputs)));
        }
        for WindowPlan { prefix, window, keys, features, inputs, .. } in &self.windows {
            let name = aliased(&window.id(), window.name(), prefix);
            let (length, source) = (window.length(), window.source());
            let (columns, names) = (columns(keys), names(features, inputs));
            lines.push(format!("{name} over {length} of {source} on ({columns}): {names}"));
        }
        for VirtualPlan { prefix, group, keys, features, inputs, .. } in &self.virtual_groups {
            let (name, sources) = (aliased(&group.id(), group.name(), prefix), group.sources().join(", "));
            let (columns, names) = (columns(keys), names(features, inputs));
            lines.push(format!("{name} by a query of {sources} on ({columns}): {names}"));
        }
        for OnDemandPlan { prefix, group, features, .. } in &self.on_demand {
            let inputs: Vec<String> = group.inputs().iter().map(ToString::to_string).collect();
            let name = aliased(&group.id(), group.name(), prefix);
            lines.push(format!("{name} from {}: {}", inputs.join(", "), names(features, &[])));
        }
        f.write_str(&lines.join("\n"))
    }
}

/// The columns of `entities` that the features of a read would be named like are left out: in a table that was made
/// elsewhere they are those features.
pub(crate) fn without_features(
    definitions: &Definitions,
    entities: &super::EntityRows,
    references: &[FeatureRef],
    options: &HistoricalOptions,
) -> Result<super::EntityRows> {
    let mut features = std::collections::BTreeSet::new();
    for reference in references {
        for name in definitions.features_of(reference)?.1 {
            features.insert(if options.full_names { reference.full_name(name) } else { name.to_owned() });
        }
    }
    entities.without(|name| features.contains(name))
}

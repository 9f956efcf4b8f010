//! What a historical read does, decided from definitions and column names alone: which groups are joined on which columns,
//! and what the answer's columns are.

use std::collections::BTreeMap;
use std::fmt;

use arrow::datatypes::{FieldRef, Schema};
use varvite_schema::{Definitions, FeatureGroupSchema, FeatureRef};

use super::options::HistoricalOptions;
use crate::{Error, Result};

/// A historical read: the groups in the order of their first request, and the columns that they give.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinPlan {
    /// What is joined, one group after the other.
    pub groups: Vec<GroupPlan>,
    /// Names of the columns that follow those of the entities.
    pub outputs: Vec<String>,
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
}

/// Plans a read of `references` for entities with these columns.
pub(crate) fn plan(
    definitions: &Definitions,
    entities: &Schema,
    references: &[FeatureRef],
    options: &HistoricalOptions,
) -> Result<JoinPlan> {
    let mut plan = JoinPlan { groups: Vec::new(), outputs: Vec::new() };
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for field in entities.fields() {
        taken.insert(field.name().clone(), "an entity column".to_owned());
    }
    for reference in references {
        let resolved = definitions.resolve(reference)?;
        let at = plan.group(reference, resolved.group, entities, options)?;
        for feature in resolved.features {
            let name = feature.name();
            let output = if options.full_names { reference.full_name(name) } else { name.to_owned() };
            let origin = format!("`{}.{name}`", reference.prefix());
            if let Some(first) = taken.insert(output.clone(), origin.clone()) {
                return Err(Error::AmbiguousFeatureName { name: output, first, second: origin });
            }
            plan.groups[at].features.push((name.to_owned(), plan.outputs.len()));
            plan.outputs.push(output);
        }
    }
    refuse_unused_keys(&plan, options)?;
    Ok(plan)
}

impl JoinPlan {
    /// The position of the group that `reference` reads, added where it is new.
    fn group(
        &mut self,
        reference: &FeatureRef,
        group: &FeatureGroupSchema,
        entities: &Schema,
        options: &HistoricalOptions,
    ) -> Result<usize> {
        let same = |known: &GroupPlan| known.prefix == reference.prefix() && known.group.id() == group.id();
        if let Some(at) = self.groups.iter().position(same) {
            return Ok(at);
        }
        let keys = keys(reference.prefix(), group, entities, options)?;
        self.groups.push(GroupPlan {
            prefix: reference.prefix().to_owned(),
            group: group.clone(),
            keys,
            features: Vec::new(),
        });
        Ok(self.groups.len() - 1)
    }
}

impl JoinPlan {
    /// What the columns of the answer are read from: `group.feature`.
    pub fn origins(&self) -> impl Iterator<Item = String> + '_ {
        self.groups
            .iter()
            .flat_map(|group| group.features.iter().map(|(feature, _)| format!("{}.{feature}", group.group.name())))
    }
}

/// Each key with the entity column that holds it.
fn keys(
    prefix: &str,
    group: &FeatureGroupSchema,
    entities: &Schema,
    options: &HistoricalOptions,
) -> Result<Vec<(String, String)>> {
    let mapped = options.key_map.get(prefix);
    if let Some(unknown) = mapped.and_then(|mapped| mapped.keys().find(|key| !has_key(group, key))) {
        let known: Vec<&str> = group.entity_keys().iter().map(varvite_schema::EntityKey::name).collect();
        let reason = format!("`{prefix}` has no key `{unknown}`: it has {}", known.join(", "));
        return Err(Error::InvalidOption { option: "key_map", reason });
    }
    let column = |key: &varvite_schema::EntityKey| {
        let column = mapped.and_then(|mapped| mapped.get(key.name())).map_or(key.name(), String::as_str);
        if entities.field_with_name(column).is_err() {
            return Err(Error::MissingKeyColumn {
                column: column.to_owned(),
                needed_by: format!("`{}`", group.id()),
                known: super::entities::names(entities),
            });
        }
        Ok((key.name().to_owned(), column.to_owned()))
    };
    group.entity_keys().iter().map(column).collect()
}

fn has_key(group: &FeatureGroupSchema, name: &str) -> bool {
    group.entity_keys().iter().any(|key| key.name() == name)
}

/// A key map of a group that is not read is a mistake.
fn refuse_unused_keys(plan: &JoinPlan, options: &HistoricalOptions) -> Result<()> {
    let is_read = |prefix: &String| plan.groups.iter().any(|group| group.prefix == *prefix);
    match options.key_map.keys().find(|prefix| !is_read(prefix)) {
        None => Ok(()),
        Some(prefix) => {
            let known: Vec<&str> = plan.groups.iter().map(|group| group.prefix.as_str()).collect();
            let reason = format!("`{prefix}` is not read: {} are", known.join(", "));
            Err(Error::InvalidOption { option: "key_map", reason })
        }
    }
}

/// The columns of the answer: those of the entities, then those of the plan with the types of their features.
pub(crate) fn answer_schema(plan: &JoinPlan, entities: &Schema) -> Schema {
    let mut found: Vec<Option<FieldRef>> = vec![None; plan.outputs.len()];
    for group in &plan.groups {
        for (name, at) in &group.features {
            let field = group.group.get_feature(name).map(varvite_schema::FeatureSchema::to_arrow);
            found[*at] = field.map(|field| field.with_name(&plan.outputs[*at]).with_nullable(true).into());
        }
    }
    let fields: Vec<FieldRef> = entities.fields().iter().cloned().chain(found.into_iter().flatten()).collect();
    Schema::new_with_metadata(fields, entities.metadata().clone())
}

impl fmt::Display for JoinPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.groups.iter().enumerate() {
            let columns = group
                .keys
                .iter()
                .map(|(key, column)| if key == column { key.clone() } else { format!("{key} = {column}") });
            let columns: Vec<String> = columns.collect();
            let features: Vec<&str> = group.features.iter().map(|(name, _)| name.as_str()).collect();
            write!(f, "{}{}", if at == 0 { "" } else { "\n" }, group.group.id())?;
            if group.prefix != group.group.name() {
                write!(f, " as {}", group.prefix)?;
            }
            write!(f, " on ({}): {}", columns.join(", "), features.join(", "))?;
        }
        Ok(())
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
        for feature in definitions.resolve(reference)?.features {
            let name = feature.name();
            features.insert(if options.full_names { reference.full_name(name) } else { name.to_owned() });
        }
    }
    entities.without(|name| features.contains(name))
}

//! A definition beside what its queries give.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use varvite_feature::{FeatureStore, LineageNode, SourceTable, VirtualDefinition};
use varvite_schema::VirtualSchema;

use super::SqlFeatures;
use super::prepared::{Description, Prepared};
use crate::{Error, Result};

/// Finds the types and the lineage of a group's columns.
pub(super) fn define(
    reader: &SqlFeatures,
    group: &VirtualSchema,
    sources: &[SourceTable],
    store: &FeatureStore,
) -> Result<VirtualDefinition> {
    let mut found = VirtualDefinition::default();
    for (sql, features) in group.queries() {
        let prepared = reader.prepare(sql, sources, store)?;
        let described = prepared.describe(reader.executor())?;
        check_columns(group, &features, &described)?;
        let is_own = |name: &str| features.is_empty() || features.contains(&name);
        for field in described.schema.fields() {
            let (name, data_type) = (field.name().clone(), field.data_type().clone());
            if group.entity_keys().iter().any(|key| key.name() == name) {
                add_key(&mut found.keys, name, data_type)?;
            } else if group.event_time() == Some(name.as_str()) {
                found.event_time = Some(data_type);
            } else if is_own(&name) {
                found.lineage.push(lineage(group, &name, &prepared, &described.lineage)?);
                found.features.push((name, data_type));
            }
        }
    }
    Ok(found)
}

/// Whether the query gives each key once, the event time, and its features; no two columns of one name.
fn check_columns(group: &VirtualSchema, features: &[&str], described: &Description) -> Result<()> {
    let given: Vec<&str> = described.schema.fields().iter().map(|field| field.name().as_str()).collect();
    if let Some(twice) = given.iter().enumerate().find_map(|(at, name)| given[..at].contains(name).then_some(*name)) {
        let reason = format!("it gives two columns `{twice}`: give one of them another name by AS");
        return Err(Error::InvalidTable { table: group.id(), reason });
    }
    let keys = group.entity_keys().iter().map(varvite_schema::VirtualKey::name);
    let wanted = keys.chain(group.event_time()).chain(features.iter().copied());
    match wanted.into_iter().find(|wanted| !given.contains(wanted)) {
        Some(missing) => Err(Error::unknown_column(missing, given.iter().copied())),
        None => Ok(()),
    }
}

/// Queries of several features agree on their keys.
fn add_key(keys: &mut Vec<(String, DataType)>, name: String, data_type: DataType) -> Result<()> {
    match keys.iter().find(|(known, _)| *known == name) {
        Some((_, known)) if *known != data_type => {
            let reason = format!("key `{name}` is {known} in one query and {data_type} in another: cast one of them");
            Err(Error::InvalidTable { table: "the queries".to_owned(), reason })
        }
        Some(_) => Ok(()),
        None => {
            keys.push((name, data_type));
            Ok(())
        }
    }
}

/// The columns that a feature's values come from, and all tables that decide on which there are.
fn lineage(
    group: &VirtualSchema,
    feature: &str,
    prepared: &Prepared,
    columns: &BTreeMap<String, Vec<(String, String)>>,
) -> Result<(LineageNode, Vec<LineageNode>)> {
    let node =
        |text: String| text.parse::<LineageNode>().map_err(|error| Error::from(varvite_feature::Error::from(error)));
    let tables = prepared.tables.iter().map(|table| node(table.name.clone()));
    let columns = columns.get(feature).into_iter().flatten().map(|(table, column)| node(format!("{table}.{column}")));
    let from = tables.chain(columns).collect::<Result<_>>()?;
    Ok((node(format!("{}.{feature}", group.name()))?, from))
}

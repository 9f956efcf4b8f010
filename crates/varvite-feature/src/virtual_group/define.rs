//! A definition beside what an engine found in its queries.

use arrow::datatypes::DataType as ArrowType;
use varvite_schema::{DataType, VirtualSchema};

use super::reader::{VirtualDefinition, VirtualReader};
use super::statement;
use crate::{Error, FeatureStore, LineageNode, Result, SourceTable};

/// A definition that can be registered: nothing of it is open.
pub(crate) struct Defined {
    pub(crate) group: VirtualSchema,
    /// What its features come from.
    pub(crate) lineage: Vec<(LineageNode, Vec<LineageNode>)>,
}

/// Asks an engine about a definition, and fills in what that leaves open.
///
/// # Errors
/// [`Error::QueryInvalid`] with everything that does not fit.
pub(crate) fn complete(
    group: &VirtualSchema,
    sources: &[SourceTable],
    reader: &dyn VirtualReader,
    store: &FeatureStore,
) -> Result<Defined> {
    for (sql, features) in group.queries() {
        if let Some(reason) = statement::refuse(sql) {
            let of =
                if group.sql().is_some() { String::new() } else { format!("feature `{}`: ", features.join("`, `")) };
            return Err(invalid(group, format!("{of}{reason}")));
        }
    }
    let found = reader.define(group, sources, store)?;
    let mut problems = Vec::new();
    let declared = |key: &varvite_schema::VirtualKey| (key.name().to_owned(), key.data_type().cloned());
    let keys: Vec<_> = group.entity_keys().iter().map(declared).collect();
    let keys = compare("key", &keys, &found.keys, &mut problems);
    check_event_time(group, &found, &mut problems);
    let is_feature = |(name, _): &&(String, ArrowType)| {
        group.event_time() != Some(name) && !group.entity_keys().iter().any(|key| key.name() == name)
    };
    let given: Vec<(String, ArrowType)> = found.features.iter().filter(is_feature).cloned().collect();
    let declared = |feature: &varvite_schema::VirtualFeature| (feature.name().to_owned(), feature.data_type().cloned());
    let mut wanted: Vec<_> = group.features().iter().map(declared).collect();
    if wanted.is_empty() {
        wanted = given.iter().map(|(name, _)| (name.clone(), None)).collect();
    }
    if wanted.is_empty() {
        problems.push("its query gives keys alone, and no feature".to_owned());
    }
    let features = compare("feature", &wanted, &given, &mut problems);
    if !problems.is_empty() {
        return Err(invalid(group, problems.join("; ")));
    }
    Ok(Defined { group: group.with_types(&keys, &features)?, lineage: found.lineage })
}

fn invalid(group: &VirtualSchema, reason: String) -> Error {
    Error::QueryInvalid { group: group.id(), reason }
}

fn check_event_time(group: &VirtualSchema, found: &VirtualDefinition, problems: &mut Vec<String>) {
    match (group.event_time(), &found.event_time) {
        (None, _) => {}
        (Some(name), None) => {
            problems.push(missing("event time", name, found.features.iter().map(|(known, _)| known.as_str())));
        }
        (Some(_), Some(data_type)) if crate::times::unit_of(data_type).is_some() => {}
        (Some(name), Some(data_type)) => problems.push(format!("event time `{name}` is {data_type}, which is no time")),
    }
}

/// The type of each column: as it is declared, if the query gives values that it holds, or that of the query.
fn compare(
    role: &str,
    declared: &[(String, Option<DataType>)],
    found: &[(String, ArrowType)],
    problems: &mut Vec<String>,
) -> Vec<(String, DataType)> {
    let mut types = Vec::new();
    for (name, wanted) in declared {
        let Some((_, given)) = found.iter().find(|(known, _)| known == name) else {
            problems.push(missing(role, name, found.iter().map(|(known, _)| known.as_str())));
            continue;
        };
        match (DataType::from_arrow_values(given), wanted) {
            (Err(error), _) => problems.push(format!("{role} `{name}`: {error}")),
            (Ok(given), None) => types.push((name.clone(), given)),
            (Ok(given), Some(wanted)) if given == *wanted || given.widens_to(wanted) => {
                types.push((name.clone(), wanted.clone()));
            }
            (Ok(given), Some(wanted)) => {
                problems.push(format!("{role} `{name}` is declared as {wanted}, but the query gives {given}: cast it"));
            }
        }
    }
    types
}

fn missing<'a>(role: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let likeness = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    let near = known.clone().map(|known| (likeness(known), known)).filter(|(likeness, _)| *likeness > 0.8);
    let near = near.max_by(|(a, _), (b, _)| a.total_cmp(b));
    let meant = near.map(|(_, near)| format!(" (did you mean `{near}`?)")).unwrap_or_default();
    let known: Vec<String> = known.map(|known| format!("`{known}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("the query gives no {role} `{name}`{meant}: it gives {known}")
}

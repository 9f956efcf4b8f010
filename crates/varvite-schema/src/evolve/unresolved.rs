//! What definitions ask for that is not there: sources, columns, features.

use crate::definitions::Definitions;
use crate::error::{Error, listed};
use crate::problem::{Collector, ProblemKind};
use crate::{Aggregation, DataType, DefinitionKind, FeatureService, FeatureView, OnDemandInput, OnDemandSchema};
use crate::{FeatureRef, VirtualSchema, WindowSchema};

pub(crate) fn of_service(service: &FeatureService, definitions: &Definitions) -> Vec<Error> {
    service.features().iter().filter_map(|reference| missing(reference, definitions)).collect()
}

/// What is not there. Which features an open virtual group has is known once an engine has seen its query.
fn missing(reference: &FeatureRef, definitions: &Definitions) -> Option<Error> {
    match definitions.view(reference.group(), reference.version()) {
        Ok(view) if view.is_open() => None,
        _ => definitions.features_of(reference).err(),
    }
}

/// Inputs are features of groups, windows and virtual groups: expressions over expressions would have to be put in an order.
pub(crate) fn of_on_demand(group: &OnDemandSchema, definitions: &Definitions) -> Vec<Error> {
    let unresolved = |reference: &FeatureRef| match definitions.view(reference.group(), reference.version()) {
        Ok(FeatureView::OnDemand(_)) => {
            let reason = "it is computed on demand itself: name what it is computed from".to_owned();
            Some(Error::InvalidReference { text: reference.to_string(), reason })
        }
        _ => missing(reference, definitions),
    };
    let references = group.inputs().iter().filter_map(|input| match input {
        OnDemandInput::Feature(reference) => Some(reference),
        OnDemandInput::Request(_) => None,
    });
    references.filter_map(unresolved).collect()
}

pub(crate) fn of_window(window: &WindowSchema, definitions: &Definitions) -> Vec<Error> {
    let table = match Table::of(window.source(), definitions) {
        Ok(table) => table,
        Err(error) => return vec![error],
    };
    let mut problems = Collector::default();
    if !table.has_event_time {
        let message = format!("{} has no event time, on which windows lie", table.what);
        problems.add(ProblemKind::Missing, message);
    }
    for key in window.entity_keys() {
        problems.within(format!("entity key `{key}`"), |problems| {
            if let Some(reason) = table.column(key, problems).flatten().and_then(DataType::refuse_key) {
                problems.add(ProblemKind::KeyType, reason);
            }
        });
    }
    for aggregation in window.aggregations() {
        problems.within(format!("feature `{}`", aggregation.name()), |problems| table.check(aggregation, problems));
    }
    problems.finish(window.head.what(DefinitionKind::Window), ()).err().into_iter().collect()
}

/// Queries read what has rows of its own: sources and groups.
pub(crate) fn of_virtual(group: &VirtualSchema, definitions: &Definitions) -> Vec<Error> {
    let unresolved = |name: &String| match definitions.kind_of(name) {
        Some(DefinitionKind::Source | DefinitionKind::Group) => None,
        None => definitions.source(name).err(),
        Some(kind) => {
            let mut problems = Collector::default();
            let message = format!("`{name}` is {}: queries read sources and groups", kind.one());
            problems.add(ProblemKind::Reference, message);
            Some(problems.into_error(group.head.what(DefinitionKind::Virtual)))
        }
    };
    group.sources().iter().filter_map(unresolved).collect()
}

/// What a window can read.
struct Table<'a> {
    what: String,
    has_event_time: bool,
    /// Name and type, where it is known; `None` if any column may be there.
    columns: Option<Vec<(&'a str, Option<&'a DataType>)>>,
}

impl<'a> Table<'a> {
    fn of(name: &str, definitions: &'a Definitions) -> Result<Self, Error> {
        let Ok(group) = definitions.group(name, None) else {
            let source = definitions.source(name)?;
            let declared = source.columns().iter().map(|column| (column.name.as_str(), Some(&column.data_type)));
            // Whoever declares columns may still leave the event time to the table.
            let time = source.event_time().filter(|time| source.column(time).is_none()).map(|time| (time, None));
            let columns = (!source.is_open()).then(|| declared.chain(time).collect());
            let what = format!("source `{name}`");
            return Ok(Self { what, has_event_time: source.event_time().is_some(), columns });
        };
        let columns = group.columns().map(|column| (column.name, column.data_type)).collect();
        let what = format!("group `{}`", group.id());
        Ok(Self { what, has_event_time: group.event_time().is_some(), columns: Some(columns) })
    }

    /// The type of a column, if it is known; `None` after a problem was found.
    #[expect(clippy::option_option, reason = "no such column is something else than a column of an unknown type")]
    fn column(&self, name: &str, problems: &mut Collector) -> Option<Option<&'a DataType>> {
        let Some(columns) = &self.columns else { return Some(None) };
        let found = columns.iter().find(|(known, _)| *known == name).map(|(_, data_type)| *data_type);
        if found.is_none() {
            let known = listed(columns.iter().map(|(known, _)| *known));
            let message = format!("{} has no column `{name}`: it has {known}", self.what);
            problems.add(ProblemKind::Reference, message);
        }
        found
    }

    fn check(&self, aggregation: &Aggregation, problems: &mut Collector) {
        let Some(column) = aggregation.column() else { return };
        let Some(data_type) = self.column(column, problems).flatten() else { return };
        if aggregation.function().result_type(data_type).is_none() {
            let message = format!("`{}` means nothing for {data_type}", aggregation.function());
            problems.add(ProblemKind::DataType, message);
        }
    }
}

//! What a change comes to, beside a state: decided before anything is written.

use varvite_schema::{
    ApplyPlan, ApplyStep, Compatibility, Definitions, Outcome, SourceSchema, VirtualSchema, plan_apply,
};

use super::change::RegistryChange;
use super::graph::Edges;
use super::lineage::LineageNode;
use super::state::RegistryState;
use crate::{Error, Result};

/// The folder of the registry, below the store's root.
pub(super) const FOLDER: &str = "registry";

/// What one revision writes down.
#[derive(Debug)]
pub(super) struct Planned {
    /// Definitions that are new or differ.
    pub(super) definitions: Definitions,
    /// Lineage that differs; a node of nothing is taken back.
    pub(super) lineage: Edges,
    /// Each change in words.
    pub(super) changes: Vec<String>,
}

/// Decides what `change` writes, or why it is refused.
pub(super) fn plan_commit(base: &RegistryState, change: &RegistryChange) -> Result<Planned> {
    let plan = plan_apply(base.definitions(), &change.definitions);
    plan.check()?;
    check_folders(plan.changed())?;
    let mut changes = summary(&plan);
    let definitions = plan.changed().clone();
    let after = plan.into_definitions()?;
    let mut lineage = Edges::new();
    for (node, from) in &change.lineage {
        check_nodes(&after, node, from.iter())?;
        if base.edges().get(node).cloned().unwrap_or_default() != *from {
            changes.push(format!("lineage `{node}`: {}", listed(from.iter())));
            lineage.insert(node.clone(), from.clone());
        }
    }
    Ok(Planned { definitions, lineage, changes })
}

/// The registry's own folder, in any case, as some disks ignore it: a source's rows would be beside its files.
fn check_folders(definitions: &Definitions) -> Result<()> {
    let in_the_way = |source: &&SourceSchema| source.name().eq_ignore_ascii_case(FOLDER);
    match definitions.sources().iter().find(in_the_way) {
        None => Ok(()),
        Some(source) => Err(Error::NameTaken {
            name: source.name().to_owned(),
            found: "the folder of the registry",
            given: "a source",
        }),
    }
}

impl Planned {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.definitions.is_empty() && self.lineage.is_empty()
    }
}

fn summary(plan: &ApplyPlan) -> Vec<String> {
    let is_news = |step: &&ApplyStep| step.compatibility.outcome != Outcome::Unchanged;
    plan.steps().iter().filter(is_news).map(|step| line(&step.compatibility)).collect()
}

/// One line for a definition and all that differs in it.
fn line(step: &Compatibility) -> String {
    let first = format!("{} `{}`: {}", step.what, step.id(), step.outcome);
    let changes: Vec<String> = step.changes.iter().map(ToString::to_string).collect();
    if changes.is_empty() { first } else { format!("{first}: {}", changes.join(", ")) }
}

fn listed<'a>(nodes: impl Iterator<Item = &'a LineageNode>) -> String {
    let nodes: Vec<String> = nodes.map(|node| format!("`{node}`")).collect();
    if nodes.is_empty() { "nothing".to_owned() } else { format!("from {}", nodes.join(", ")) }
}

/// A node is of something that is defined. What it comes from may be elsewhere, but of what is defined here only what is
/// there: a misspelled name would be found by nobody.
fn check_nodes<'a>(
    definitions: &Definitions,
    node: &LineageNode,
    from: impl Iterator<Item = &'a LineageNode>,
) -> Result<()> {
    check_node(definitions, node)?;
    let of_ours = from.filter(|node| definitions.kind_of(node.table()).is_some());
    of_ours.into_iter().try_for_each(|node| check_node(definitions, node))
}

/// Whether the node is a column or table that is defined, in some version.
pub(super) fn check_node(definitions: &Definitions, node: &LineageNode) -> Result<()> {
    if let Ok(source) = definitions.source(node.table()) {
        let Some(column) = node.column().filter(|_| !source.is_open()) else { return Ok(()) };
        if source.column(column).is_some() || source.event_time() == Some(column) {
            return Ok(());
        }
        let known: Vec<String> = source.columns().iter().map(|column| format!("`{}`", column.name)).collect();
        let reason = format!("source `{}` has no column `{column}`: it has {}", source.name(), known.join(", "));
        return Err(varvite_schema::Error::InvalidReference { text: node.to_string(), reason }.into());
    }
    let view = definitions.view(node.table(), None)?;
    let Some(column) = node.column() else { return Ok(()) };
    let of_name = || definitions.groups().iter().filter(|group| group.name() == node.table());
    let is_column = of_name().any(|group| group.columns().any(|known| known.name == column));
    let queries = definitions.virtual_groups().iter().filter(|group| group.name() == node.table());
    let is_key = queries.flat_map(VirtualSchema::entity_keys).any(|key| key.name() == column);
    let mut views = definitions.views().filter(|known| known.name() == node.table());
    if is_column || is_key || views.any(|known| known.feature_names().contains(&column)) {
        return Ok(());
    }
    view.feature(column)?;
    Ok(())
}

//! [`RegistryState`]: everything the registry says at one revision.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use varvite_schema::{ApplyPlan, Definitions, FeatureService, FeatureView, plan_apply};

use super::graph::{Edges, Graph};
use super::lineage::{Direction, LineageKind, LineageNode, Reach};
use super::plan::check_node;
use super::query::Query;
use super::revision::Record;
use super::sealed::FORMAT;
use crate::Result;

/// Everything the registry says at one revision. It does not change; the [`Registry`](super::Registry) gives newer ones.
#[derive(Default)]
pub struct RegistryState {
    content: Content,
    /// How many revisions were put on the checkpoint that it was read from.
    since_checkpoint: u64,
    graph: OnceLock<Graph>,
}

/// What a checkpoint keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    format: u32,
    pub(super) revision: u64,
    /// The checksum of the revision's file.
    pub(super) head: Option<String>,
    pub(super) at_ms: Option<i64>,
    pub(super) definitions: Definitions,
    pub(super) lineage: Edges,
    /// When each name of features or of a source was last changed, in milliseconds since 1970.
    pub(super) updated: BTreeMap<String, i64>,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            format: FORMAT,
            revision: 0,
            head: None,
            at_ms: None,
            definitions: Definitions::default(),
            lineage: Edges::new(),
            updated: BTreeMap::new(),
        }
    }
}

impl RegistryState {
    /// The state that a checkpoint has.
    pub(super) fn of(content: Content) -> Self {
        Self { content, ..Self::default() }
    }

    /// This state with revisions put on it, which follow one another, each with the checksum of its file.
    pub(super) fn after(&self, records: Vec<(Record, String)>) -> Result<Self> {
        let mut content = self.content.clone();
        let since_checkpoint = self.since_checkpoint + records.len() as u64;
        let mut definitions = Vec::with_capacity(records.len());
        for (record, head) in records {
            let at_ms = record.at_ms();
            let names = record.definitions.views().map(FeatureView::name);
            let names = names.chain(record.definitions.sources().iter().map(varvite_schema::SourceSchema::name));
            content.updated.extend(names.map(|name| (name.to_owned(), at_ms)));
            for (node, from) in record.lineage {
                if from.is_empty() {
                    content.lineage.remove(&node)
                } else {
                    content.lineage.insert(node, from)
                };
            }
            definitions.push(record.definitions);
            (content.revision, content.head, content.at_ms) = (record.revision, Some(head), Some(at_ms));
        }
        content.definitions = content.definitions.merged(definitions)?;
        Ok(Self { content, since_checkpoint, graph: OnceLock::new() })
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    pub(super) fn since_checkpoint(&self) -> u64 {
        self.since_checkpoint
    }

    /// The checksum of the revision's file; none before the first.
    pub(super) fn head(&self) -> Option<&str> {
        self.content.head.as_deref()
    }

    /// What was said of lineage.
    pub(super) fn edges(&self) -> &Edges {
        &self.content.lineage
    }

    /// The number of the revision: 0 before the first.
    pub fn revision(&self) -> u64 {
        self.content.revision
    }

    /// When the revision was written, in milliseconds since 1970 by the clock of who wrote it.
    pub fn at_ms(&self) -> Option<i64> {
        self.content.at_ms
    }

    /// Everything that is defined, all versions.
    pub fn definitions(&self) -> &Definitions {
        &self.content.definitions
    }

    /// When a group, window, virtual or on-demand group or source was last created or changed, in any version, in milliseconds since
    /// 1970; `None` if there is no such thing.
    pub fn last_updated(&self, name: &str) -> Option<i64> {
        self.content.updated.get(name).copied()
    }

    /// The feature service of this name: the newest version, or the one that is asked for.
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) with what there is.
    pub fn service(&self, name: &str, version: Option<u32>) -> Result<&FeatureService> {
        Ok(self.definitions().service(name, version)?)
    }

    /// What applying definitions would do. It only tells.
    pub fn plan(&self, wanted: &Definitions) -> ApplyPlan {
        plan_apply(self.definitions(), wanted)
    }

    /// The groups, windows, virtual and on-demand groups that a query finds, each in its newest version, by name.
    pub fn search(&self, query: &Query) -> Vec<FeatureView<'_>> {
        let mut newest: BTreeMap<&str, FeatureView<'_>> = BTreeMap::new();
        for view in self.definitions().views() {
            let known = newest.entry(view.name()).or_insert(view);
            if view.version() > known.version() {
                *known = view;
            }
        }
        newest.into_values().filter(|view| query.finds(*view, self.definitions())).collect()
    }

    /// What was said of a node's lineage, without what definitions imply.
    pub fn set_lineage(&self, node: &LineageNode) -> Option<&BTreeSet<LineageNode>> {
        self.content.lineage.get(node)
    }

    /// What a node comes from, or what comes from it: as it was said, and as definitions imply.
    ///
    /// - [`LineageKind::Value`]: columns; a table where no more is known. Of a table as a whole: those of all its columns.
    /// - [`LineageKind::Table`]: tables, of which a column reads those that are said of it and of its table.
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) if nothing is known of the node, with what there is.
    pub fn lineage(
        &self,
        node: &LineageNode,
        direction: Direction,
        kind: LineageKind,
        reach: Reach,
    ) -> Result<BTreeSet<LineageNode>> {
        let graph = self.graph.get_or_init(|| Graph::new(self.edges(), self.definitions()));
        if !graph.knows(node) {
            check_node(self.definitions(), node)?;
        }
        Ok(graph.reach(node, direction, kind, reach))
    }
}

impl fmt::Debug for RegistryState {
    /// Names the revision: all that it says would be long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Content { revision, head, .. } = &self.content;
        f.debug_struct("RegistryState").field("revision", revision).field("head", head).finish_non_exhaustive()
    }
}

impl PartialEq for RegistryState {
    /// Whether both say the same at the same revision.
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

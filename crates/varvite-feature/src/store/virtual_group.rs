//! Virtual groups by name: registered, and read through a query engine.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use varvite_schema::{DefinitionKind, DefinitionParts, Definitions, Outcome, VirtualSchema};

use super::FeatureStore;
use crate::virtual_group::{Defined, complete};
use crate::{Error, GroupHistory, RegistryChange, RegistryState, Result, SourceTable, VirtualReader, pit};

impl FeatureStore {
    /// The same store with a query engine, which registers and reads virtual groups.
    #[must_use]
    pub fn with_virtual(&self, reader: Arc<dyn VirtualReader>) -> Self {
        Self { inner: Arc::clone(&self.inner), virtual_reader: Some(reader) }
    }

    /// The same store without its query engine.
    #[must_use]
    pub fn without_virtual(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), virtual_reader: None }
    }

    /// Registers a virtual group (S17), or a change of one: its queries are checked against their sources, types that it
    /// leaves open are filled in, and what its features come from is noted, all in one revision.
    ///
    /// # Errors
    /// [`Error::NoQueryEngine`]; [`Error::QueryInvalid`] for what is wrong with its queries; as [`apply`](Self::apply).
    #[doc(alias = "register_virtual")]
    pub fn define_virtual_features(&self, group: &VirtualSchema) -> Result<Outcome> {
        self.register_parts(DefinitionParts { virtual_groups: vec![group.clone()], ..DefinitionParts::default() })
    }

    /// What applying `wanted` to a state changes: virtual groups with the types and the lineage of their queries. Nothing is
    /// written.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn plan_change(&self, state: &RegistryState, wanted: &Definitions) -> Result<RegistryChange> {
        let plan = state.plan(wanted);
        plan.check()?;
        let all = state.definitions().clone().merged([plan.changed().clone()])?;
        let mut parts = wanted.clone().into_parts();
        let mut lineage = Vec::new();
        for group in plan.changed().virtual_groups() {
            if is_known(state.definitions(), group) {
                continue;
            }
            let defined = self.define(&all, group)?;
            let is_it = |other: &&mut VirtualSchema| other.id() == group.id();
            if let Some(place) = parts.virtual_groups.iter_mut().find(is_it) {
                *place = defined.group;
            }
            lineage.extend(defined.lineage);
        }
        let wanted = Definitions::from_parts(parts)?;
        Self::check(state, &wanted)?;
        let change = RegistryChange::new().with_definitions(wanted);
        Ok(lineage.into_iter().fold(change, |change, (node, from)| change.with_lineage(node, from)))
    }

    fn define(&self, all: &Definitions, group: &VirtualSchema) -> Result<Defined> {
        let reader = self.reader(&group.id())?;
        let sources = group.sources().iter().map(|name| SourceTable::find(name, all)).collect::<Result<Vec<_>>>()?;
        complete(group, &sources, reader, self)
    }

    /// The query engine.
    pub(super) fn reader(&self, group: &str) -> Result<&dyn VirtualReader> {
        self.virtual_reader.as_deref().ok_or_else(|| Error::NoQueryEngine { group: group.to_owned() })
    }

    /// The columns of a table that queries read: those that are stored, and those that are declared. A source that is
    /// elsewhere has those that it declares.
    ///
    /// # Errors
    /// [`Error::Store`] if it is damaged.
    pub fn schema_of(&self, table: &SourceTable) -> Result<SchemaRef> {
        match table {
            SourceTable::Group(group) => Ok(self.history_of(group)?.schema()),
            SourceTable::Source(source) if source.location().is_some() => Ok(pit::source_schema(source, None)),
            SourceTable::Source(source) => {
                Ok(pit::source_schema(source, self.source(source.name())?.schema().as_deref()))
            }
        }
    }

    /// The history of a group to be written: what is computed cannot be.
    pub(crate) fn writable(&self, name: &str) -> Result<GroupHistory> {
        let state = self.inner.registry.state()?;
        let kind = state.definitions().kind_of(super::parse_group(name)?.0);
        match kind {
            None | Some(DefinitionKind::Group | DefinitionKind::Source) => self.group(name),
            Some(_) => Err(Error::ReadOnly { group: name.to_owned() }),
        }
    }
}

/// Whether the version is known, and differs in what no query has to do with.
fn is_known(known: &Definitions, group: &VirtualSchema) -> bool {
    let same = known.virtual_groups().iter().find(|known| known.id() == group.id());
    !group.is_open() && same.is_some_and(|known| known.computes_like(group))
}

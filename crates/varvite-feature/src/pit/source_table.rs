//! [`SourceTable`]: a table that windows and queries read.

use varvite_schema::{DefinitionKind, Definitions, FeatureGroupSchema, SourceSchema};

use crate::Result;

/// A table that windows and queries read.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceTable {
    /// The history of a group; its newest version. Rows that restate each other count once.
    Group(FeatureGroupSchema),
    /// A source, where every row counts.
    Source(SourceSchema),
}

impl SourceTable {
    /// The table of this name.
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) if there is none.
    pub fn find(name: &str, definitions: &Definitions) -> Result<Self> {
        match definitions.kind_of(name) {
            Some(DefinitionKind::Group) => Ok(Self::Group(definitions.group(name, None)?.clone())),
            _ => Ok(Self::Source(definitions.source(name)?.clone())),
        }
    }

    /// Its name, under which queries know it.
    pub fn name(&self) -> &str {
        match self {
            Self::Group(group) => group.name(),
            Self::Source(source) => source.name(),
        }
    }

    /// The column that says when a row began to be true.
    pub fn event_time(&self) -> Option<&str> {
        match self {
            Self::Group(group) => group.event_time().map(varvite_schema::TimeColumn::name),
            Self::Source(source) => source.event_time(),
        }
    }

    /// The column that says when a row became known; sources have none.
    pub fn created_time(&self) -> Option<&str> {
        match self {
            Self::Group(group) => group.created_time().map(varvite_schema::TimeColumn::name),
            Self::Source(_) => None,
        }
    }
}

//! [`RegistryChange`]: what one revision is to change.

use std::collections::BTreeSet;

use varvite_schema::{Definitions, FeatureGroupSchema};

use super::graph::Edges;
use super::lineage::LineageNode;
use crate::Result;

/// What one revision is to change: definitions to put in, lineage to set, and words about it.
///
/// # Examples
/// ```
/// use varvite_feature::RegistryChange;
///
/// let change = RegistryChange::new().with_lineage("users.age".parse()?, ["survey.birth".parse()?]);
/// let change = change.with_message("where ages come from").with_author("ada");
/// # Ok::<(), varvite_feature::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct RegistryChange {
    pub(super) definitions: Definitions,
    pub(super) lineage: Edges,
    pub(super) message: Option<String>,
    pub(super) author: Option<String>,
}

impl RegistryChange {
    /// A change of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts definitions in, as far as their versions may change so (S14). Takes the place of those given before.
    pub fn with_definitions(self, definitions: Definitions) -> Self {
        Self { definitions, ..self }
    }

    /// Puts one group in, beside those given before.
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) if it is there already under another spelling or as something else.
    pub fn with_group(self, group: FeatureGroupSchema) -> Result<Self> {
        let definitions = self.definitions.merged([Definitions::try_new(vec![group], Vec::new())?])?;
        Ok(Self { definitions, ..self })
    }

    /// Says all that a node comes from, instead of what was said before: columns whose values flow into it, and tables
    /// that are read. Nothing takes back what was said.
    pub fn with_lineage(mut self, node: LineageNode, from: impl IntoIterator<Item = LineageNode>) -> Self {
        let from: BTreeSet<LineageNode> = from.into_iter().collect();
        self.lineage.insert(node, from);
        self
    }

    /// Says why.
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }

    /// Says who.
    pub fn with_author(self, author: impl Into<String>) -> Self {
        Self { author: Some(author.into()), ..self }
    }
}

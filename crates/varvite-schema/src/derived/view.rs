//! [`FeatureView`]: whatever has features under a name, however they come to be.

use std::collections::BTreeMap;

use crate::error::{Error, Result, listed, nearest};
use crate::{DefinitionKind, FeatureGroupSchema, FeatureSchema, OnDemandFeature, OnDemandSchema, WindowSchema};
use crate::{VirtualFeature, VirtualSchema};

/// A group, a window, a virtual group or an on-demand group: what `name.feature` can mean.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum FeatureView<'a> {
    /// Rows are written.
    Group(&'a FeatureGroupSchema),
    /// Aggregations over time.
    Window(&'a WindowSchema),
    /// Queries.
    Virtual(&'a VirtualSchema),
    /// Expressions.
    OnDemand(&'a OnDemandSchema),
}

impl<'a> FeatureView<'a> {
    /// What it is.
    pub fn kind(self) -> DefinitionKind {
        match self {
            Self::Group(_) => DefinitionKind::Group,
            Self::Window(_) => DefinitionKind::Window,
            Self::Virtual(_) => DefinitionKind::Virtual,
            Self::OnDemand(_) => DefinitionKind::OnDemand,
        }
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        self.head().name.as_str()
    }

    /// Its version, from 1.
    pub fn version(self) -> u32 {
        self.head().version
    }

    /// Name and version, such as `users@v1`.
    pub fn id(self) -> String {
        self.head().id()
    }

    /// What it is, in words; empty if nobody said.
    pub fn description(self) -> &'a str {
        &self.head().description
    }

    /// Who answers for it.
    pub fn owner(self) -> Option<&'a str> {
        self.head().owner.as_deref()
    }

    /// Tags by name.
    pub fn tags(self) -> &'a BTreeMap<String, String> {
        &self.head().tags
    }

    /// The names of its features, in the order of `name.*`.
    pub fn feature_names(self) -> Vec<&'a str> {
        match self {
            Self::Group(group) => group.features().iter().map(FeatureSchema::name).collect(),
            Self::Window(window) => window.aggregations().iter().map(super::Aggregation::name).collect(),
            Self::Virtual(group) => group.features().iter().map(VirtualFeature::name).collect(),
            Self::OnDemand(group) => group.features().iter().map(OnDemandFeature::name).collect(),
        }
    }

    /// The name of one of its features, as it has it.
    ///
    /// # Errors
    /// [`Error::FeatureNotFound`] with the features that there are (S20).
    pub fn feature(self, name: &str) -> Result<&'a str> {
        let names = self.feature_names();
        names.iter().find(|known| **known == name).copied().ok_or_else(|| Error::FeatureNotFound {
            group: self.id(),
            feature: name.to_owned(),
            suggestion: nearest(name, names.iter().copied()),
            known: listed(names.iter().copied()),
        })
    }

    /// Whether its features are not known yet: they are whatever a query gives.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Virtual(group) if group.features().is_empty())
    }

    fn head(self) -> &'a crate::head::Head {
        match self {
            Self::Group(group) => &group.head,
            Self::Window(window) => &window.head,
            Self::Virtual(group) => &group.head,
            Self::OnDemand(group) => &group.head,
        }
    }
}

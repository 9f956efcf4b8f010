//! [`Change`]: one difference between two definitions of the same name, and what S14 says of it.

use std::fmt;

/// One difference between an old and a new definition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Change {
    /// What changed.
    pub kind: ChangeKind,
    /// The feature or tag that it concerns; `None` for the definition as a whole.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub subject: Option<String>,
    /// What it was; `None` if it was not there.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub from: Option<String>,
    /// What it is now; `None` if it is gone.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub to: Option<String>,
    /// Whether one version may change so.
    pub verdict: Verdict,
    /// Why.
    pub reason: &'static str,
}

/// Whether one version may change so (S14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Verdict {
    /// Stored rows and readers stay right.
    Allowed,
    /// It needs a new version.
    Refused,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ChangeKind {
    /// The name itself.
    Name,
    /// The description of the whole.
    Description,
    /// Who answers for it.
    Owner,
    /// A tag.
    Tag,
    /// The entity keys.
    EntityKeys,
    /// The event time.
    EventTime,
    /// The created time.
    CreatedTime,
    /// The TTL.
    Ttl,
    /// A feature that is new or gone.
    Feature,
    /// The type of a feature.
    DataType,
    /// Whether a feature may be null.
    Nullable,
    /// What a feature means to a model.
    FeatureType,
    /// The description of a feature.
    FeatureDescription,
    /// The smallest value of a feature.
    Min,
    /// The greatest value of a feature.
    Max,
    /// The allowed values of a feature.
    AllowedValues,
    /// What the values of a feature count.
    Unit,
    /// A note on a feature.
    Note,
    /// The order of features.
    Order,
    /// The references of a service.
    References,
    /// A declared column of a source.
    Column,
    /// Where a source's rows are.
    Location,
    /// What a window or a virtual group reads.
    Source,
    /// The length of a window.
    Window,
    /// The function and column of a window's feature.
    Aggregation,
    /// An input of an on-demand group.
    Input,
    /// The expression of an on-demand feature.
    Expression,
    /// The query of a virtual group, or of one of its features.
    Query,
}

impl ChangeKind {
    fn text(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Description | Self::FeatureDescription => "description",
            Self::Owner => "owner",
            Self::Tag => "tag",
            Self::EntityKeys => "entity keys",
            Self::EventTime => "event time",
            Self::CreatedTime => "created time",
            Self::Ttl => "ttl",
            Self::Feature => "feature",
            Self::DataType => "type",
            Self::Nullable => "nulls",
            Self::FeatureType => "feature type",
            Self::Min => "min",
            Self::Max => "max",
            Self::AllowedValues => "allowed values",
            Self::Unit => "unit",
            Self::Note => "note",
            Self::Order => "order of features",
            Self::References => "features",
            Self::Column => "column",
            Self::Location => "location",
            Self::Source => "source",
            Self::Window => "window",
            Self::Aggregation => "aggregation",
            Self::Input => "input",
            Self::Expression => "expression",
            Self::Query => "query",
        }
    }

    /// Whether the subject is a feature that has this property.
    fn is_of_feature(self) -> bool {
        use ChangeKind::{Aggregation, AllowedValues, DataType, Expression, FeatureDescription, FeatureType};
        use ChangeKind::{Max, Min, Note, Nullable, Query, Unit};
        let of_group = matches!(self, DataType | Nullable | FeatureType | FeatureDescription | Unit | Note);
        of_group || matches!(self, Min | Max | AllowedValues | Aggregation | Expression | Query)
    }
}

impl Change {
    /// Whether one version may change so.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allowed
    }

    /// What changed, without the values.
    pub(crate) fn title(&self) -> String {
        match &self.subject {
            Some(feature) if self.kind.is_of_feature() => format!("feature `{feature}`: {}", self.kind),
            Some(subject) => format!("{} `{subject}`", self.kind),
            None => self.kind.to_string(),
        }
    }
}

impl fmt::Display for Change {
    /// Writes `+`, `-` or `~`, what changed, and from what to what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (None, Some(to)) => write!(f, "+ {}: {to}", self.title()),
            (Some(from), None) => write!(f, "- {}: {from}", self.title()),
            (Some(from), Some(to)) => write!(f, "~ {}: {from} -> {to}", self.title()),
            (None, None) => write!(f, "~ {}", self.title()),
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

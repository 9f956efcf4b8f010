//! [`FeatureGroupSchema`]: features that share keys and times, written and versioned together.

mod builder;
mod column;

use std::fmt;

use crate::error::{Error, Result, listed, nearest};
use crate::head::{Head, head_getters};
use crate::{FeatureSchema, Ttl};

pub use builder::FeatureGroupBuilder;
pub(crate) use builder::{check_column, check_ttl};
pub use column::{Column, ColumnRole, EntityKey, TimeColumn};

/// A group of features: one table with keys, times and features. It is valid: only [`FeatureGroupBuilder`] makes one.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
///
/// let users = FeatureGroupSchema::builder("users")
///     .entity_key("user_id", DataType::BigInt)
///     .event_time("event_timestamp")
///     .ttl("7d")
///     .owner("growth")
///     .tag("team", "data-science")
///     .feature(FeatureSchema::builder("age", DataType::Int).min(0).max(150))
///     .feature(FeatureSchema::builder("region", DataType::String))
///     .build()?;
/// assert_eq!(users.id(), "users@v1");
/// assert_eq!(users.feature("agee").unwrap_err().to_string(),
///     "group `users@v1` has no feature `agee` (did you mean `age`?): it has `age`, `region`");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureGroupSchema {
    pub(crate) head: Head,
    entity_keys: Vec<EntityKey>,
    event_time: Option<TimeColumn>,
    created_time: Option<TimeColumn>,
    ttl: Option<Ttl>,
    features: Vec<FeatureSchema>,
}

impl FeatureGroupSchema {
    /// Begins the definition of a group.
    pub fn builder(name: impl Into<String>) -> FeatureGroupBuilder {
        FeatureGroupBuilder::new(name)
    }

    head_getters!(versioned);

    /// The columns that name an entity. Without any, rows are matched by time alone.
    pub fn entity_keys(&self) -> &[EntityKey] {
        &self.entity_keys
    }

    /// When a row began to be true. Without it, the group is a plain look-up.
    #[doc(alias = "timestamp_key")]
    #[doc(alias = "event_timestamp")]
    pub fn event_time(&self) -> Option<&TimeColumn> {
        self.event_time.as_ref()
    }

    /// When a row became known. Without it, the store keeps a column of its own.
    #[doc(alias = "created_timestamp")]
    pub fn created_time(&self) -> Option<&TimeColumn> {
        self.created_time.as_ref()
    }

    /// How old a row may be to answer; `None` for any age.
    pub fn ttl(&self) -> Option<Ttl> {
        self.ttl
    }

    /// Its features, in the order of `group.*`.
    pub fn features(&self) -> &[FeatureSchema] {
        &self.features
    }

    /// The feature of this name, if there is one.
    pub fn get_feature(&self, name: &str) -> Option<&FeatureSchema> {
        self.features.iter().find(|feature| feature.name() == name)
    }

    /// The feature of this name.
    ///
    /// # Errors
    /// [`Error::FeatureNotFound`] with the features that there are (S20).
    pub fn feature(&self, name: &str) -> Result<&FeatureSchema> {
        let names = || self.features.iter().map(FeatureSchema::name);
        self.get_feature(name).ok_or_else(|| Error::FeatureNotFound {
            group: self.id(),
            feature: name.to_owned(),
            suggestion: nearest(name, names()),
            known: listed(names()),
        })
    }

    /// Every column: keys, event time, created time, features.
    pub fn columns(&self) -> impl Iterator<Item = Column<'_>> {
        let keys = self.entity_keys.iter().map(EntityKey::column);
        let event = self.event_time.as_ref().map(|time| time.column(ColumnRole::EventTime));
        let created = self.created_time.as_ref().map(|time| time.column(ColumnRole::CreatedTime));
        keys.chain(event).chain(created).chain(self.features.iter().map(Column::of_feature))
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> FeatureGroupBuilder {
        FeatureGroupBuilder::from_schema(self)
    }
}

impl fmt::Display for FeatureGroupSchema {
    /// Writes a page for people, a line a feature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.write(f)?;
        write_if(f, "\n  entity keys   ", &joined(self.entity_keys.iter().map(EntityKey::to_string)))?;
        write_if(f, "\n  event time    ", &self.event_time.as_ref().map(TimeColumn::to_string).unwrap_or_default())?;
        write_if(f, "\n  created time  ", &self.created_time.as_ref().map(TimeColumn::to_string).unwrap_or_default())?;
        write_if(f, "\n  ttl           ", &self.ttl.map(|ttl| ttl.to_string()).unwrap_or_default())?;
        f.write_str("\n  features")?;
        for feature in &self.features {
            write!(f, "\n    {feature}")?;
            write_if(f, ": ", feature.description())?;
        }
        Ok(())
    }
}

pub(crate) fn write_if(f: &mut fmt::Formatter<'_>, title: &str, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { write!(f, "{title}{text}") }
}

pub(crate) fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

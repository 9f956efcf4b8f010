//! [`FeatureGroupBuilder`]: collects a group's parts, and checks all of them before it says what is wrong.

use std::collections::HashMap;

use super::{ColumnRole, EntityKey, FeatureGroupSchema, TimeColumn};
use crate::error::{Error, Result};
use crate::feature::{FeatureBuilder, GivenType};
use crate::head::{DefinitionKind, Head, head_setters};
use crate::name;
use crate::problem::{Collector, ProblemKind};
use crate::ttl::{GivenTtl, Ttl};

/// Collects the parts of a [`FeatureGroupSchema`]; they are checked together at the end.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
///
/// let error = FeatureGroupSchema::builder("users")
///     .entity_key("weight", DataType::Double)
///     .event_time("at")
///     .ttl("0s")
///     .feature(FeatureSchema::builder("at", DataType::Int))
///     .build()
///     .unwrap_err();
/// assert_eq!(error.problems().len(), 3);
/// assert_eq!(error.to_string(), "group `users@v1` is not valid: 3 problems
///   entity key `weight`: floats cannot be keys: they are not compared for equality; use integers or text
///   `0s` is no TTL: it must be longer than zero
///   `at` is the name of the event time and of a feature");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct FeatureGroupBuilder {
    head: Head,
    entity_keys: Vec<(String, GivenType)>,
    event_time: Option<(String, Option<GivenType>)>,
    created_time: Option<(String, Option<GivenType>)>,
    ttl: Option<GivenTtl>,
    features: Vec<FeatureBuilder>,
}

impl FeatureGroupBuilder {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            head: Head::new(name),
            entity_keys: Vec::new(),
            event_time: None,
            created_time: None,
            ttl: None,
            features: Vec::new(),
        }
    }

    pub(super) fn from_schema(group: &FeatureGroupSchema) -> Self {
        let time = |time: &TimeColumn| (time.name.clone(), time.data_type.clone().map(GivenType::from));
        Self {
            head: group.head.clone(),
            entity_keys: group.entity_keys.iter().map(|key| (key.name.clone(), key.data_type.clone().into())).collect(),
            event_time: group.event_time.as_ref().map(time),
            created_time: group.created_time.as_ref().map(time),
            ttl: group.ttl.map(GivenTtl::from),
            features: group.features.iter().map(crate::FeatureSchema::to_builder).collect(),
        }
    }

    head_setters!(versioned);

    /// Adds a column that names an entity, alone or with others.
    pub fn entity_key(mut self, name: impl Into<String>, data_type: impl Into<GivenType>) -> Self {
        self.entity_keys.push((name.into(), data_type.into()));
        self
    }

    /// Names the column that says when a row began to be true. The first rows decide on its unit and zone.
    #[doc(alias = "timestamp_key")]
    pub fn event_time(mut self, name: impl Into<String>) -> Self {
        self.event_time = Some((name.into(), None));
        self
    }

    /// Names the column of the event time, and its type: a timestamp or a date.
    pub fn event_time_as(mut self, name: impl Into<String>, data_type: impl Into<GivenType>) -> Self {
        self.event_time = Some((name.into(), Some(data_type.into())));
        self
    }

    /// Names the column that says when a row became known. Default: the store keeps one of its own.
    pub fn created_time(mut self, name: impl Into<String>) -> Self {
        self.created_time = Some((name.into(), None));
        self
    }

    /// Names the column of the created time, and its type: a timestamp or a date.
    pub fn created_time_as(mut self, name: impl Into<String>, data_type: impl Into<GivenType>) -> Self {
        self.created_time = Some((name.into(), Some(data_type.into())));
        self
    }

    /// Sets how old a row may be to answer (S05): text such as `"7d"`, nanoseconds, a `Duration` or a [`Ttl`].
    /// Default: any age.
    pub fn ttl(mut self, ttl: impl Into<GivenTtl>) -> Self {
        self.ttl = Some(ttl.into());
        self
    }

    /// Lifts the limit of age.
    pub fn without_ttl(mut self) -> Self {
        self.ttl = None;
        self
    }

    /// Adds a feature.
    pub fn feature(mut self, feature: impl Into<FeatureBuilder>) -> Self {
        self.features.push(feature.into());
        self
    }

    /// Replaces the feature of the same name, or adds it.
    pub fn replace_feature(mut self, feature: impl Into<FeatureBuilder>) -> Self {
        let feature = feature.into();
        match self.features.iter_mut().find(|present| present.name() == feature.name()) {
            Some(present) => *present = feature,
            None => self.features.push(feature),
        }
        self
    }

    /// Takes a feature out.
    pub fn without_feature(mut self, name: &str) -> Self {
        self.features.retain(|feature| feature.name() != name);
        self
    }

    #[cfg(feature = "serde")]
    pub(crate) fn times(
        mut self,
        event: Option<(String, Option<GivenType>)>,
        created: Option<(String, Option<GivenType>)>,
    ) -> Self {
        (self.event_time, self.created_time) = (event, created);
        self
    }

    /// Checks all parts and makes the group.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong.
    pub fn build(self) -> Result<FeatureGroupSchema> {
        let mut problems = Collector::default();
        let what = self.what();
        let group = self.check(&mut problems);
        problems.finish(what, group)
    }

    /// What is being defined, for messages.
    pub(crate) fn what(&self) -> String {
        self.head.what(DefinitionKind::Group)
    }

    /// The group as far as it could be made, and what is wrong with it.
    pub(crate) fn check(self, problems: &mut Collector) -> FeatureGroupSchema {
        self.check_parts(problems);
        let repeated = self.repeated();
        let entity_keys = self.entity_keys.into_iter().filter_map(|(name, given)| check_key(name, given, problems));
        let entity_keys = entity_keys.collect();
        let event_time = self.event_time.and_then(|time| check_time(time, ColumnRole::EventTime, problems));
        let created_time = self.created_time.and_then(|time| check_time(time, ColumnRole::CreatedTime, problems));
        let ttl = self.ttl.and_then(|GivenTtl(ttl)| check_ttl(ttl, problems));
        let mut feature = |feature: FeatureBuilder| {
            problems.within(format!("feature `{}`", feature.name().escape_debug()), |problems| feature.check(problems))
        };
        let features = self.features.into_iter().filter_map(&mut feature).collect();
        for message in repeated {
            problems.add(ProblemKind::Repeated, message);
        }
        FeatureGroupSchema { head: self.head, entity_keys, event_time, created_time, ttl, features }
    }

    fn check_parts(&self, problems: &mut Collector) {
        self.head.check(DefinitionKind::Group, problems);
        if self.features.is_empty() {
            problems.add(ProblemKind::Missing, "it has no features: name at least one");
        }
        if self.entity_keys.is_empty() && self.event_time.is_none() {
            problems
                .add(ProblemKind::Missing, "it has neither entity keys nor an event time, so nothing matches its rows");
        }
        if self.ttl.is_some() && self.event_time.is_none() {
            problems.add(ProblemKind::Ttl, "a TTL needs an event time, from which age counts");
        }
    }

    /// Names that two columns have, as messages.
    fn repeated(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen: HashMap<&str, ColumnRole> = HashMap::new();
        for (name, role) in self.columns() {
            let Some(first) = seen.insert(name, role) else { continue };
            let name = name.escape_debug();
            let message = if first == role {
                format!("`{name}` is the name of two {role}s")
            } else {
                let article = if role == ColumnRole::Feature { "a" } else { "the" };
                format!("`{name}` is the name of the {first} and of {article} {role}")
            };
            found.push(message);
        }
        found
    }

    fn columns(&self) -> impl Iterator<Item = (&str, ColumnRole)> {
        let keys = self.entity_keys.iter().map(|(name, _)| (name.as_str(), ColumnRole::EntityKey));
        let event = self.event_time.iter().map(|(name, _)| (name.as_str(), ColumnRole::EventTime));
        let created = self.created_time.iter().map(|(name, _)| (name.as_str(), ColumnRole::CreatedTime));
        keys.chain(event).chain(created).chain(self.features.iter().map(|one| (one.name(), ColumnRole::Feature)))
    }
}

fn check_key(name: String, given: GivenType, problems: &mut Collector) -> Option<EntityKey> {
    problems.within(format!("entity key `{}`", name.escape_debug()), |problems| {
        check_column(&name, problems);
        let data_type = given.check(problems)?;
        if let Some(reason) = data_type.refuse_key() {
            problems.add(ProblemKind::KeyType, reason);
        }
        Some(EntityKey { name, data_type })
    })
}

fn check_time(
    (name, given): (String, Option<GivenType>),
    role: ColumnRole,
    problems: &mut Collector,
) -> Option<TimeColumn> {
    problems.within(format!("{role} `{}`", name.escape_debug()), |problems| {
        check_column(&name, problems);
        let Some(given) = given else { return Some(TimeColumn { name, data_type: None }) };
        let data_type = given.check(problems)?;
        if !data_type.is_time() {
            problems.add(ProblemKind::KeyType, format!("a time is a timestamp or a date, not {data_type}"));
        }
        Some(TimeColumn { name, data_type: Some(data_type) })
    })
}

pub(crate) fn check_column(name: &str, problems: &mut Collector) {
    if let Some(reason) = name::refuse_column(name) {
        problems.add(ProblemKind::Name, format!("a column cannot be named like this: {reason}"));
    }
}

pub(crate) fn check_ttl(ttl: Result<Ttl, Error>, problems: &mut Collector) -> Option<Ttl> {
    ttl.map_err(|error| problems.add(ProblemKind::Ttl, error.to_string())).ok()
}

//! [`VirtualBuilder`]: collects a virtual group's parts, and checks all of them before it says what is wrong.

use std::collections::{HashMap, HashSet};

use super::{VirtualFeature, VirtualKey, VirtualSchema};
use crate::error::Result;
use crate::feature::GivenType;
use crate::group::{check_column, check_ttl};
use crate::head::{DefinitionKind, Head, head_setters};
use crate::name;
use crate::problem::{Collector, ProblemKind};
use crate::ttl::GivenTtl;

/// Collects the parts of a [`VirtualSchema`]; they are checked together at the end.
#[derive(Debug, Clone)]
#[must_use]
pub struct VirtualBuilder {
    head: Head,
    entity_keys: Vec<(String, Option<GivenType>)>,
    event_time: Option<String>,
    ttl: Option<GivenTtl>,
    sources: Vec<String>,
    sql: Option<String>,
    features: Vec<GivenFeature>,
}

/// A feature as it is given.
#[derive(Debug, Clone)]
struct GivenFeature {
    name: String,
    data_type: Option<GivenType>,
    sql: Option<String>,
}

impl VirtualBuilder {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            head: Head::new(name),
            entity_keys: Vec::new(),
            event_time: None,
            ttl: None,
            sources: Vec::new(),
            sql: None,
            features: Vec::new(),
        }
    }

    pub(super) fn from_schema(group: &VirtualSchema) -> Self {
        let key = |key: &VirtualKey| (key.name.clone(), key.data_type.clone().map(GivenType::from));
        let feature = |feature: &VirtualFeature| GivenFeature {
            name: feature.name.clone(),
            data_type: feature.data_type.clone().map(GivenType::from),
            sql: feature.sql.clone(),
        };
        Self {
            head: group.head.clone(),
            entity_keys: group.entity_keys.iter().map(key).collect(),
            event_time: group.event_time.clone(),
            ttl: group.ttl.map(GivenTtl::from),
            sources: group.sources.clone(),
            sql: group.sql.clone(),
            features: group.features.iter().map(feature).collect(),
        }
    }

    head_setters!(versioned);

    /// Adds a column of the query that names an entity, alone or with others. Its type is that of the query.
    pub fn entity_key(self, name: impl Into<String>) -> Self {
        self.given_key(name.into(), None)
    }

    /// The same, with the type that the query must give it.
    pub fn entity_key_as(self, name: impl Into<String>, data_type: impl Into<GivenType>) -> Self {
        self.given_key(name.into(), Some(data_type.into()))
    }

    pub(crate) fn given_key(mut self, name: String, data_type: Option<GivenType>) -> Self {
        self.entity_keys.push((name, data_type));
        self
    }

    /// Names the column of the query that says when a row began to be true.
    pub fn event_time(mut self, name: impl Into<String>) -> Self {
        self.event_time = Some(name.into());
        self
    }

    /// Sets how old a row may be to answer (S05). Default: any age.
    pub fn ttl(mut self, ttl: impl Into<GivenTtl>) -> Self {
        self.ttl = Some(ttl.into());
        self
    }

    /// Adds a source or a group that queries read, under its name.
    pub fn source(mut self, name: impl Into<String>) -> Self {
        self.sources.push(name.into());
        self
    }

    /// Sets the query that gives all features.
    pub fn sql(mut self, sql: impl Into<String>) -> Self {
        self.sql = Some(sql.into());
        self
    }

    /// Adds a feature that the group's query gives, with the type that it must have.
    pub fn feature(self, name: impl Into<String>, data_type: impl Into<GivenType>) -> Self {
        self.given_feature(name.into(), Some(data_type.into()), None)
    }

    /// Adds a feature that the group's query gives. Its type is that of the query.
    pub fn open_feature(self, name: impl Into<String>) -> Self {
        self.given_feature(name.into(), None, None)
    }

    /// Adds a feature with a query of its own, which gives the keys and a column of the feature's name.
    pub fn query(self, feature: impl Into<String>, sql: impl Into<String>) -> Self {
        self.given_feature(feature.into(), None, Some(sql.into()))
    }

    /// The same, with the type that the query must give it.
    pub fn query_as(self, feature: impl Into<String>, data_type: impl Into<GivenType>, sql: impl Into<String>) -> Self {
        self.given_feature(feature.into(), Some(data_type.into()), Some(sql.into()))
    }

    pub(crate) fn given_feature(mut self, name: String, data_type: Option<GivenType>, sql: Option<String>) -> Self {
        self.features.push(GivenFeature { name, data_type, sql });
        self
    }

    /// Checks all parts and makes the definition.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) with everything that is wrong.
    pub fn build(self) -> Result<VirtualSchema> {
        let mut problems = Collector::default();
        let what = self.what();
        let made = self.check(&mut problems);
        problems.finish(what, made)
    }

    /// What is being defined, for messages.
    pub(crate) fn what(&self) -> String {
        self.head.what(DefinitionKind::Virtual)
    }

    /// The definition as far as it could be made, and what is wrong with it.
    pub(crate) fn check(self, problems: &mut Collector) -> VirtualSchema {
        self.head.check(DefinitionKind::Virtual, problems);
        self.check_matching(problems);
        check_sources(&self.sources, problems);
        self.check_queries(problems);
        self.check_repeated(problems);
        if let Some(time) = &self.event_time {
            problems.within(format!("event time `{}`", time.escape_debug()), |problems| check_column(time, problems));
        }
        let ttl = self.ttl.and_then(|GivenTtl(ttl)| check_ttl(ttl, problems));
        let entity_keys = self.entity_keys.into_iter().map(|(name, given)| check_key(name, given, problems));
        let entity_keys = entity_keys.collect();
        let features = self.features.into_iter().map(|feature| check_feature(feature, problems)).collect();
        let Self { head, event_time, sources, sql, .. } = self;
        VirtualSchema { head, entity_keys, event_time, ttl, sources, sql, features }
    }

    fn check_matching(&self, problems: &mut Collector) {
        if self.entity_keys.is_empty() && self.event_time.is_none() {
            problems
                .add(ProblemKind::Missing, "it has neither entity keys nor an event time, so nothing matches its rows");
        }
        if self.ttl.is_some() && self.event_time.is_none() {
            problems.add(ProblemKind::Ttl, "a TTL needs an event time, from which age counts");
        }
    }

    /// One query for the group, or one for each feature.
    fn check_queries(&self, problems: &mut Collector) {
        let own = self.features.iter().filter(|feature| feature.sql.is_some()).count();
        match &self.sql {
            Some(_) if own > 0 => {
                let message = "it has a query, and features have their own: give it one, or one to each feature";
                problems.add(ProblemKind::Repeated, message);
            }
            Some(sql) if sql.trim().is_empty() => problems.add(ProblemKind::Missing, "its query is empty"),
            None if own == 0 => {
                problems.add(ProblemKind::Missing, "it has no query: give it one, or one to each feature");
            }
            _ => {}
        }
        for feature in self.features.iter().filter(|_| self.sql.is_none() && own > 0) {
            problems.within(format!("feature `{}`", feature.name.escape_debug()), |problems| {
                if feature.sql.as_deref().unwrap_or_default().trim().is_empty() {
                    problems.add(ProblemKind::Missing, "it has no query, as other features have");
                }
            });
        }
    }

    /// Names that two columns of a query would have.
    fn check_repeated(&self, problems: &mut Collector) {
        let keys = self.entity_keys.iter().map(|(name, _)| (name.as_str(), "an entity key"));
        let time = self.event_time.iter().map(|name| (name.as_str(), "the event time"));
        let features = self.features.iter().map(|feature| (feature.name.as_str(), "a feature"));
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for (name, role) in keys.chain(time).chain(features) {
            let Some(first) = seen.insert(name, role) else { continue };
            let name = name.escape_debug();
            let message = if first == role {
                format!("`{name}` is there twice as {role}")
            } else {
                format!("`{name}` is the name of {first} and of {role}")
            };
            problems.add(ProblemKind::Repeated, message);
        }
    }
}

fn check_sources(sources: &[String], problems: &mut Collector) {
    if sources.is_empty() {
        problems.add(ProblemKind::Missing, "it has no sources: name the sources and groups that its query reads");
    }
    let mut seen = HashSet::new();
    for source in sources {
        if let Some(reason) = name::refuse_group(source) {
            let message = format!("no source is named `{}`: {reason}", source.escape_debug());
            problems.add(ProblemKind::Reference, message);
        } else if !seen.insert(source) {
            problems.add(ProblemKind::Repeated, format!("source `{source}` is there twice"));
        }
    }
}

fn check_key(name: String, given: Option<GivenType>, problems: &mut Collector) -> VirtualKey {
    problems.within(format!("entity key `{}`", name.escape_debug()), |problems| {
        check_column(&name, problems);
        let data_type = given.and_then(|given| given.check(problems));
        if let Some(reason) = data_type.as_ref().and_then(crate::DataType::refuse_key) {
            problems.add(ProblemKind::KeyType, reason);
        }
        VirtualKey { name, data_type }
    })
}

fn check_feature(GivenFeature { name, data_type, sql }: GivenFeature, problems: &mut Collector) -> VirtualFeature {
    problems.within(format!("feature `{}`", name.escape_debug()), |problems| {
        check_column(&name, problems);
        let data_type = data_type.and_then(|given| given.check(problems));
        VirtualFeature { name, data_type, sql }
    })
}

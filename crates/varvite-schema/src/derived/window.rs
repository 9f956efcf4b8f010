//! [`WindowSchema`]: features computed over the rows of the last so many days of each entity.

use std::collections::HashSet;
use std::fmt;

use super::{AggregateFunction, Aggregation};
use crate::error::Result;
use crate::group::{check_column, check_ttl, joined, write_if};
use crate::head::{DefinitionKind, Head, head_getters, head_setters};
use crate::name;
use crate::problem::{Collector, ProblemKind};
use crate::ttl::{GivenTtl, Ttl};

/// Aggregations over `(t - length, t]` of the rows of one entity (S18), in a source or a group.
///
/// # Examples
/// ```
/// use varvite_schema::{AggregateFunction, WindowSchema};
///
/// let week = WindowSchema::builder("purchases_7d", "purchases", "7d")
///     .entity_key("user_id")
///     .aggregate(AggregateFunction::Sum, "amount", "spend")
///     .count("n")
///     .build()?;
/// assert_eq!(week.length().to_string(), "7d");
/// assert_eq!(week.to_string(), "purchases_7d@v1
///   source        purchases
///   window        7d
///   entity keys   user_id
///   features
///     spend sum(amount)
///     n count(*)");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSchema {
    pub(crate) head: Head,
    source: String,
    length: Ttl,
    entity_keys: Vec<String>,
    aggregations: Vec<Aggregation>,
}

impl WindowSchema {
    /// Begins the definition of windows of this length over a source or a group.
    pub fn builder(name: impl Into<String>, source: impl Into<String>, length: impl Into<GivenTtl>) -> WindowBuilder {
        WindowBuilder {
            head: Head::new(name),
            source: source.into(),
            length: length.into(),
            entity_keys: Vec::new(),
            aggregations: Vec::new(),
        }
    }

    head_getters!(versioned);

    /// The source or group whose rows are aggregated; of a group, its newest version.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How long each window is: elapsed time, longer than zero.
    pub fn length(&self) -> Ttl {
        self.length
    }

    /// The columns of the source that name an entity.
    pub fn entity_keys(&self) -> &[String] {
        &self.entity_keys
    }

    /// Its features, in the order of `window.*`.
    pub fn aggregations(&self) -> &[Aggregation] {
        &self.aggregations
    }

    /// The aggregation of this name, if there is one.
    pub fn aggregation(&self, name: &str) -> Option<&Aggregation> {
        self.aggregations.iter().find(|aggregation| aggregation.name == name)
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> WindowBuilder {
        WindowBuilder {
            head: self.head.clone(),
            source: self.source.clone(),
            length: self.length.into(),
            entity_keys: self.entity_keys.clone(),
            aggregations: self.aggregations.clone(),
        }
    }
}

impl fmt::Display for WindowSchema {
    /// Writes a page for people, a line a feature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.write(f)?;
        write!(f, "\n  source        {}\n  window        {}", self.source, self.length)?;
        write_if(f, "\n  entity keys   ", &joined(self.entity_keys.iter().cloned()))?;
        f.write_str("\n  features")?;
        self.aggregations.iter().try_for_each(|aggregation| write!(f, "\n    {aggregation}"))
    }
}

/// Collects the parts of a [`WindowSchema`]; they are checked together at the end.
#[derive(Debug, Clone)]
#[must_use]
pub struct WindowBuilder {
    head: Head,
    source: String,
    length: GivenTtl,
    entity_keys: Vec<String>,
    aggregations: Vec<Aggregation>,
}

impl WindowBuilder {
    head_setters!(versioned);

    /// Adds a column of the source that names an entity, alone or with others.
    pub fn entity_key(mut self, name: impl Into<String>) -> Self {
        self.entity_keys.push(name.into());
        self
    }

    /// Adds a feature: a function over a column.
    pub fn aggregate(self, function: AggregateFunction, column: impl Into<String>, name: impl Into<String>) -> Self {
        self.aggregation(Aggregation { function, column: Some(column.into()), name: name.into() })
    }

    /// Adds the number of rows as a feature.
    pub fn count(self, name: impl Into<String>) -> Self {
        self.aggregation(Aggregation { function: AggregateFunction::Count, column: None, name: name.into() })
    }

    pub(crate) fn aggregation(mut self, aggregation: Aggregation) -> Self {
        self.aggregations.push(aggregation);
        self
    }

    /// Checks all parts and makes the definition.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) with everything that is wrong.
    pub fn build(self) -> Result<WindowSchema> {
        let mut problems = Collector::default();
        let what = self.what();
        match self.check(&mut problems) {
            Some(window) => problems.finish(what, window),
            None => Err(problems.into_error(what)),
        }
    }

    /// What is being defined, for messages.
    pub(crate) fn what(&self) -> String {
        self.head.what(DefinitionKind::Window)
    }

    /// The definition, if its length is one, and what is wrong with it.
    pub(crate) fn check(self, problems: &mut Collector) -> Option<WindowSchema> {
        self.head.check(DefinitionKind::Window, problems);
        if let Some(reason) = name::refuse_group(&self.source) {
            let message = format!("no source is named `{}`: {reason}", self.source.escape_debug());
            problems.add(ProblemKind::Reference, message);
        }
        let length = problems.within("window", |problems| check_ttl(self.length.0, problems));
        if self.entity_keys.is_empty() {
            problems.add(ProblemKind::Missing, "it has no entity keys: name the columns that name an entity");
        }
        if self.aggregations.is_empty() {
            problems.add(ProblemKind::Missing, "it has no features: name at least one aggregation");
        }
        let mut seen = HashSet::new();
        for key in &self.entity_keys {
            problems.within(format!("entity key `{}`", key.escape_debug()), |problems| {
                check_once(key, &mut seen, problems);
            });
        }
        for aggregation in &self.aggregations {
            problems.within(format!("feature `{}`", aggregation.name.escape_debug()), |problems| {
                check_once(&aggregation.name, &mut seen, problems);
                check_aggregation(aggregation, problems);
            });
        }
        let Self { head, source, entity_keys, aggregations, .. } = self;
        Some(WindowSchema { head, source, length: length?, entity_keys, aggregations })
    }
}

fn check_aggregation(aggregation: &Aggregation, problems: &mut Collector) {
    match &aggregation.column {
        Some(column) => check_column(column, problems),
        None if aggregation.function == AggregateFunction::Count => {}
        None => problems.add(ProblemKind::Missing, format!("`{}` needs a column", aggregation.function)),
    }
}

fn check_once<'a>(name: &'a str, seen: &mut HashSet<&'a str>, problems: &mut Collector) {
    check_column(name, problems);
    if !seen.insert(name) {
        problems.add(ProblemKind::Repeated, "its name is there twice");
    }
}

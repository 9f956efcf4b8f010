//! [`VirtualSchema`]: features that a query over sources gives when they are asked for.

use std::fmt;

use super::VirtualBuilder;
use crate::error::Result;
use crate::group::{joined, write_if};
use crate::head::{Head, head_getters};
use crate::{DataType, Ttl};

/// Features that SQL computes over sources and groups when they are read (S17): one query for all of them, or one for each.
///
/// A query gives a column for each entity key, one for each feature and, if rows are dated, one of their event time. Here
/// queries are text: a query engine parses them, and finds the types that a definition leaves open.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, VirtualSchema};
///
/// let buys = VirtualSchema::builder("user_buys")
///     .entity_key("user_id")
///     .source("purchases")
///     .sql("SELECT user_id, count(*) AS n, sum(amount) AS spend FROM purchases GROUP BY user_id")
///     .feature("n", DataType::BigInt)
///     .open_feature("spend")
///     .build()?;
/// assert_eq!(buys.to_string(), "user_buys@v1
///   entity keys   user_id
///   sources       purchases
///   query         SELECT user_id, count(*) AS n, sum(amount) AS spend FROM purchases GROUP BY user_id
///   features
///     n bigint
///     spend");
/// assert!(buys.is_open());
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualSchema {
    pub(crate) head: Head,
    pub(super) entity_keys: Vec<VirtualKey>,
    pub(super) event_time: Option<String>,
    pub(super) ttl: Option<Ttl>,
    pub(super) sources: Vec<String>,
    pub(super) sql: Option<String>,
    pub(super) features: Vec<VirtualFeature>,
}

/// A column of a query that names an entity, alone or with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualKey {
    pub(crate) name: String,
    pub(crate) data_type: Option<DataType>,
}

/// One feature of a virtual group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualFeature {
    pub(crate) name: String,
    pub(crate) data_type: Option<DataType>,
    pub(crate) sql: Option<String>,
}

impl VirtualSchema {
    /// Begins the definition of a virtual group.
    pub fn builder(name: impl Into<String>) -> VirtualBuilder {
        VirtualBuilder::new(name)
    }

    head_getters!(versioned);

    /// The columns that name an entity.
    pub fn entity_keys(&self) -> &[VirtualKey] {
        &self.entity_keys
    }

    /// The column of its queries that says when a row began to be true: then the newest row at or before a time answers
    /// (S03). Without it, what a query gives over sources cut at a time is how things were then.
    pub fn event_time(&self) -> Option<&str> {
        self.event_time.as_deref()
    }

    /// How old a row may be to answer (S05); `None` for any age.
    pub fn ttl(&self) -> Option<Ttl> {
        self.ttl
    }

    /// The sources and groups that its queries read; of a group, its newest version.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// The query that gives all features, unless each has its own.
    pub fn sql(&self) -> Option<&str> {
        self.sql.as_deref()
    }

    /// Its features, in the order of `group.*`; empty if they are whatever the query gives, which is known once the group
    /// is registered.
    pub fn features(&self) -> &[VirtualFeature] {
        &self.features
    }

    /// The feature of this name, if there is one.
    pub fn feature(&self, name: &str) -> Option<&VirtualFeature> {
        self.features.iter().find(|feature| feature.name == name)
    }

    /// The query that gives a feature: its own, or that of the group.
    pub fn query_of(&self, feature: &str) -> Option<&str> {
        self.feature(feature).and_then(VirtualFeature::sql).or(self.sql())
    }

    /// Its queries, each once, with the features that they give; of a group's query whose features are open, none.
    pub fn queries(&self) -> Vec<(&str, Vec<&str>)> {
        let mut found: Vec<(&str, Vec<&str>)> = self.sql().into_iter().map(|sql| (sql, Vec::new())).collect();
        for feature in &self.features {
            let Some(sql) = feature.sql().or(self.sql()) else { continue };
            match found.iter_mut().find(|(known, _)| *known == sql) {
                Some((_, names)) => names.push(feature.name()),
                None => found.push((sql, vec![feature.name()])),
            }
        }
        found
    }

    /// Whether it leaves features, or types of keys or features, to its queries.
    pub fn is_open(&self) -> bool {
        let is_open = |feature: &VirtualFeature| feature.data_type.is_none();
        self.features.is_empty()
            || self.features.iter().any(is_open)
            || self.entity_keys.iter().any(|key| key.data_type.is_none())
    }

    /// The same definition with the types that it leaves open; if it leaves open which features there are, with these.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) if a name cannot be that of a feature, or a type not that of a key.
    pub fn with_types(&self, keys: &[(String, DataType)], features: &[(String, DataType)]) -> Result<Self> {
        let of = |types: &[(String, DataType)], name: &str| {
            types.iter().find(|(known, _)| known == name).map(|(_, data_type)| data_type.clone())
        };
        let mut filled = self.clone();
        for key in &mut filled.entity_keys {
            key.data_type = key.data_type.take().or_else(|| of(keys, &key.name));
        }
        for feature in &mut filled.features {
            feature.data_type = feature.data_type.take().or_else(|| of(features, &feature.name));
        }
        if filled.features.is_empty() {
            let feature = |(name, data_type): &(String, DataType)| VirtualFeature {
                name: name.clone(),
                data_type: Some(data_type.clone()),
                sql: None,
            };
            filled.features = features.iter().map(feature).collect();
        }
        filled.to_builder().build()
    }

    /// Whether both compute the same: they differ in words and in the TTL at most.
    pub fn computes_like(&self, other: &Self) -> bool {
        Self { head: other.head.clone(), ttl: other.ttl, ..self.clone() } == *other
    }

    /// What this definition leaves open as another one of the same version has it, where both have the same query.
    pub(crate) fn filled_from(&self, known: &Self) -> Self {
        let mut filled = self.clone();
        for key in &mut filled.entity_keys {
            let same = known.entity_keys.iter().find(|known| known.name == key.name);
            key.data_type = key.data_type.take().or_else(|| same?.data_type.clone());
        }
        if filled.sql != known.sql {
            return filled;
        }
        if filled.features.is_empty() {
            filled.features.clone_from(&known.features);
        }
        for feature in &mut filled.features {
            let same = known.feature(&feature.name).filter(|known| known.sql == feature.sql);
            feature.data_type = feature.data_type.take().or_else(|| same?.data_type.clone());
        }
        filled
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> VirtualBuilder {
        VirtualBuilder::from_schema(self)
    }
}

impl VirtualKey {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type; `None` while it is left to the query.
    pub fn data_type(&self) -> Option<&DataType> {
        self.data_type.as_ref()
    }
}

impl VirtualFeature {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type; `None` while it is left to the query.
    pub fn data_type(&self) -> Option<&DataType> {
        self.data_type.as_ref()
    }

    /// Its own query; `None` if the group has one for all features.
    pub fn sql(&self) -> Option<&str> {
        self.sql.as_deref()
    }

    /// Its type, and its query where it has its own.
    pub(crate) fn made(&self) -> String {
        let data_type = self.data_type.as_ref().map(DataType::to_string);
        joined_by(": ", [data_type, self.sql.as_deref().map(lines)])
    }
}

fn joined_by(separator: &str, parts: [Option<String>; 2]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(separator)
}

/// A query whose lines stand below each other on a page for people.
fn lines(sql: &str) -> String {
    sql.trim().lines().map(str::trim_end).collect::<Vec<_>>().join("\n                ")
}

impl fmt::Display for VirtualKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.data_type.as_ref().map_or(Ok(()), |data_type| write!(f, " {data_type}"))
    }
}

impl fmt::Display for VirtualFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        write_if(f, " ", &self.made())
    }
}

impl fmt::Display for VirtualSchema {
    /// Writes a page for people, a line a feature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.write(f)?;
        write_if(f, "\n  entity keys   ", &joined(self.entity_keys.iter().map(VirtualKey::to_string)))?;
        write_if(f, "\n  event time    ", self.event_time().unwrap_or_default())?;
        write_if(f, "\n  ttl           ", &self.ttl.map(|ttl| ttl.to_string()).unwrap_or_default())?;
        write_if(f, "\n  sources       ", &joined(self.sources.iter().cloned()))?;
        write_if(f, "\n  query         ", &lines(self.sql().unwrap_or_default()))?;
        if self.features.is_empty() {
            return f.write_str("\n  features      those of the query");
        }
        f.write_str("\n  features")?;
        self.features.iter().try_for_each(|feature| write!(f, "\n    {feature}"))
    }
}

//! [`Definitions`]: groups and services together, as a file has them or a registry knows them.

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod file;

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub use file::Format;

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result, listed, nearest};
use crate::problem::{Collector, ProblemKind};
use crate::{FeatureGroupSchema, FeatureRef, FeatureSchema, FeatureService};

/// Groups and services, each once a version.
///
/// With the features `json`, `toml` or `yaml` it is read from files and written to them, with the same result each time.
///
/// # Examples
/// ```
/// # #[cfg(feature = "yaml")] {
/// use varvite_schema::{Definitions, Format};
///
/// let text = "\
/// groups:
/// - name: users
///   event_time: event_timestamp
///   ttl: 7d
///   entity_keys:
///   - name: user_id
///     type: bigint
///   features:
///   - name: age
///     type: int
///     nullable: false
///     metadata:
///       min: 0
///       max: 150
///       unit: years
/// services:
/// - name: churn
///   features:
///   - users.age
/// ";
/// let definitions = Definitions::read(text, Format::Yaml)?;
/// let found = definitions.resolve(&"users.*".parse()?)?;
/// assert_eq!((found.group.id(), found.features.len()), ("users@v1".to_owned(), 1));
/// assert_eq!(Definitions::read(&definitions.write(Format::Yaml)?, Format::Yaml)?, definitions);
/// # }
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Definitions {
    groups: Vec<FeatureGroupSchema>,
    services: Vec<FeatureService>,
}

/// What a reference means: a version of a group and features of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved<'a> {
    /// The group, in the version that answers.
    pub group: &'a FeatureGroupSchema,
    /// The features, in order.
    pub features: Vec<&'a FeatureSchema>,
}

impl Definitions {
    /// Puts groups and services together.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a version is there twice, or if two names differ by case alone, which some disks ignore.
    pub fn try_new(groups: Vec<FeatureGroupSchema>, services: Vec<FeatureService>) -> Result<Self> {
        let mut problems = Collector::default();
        let made = Self { groups, services };
        made.check(&mut problems);
        problems.finish("this set of definitions", made)
    }

    pub(crate) fn check(&self, problems: &mut Collector) {
        let groups = self.groups.iter().map(|group| (group.name(), group.version()));
        check_names("group", groups, problems);
        let services = self.services.iter().map(|service| (service.name(), service.version()));
        check_names("service", services, problems);
    }

    #[cfg(feature = "serde")]
    pub(crate) fn unchecked(groups: Vec<FeatureGroupSchema>, services: Vec<FeatureService>) -> Self {
        Self { groups, services }
    }

    /// The groups, each version on its own.
    pub fn groups(&self) -> &[FeatureGroupSchema] {
        &self.groups
    }

    /// The services, each version on its own.
    pub fn services(&self) -> &[FeatureService] {
        &self.services
    }

    /// The group of this name: the newest version, or the one that is asked for (S14).
    ///
    /// # Errors
    /// [`Error::GroupNotFound`] or [`Error::VersionNotFound`], with what there is.
    pub fn group(&self, name: &str, version: Option<u32>) -> Result<&FeatureGroupSchema> {
        let mut versions: Vec<_> = self.groups.iter().filter(|group| group.name() == name).collect();
        versions.sort_by_key(|group| group.version());
        let Some(newest) = versions.last() else {
            let known = distinct(self.groups.iter().map(FeatureGroupSchema::name));
            return Err(Error::GroupNotFound {
                group: name.to_owned(),
                suggestion: nearest(name, known.iter().copied()),
                known: listed(known),
            });
        };
        let Some(version) = version else { return Ok(newest) };
        let found = versions.iter().find(|group| group.version() == version);
        found.copied().ok_or_else(|| {
            let known: Vec<String> = versions.iter().map(|group| format!("v{}", group.version())).collect();
            let known = listed(known.iter().map(String::as_str));
            Error::VersionNotFound { group: name.to_owned(), version, known }
        })
    }

    /// The service of this name: the newest version, or the one that is asked for.
    ///
    /// # Errors
    /// [`Error::ServiceNotFound`] with what there is.
    pub fn service(&self, name: &str, version: Option<u32>) -> Result<&FeatureService> {
        let of_name = self.services.iter().filter(|service| service.name() == name);
        let asked = of_name.filter(|service| version.is_none_or(|version| service.version() == version));
        asked.max_by_key(|service| service.version()).ok_or_else(|| {
            let known: Vec<String> = self.services.iter().map(FeatureService::id).collect();
            let names = self.services.iter().map(FeatureService::name);
            Error::ServiceNotFound {
                service: version.map_or_else(|| name.to_owned(), |version| format!("{name}@v{version}")),
                suggestion: nearest(name, names).filter(|near| near != name),
                known: listed(known.iter().map(String::as_str)),
            }
        })
    }

    /// What a reference means here.
    ///
    /// # Errors
    /// What is not there, with its alternatives (S20).
    pub fn resolve(&self, reference: &FeatureRef) -> Result<Resolved<'_>> {
        let group = self.group(reference.group(), reference.version())?;
        let features = match reference.feature() {
            None => group.features().iter().collect(),
            Some(name) => vec![group.feature(name)?],
        };
        Ok(Resolved { group, features })
    }

    /// These definitions with a group put in: in place of its version, or at the end.
    pub(crate) fn with_group(mut self, group: FeatureGroupSchema) -> Self {
        match self.groups.iter_mut().find(|known| known.name() == group.name() && known.version() == group.version()) {
            Some(known) => *known = group,
            None => self.groups.push(group),
        }
        self
    }

    /// These definitions with a service put in: in place of its version, or at the end.
    pub(crate) fn with_service(mut self, service: FeatureService) -> Self {
        let same = |known: &&mut FeatureService| known.name() == service.name() && known.version() == service.version();
        match self.services.iter_mut().find(same) {
            Some(known) => *known = service,
            None => self.services.push(service),
        }
        self
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn check_names<'a>(what: &str, entries: impl Iterator<Item = (&'a str, u32)>, problems: &mut Collector) {
    let mut spellings: HashMap<String, &str> = HashMap::new();
    let mut versions = HashSet::new();
    for (name, version) in entries {
        if !versions.insert((name, version)) {
            problems.add(ProblemKind::Repeated, format!("{what} `{name}@v{version}` is there twice"));
        }
        let first = *spellings.entry(name.to_ascii_lowercase()).or_insert(name);
        if first != name {
            let message = format!("{what}s `{first}` and `{name}` differ by case alone, which some disks ignore");
            problems.add(ProblemKind::Name, message);
        }
    }
}

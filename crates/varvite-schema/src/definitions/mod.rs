//! [`Definitions`]: groups, what is derived from them, and services together, as a file has them or a registry knows them.

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
mod file;
mod kind;

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub use file::Format;
pub(crate) use kind::Definition;

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result, listed, nearest};
use crate::head::id;
use crate::problem::{Collector, ProblemKind};
use crate::{
    DefinitionKind, FeatureGroupSchema, FeatureRef, FeatureSchema, FeatureService, FeatureView, OnDemandSchema,
    SourceSchema, VirtualSchema, WindowSchema,
};

/// Groups, sources, windows, virtual groups, on-demand groups and services, each once a version.
///
/// All but services share one namespace, as `name.feature` names one thing.
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
pub struct Definitions(DefinitionParts);

/// The lists that [`Definitions`] are made of, before they are checked against each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DefinitionParts {
    /// Tables that derived features read.
    pub sources: Vec<SourceSchema>,
    /// Groups whose rows are written.
    pub groups: Vec<FeatureGroupSchema>,
    /// Aggregations over time.
    pub windows: Vec<WindowSchema>,
    /// Queries.
    pub virtual_groups: Vec<VirtualSchema>,
    /// Expressions.
    pub on_demand: Vec<OnDemandSchema>,
    /// Lists of references.
    pub services: Vec<FeatureService>,
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
    /// As [`from_parts`](Self::from_parts).
    pub fn try_new(groups: Vec<FeatureGroupSchema>, services: Vec<FeatureService>) -> Result<Self> {
        Self::from_parts(DefinitionParts { groups, services, ..DefinitionParts::default() })
    }

    /// Puts definitions of all sorts together.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a version is there twice, if a name stands for two things, or if two names differ by case
    /// alone, which some disks ignore.
    pub fn from_parts(parts: DefinitionParts) -> Result<Self> {
        let mut problems = Collector::default();
        let made = Self(parts);
        made.check(&mut problems);
        problems.finish("this set of definitions", made)
    }

    pub(crate) fn check(&self, problems: &mut Collector) {
        let views = self.entries::<SourceSchema>().chain(self.entries::<FeatureGroupSchema>());
        let views = views.chain(self.entries::<WindowSchema>()).chain(self.entries::<VirtualSchema>());
        let views = views.chain(self.entries::<OnDemandSchema>());
        check_names(views, problems);
        check_names(self.entries::<FeatureService>(), problems);
    }

    fn entries<D: Definition>(&self) -> impl Iterator<Item = (DefinitionKind, &str, u32)> {
        D::list(&self.0).iter().map(|one| (D::KIND, one.head().name.as_str(), one.head().version))
    }

    #[cfg(feature = "serde")]
    pub(crate) fn unchecked(parts: DefinitionParts) -> Self {
        Self(parts)
    }

    /// The lists, to be read.
    pub fn parts(&self) -> &DefinitionParts {
        &self.0
    }

    /// The lists, to be changed and put together again.
    pub fn into_parts(self) -> DefinitionParts {
        self.0
    }

    /// These definitions with others put in, in their order: each in place of its version, or at the end. Whether versions
    /// may change so is not asked: see [`plan_apply`](crate::plan_apply).
    ///
    /// # Errors
    /// As [`from_parts`](Self::from_parts).
    pub fn merged(mut self, others: impl IntoIterator<Item = Self>) -> Result<Self> {
        for Self(DefinitionParts { sources, groups, windows, virtual_groups, on_demand, services }) in others {
            self.put_all(sources);
            self.put_all(groups);
            self.put_all(windows);
            self.put_all(virtual_groups);
            self.put_all(on_demand);
            self.put_all(services);
        }
        Self::from_parts(self.0)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0 == DefinitionParts::default()
    }

    /// The groups, each version on its own.
    pub fn groups(&self) -> &[FeatureGroupSchema] {
        &self.0.groups
    }

    /// The services, each version on its own.
    pub fn services(&self) -> &[FeatureService] {
        &self.0.services
    }

    /// The sources.
    pub fn sources(&self) -> &[SourceSchema] {
        &self.0.sources
    }

    /// The windows, each version on its own.
    pub fn windows(&self) -> &[WindowSchema] {
        &self.0.windows
    }

    /// The virtual groups, each version on its own.
    pub fn virtual_groups(&self) -> &[VirtualSchema] {
        &self.0.virtual_groups
    }

    /// The on-demand groups, each version on its own.
    pub fn on_demand(&self) -> &[OnDemandSchema] {
        &self.0.on_demand
    }

    /// What the name stands for, if it is one of ours and no service's.
    pub fn kind_of(&self, name: &str) -> Option<DefinitionKind> {
        if self.0.sources.iter().any(|source| source.name() == name) {
            return Some(DefinitionKind::Source);
        }
        self.views().find(|view| view.name() == name).map(FeatureView::kind)
    }

    /// Everything that has features, each version on its own: groups, windows, virtual and on-demand groups.
    pub fn views(&self) -> impl Iterator<Item = FeatureView<'_>> + Clone {
        let groups = self.0.groups.iter().map(FeatureView::Group);
        let windows = self.0.windows.iter().map(FeatureView::Window);
        let virtual_groups = self.0.virtual_groups.iter().map(FeatureView::Virtual);
        groups.chain(windows).chain(virtual_groups).chain(self.0.on_demand.iter().map(FeatureView::OnDemand))
    }

    /// The group of this name: the newest version, or the one that is asked for (S14).
    ///
    /// # Errors
    /// [`Error::GroupNotFound`] or [`Error::VersionNotFound`], with what there is.
    pub fn group(&self, name: &str, version: Option<u32>) -> Result<&FeatureGroupSchema> {
        let groups = self.0.groups.iter().map(FeatureView::Group);
        match newest_or(name, version, groups)? {
            FeatureView::Group(group) => Ok(group),
            _ => unreachable!("only groups were handed in"),
        }
    }

    /// What has features under this name: the newest version, or the one that is asked for.
    ///
    /// # Errors
    /// As [`group`](Self::group).
    pub fn view(&self, name: &str, version: Option<u32>) -> Result<FeatureView<'_>> {
        newest_or(name, version, self.views())
    }

    /// The source of this name.
    ///
    /// # Errors
    /// [`Error::SourceNotFound`] with what there is.
    pub fn source(&self, name: &str) -> Result<&SourceSchema> {
        let names = || self.0.sources.iter().map(SourceSchema::name);
        self.0.sources.iter().find(|source| source.name() == name).ok_or_else(|| Error::SourceNotFound {
            source_name: name.to_owned(),
            suggestion: nearest(name, names()),
            known: listed(distinct(names())),
        })
    }

    /// The service of this name: the newest version, or the one that is asked for.
    ///
    /// # Errors
    /// [`Error::ServiceNotFound`] with what there is.
    pub fn service(&self, name: &str, version: Option<u32>) -> Result<&FeatureService> {
        let of_name = self.0.services.iter().filter(|service| service.name() == name);
        let asked = of_name.filter(|service| version.is_none_or(|version| service.version() == version));
        asked.max_by_key(|service| service.version()).ok_or_else(|| {
            let known: Vec<String> = self.0.services.iter().map(FeatureService::id).collect();
            let names = self.0.services.iter().map(FeatureService::name);
            Error::ServiceNotFound {
                service: version.map_or_else(|| name.to_owned(), |version| format!("{name}@v{version}")),
                suggestion: nearest(name, names).filter(|near| near != name),
                known: listed(known.iter().map(String::as_str)),
            }
        })
    }

    /// What a reference means here, where it may name what is computed, too: what has the features, and their names.
    ///
    /// # Errors
    /// What is not there, with its alternatives (S20).
    pub fn features_of(&self, reference: &FeatureRef) -> Result<(FeatureView<'_>, Vec<&str>)> {
        let view = self.view(reference.group(), reference.version())?;
        let features = match reference.feature() {
            None => view.feature_names(),
            Some(name) => vec![view.feature(name)?],
        };
        Ok((view, features))
    }

    /// What a reference to a group means here.
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

    /// Those of one name, each version on its own.
    pub(crate) fn of_name<D: Definition>(&self, name: &str) -> impl Iterator<Item = &D> {
        D::list(&self.0).iter().filter(move |one| one.head().name == name)
    }

    fn put_all<D: Definition>(&mut self, all: Vec<D>) {
        for one in all {
            self.put(one);
        }
    }

    /// Puts a definition in: in place of its version, or at the end.
    pub(crate) fn put<D: Definition>(&mut self, new: D) {
        let list = D::list_mut(&mut self.0);
        match list
            .iter_mut()
            .find(|one| (one.head().version, &one.head().name) == (new.head().version, &new.head().name))
        {
            Some(one) => *one = new,
            None => list.push(new),
        }
    }
}

fn newest_or<'a>(
    name: &str,
    version: Option<u32>,
    views: impl Iterator<Item = FeatureView<'a>> + Clone,
) -> Result<FeatureView<'a>> {
    let mut versions: Vec<_> = views.clone().filter(|view| view.name() == name).collect();
    versions.sort_by_key(|view| view.version());
    let Some(newest) = versions.last() else {
        let known = distinct(views.map(FeatureView::name));
        return Err(Error::GroupNotFound {
            group: name.to_owned(),
            suggestion: nearest(name, known.iter().copied()),
            known: listed(known),
        });
    };
    let Some(version) = version else { return Ok(*newest) };
    let found = versions.iter().find(|view| view.version() == version);
    found.copied().ok_or_else(|| {
        let known: Vec<String> = versions.iter().map(|view| format!("v{}", view.version())).collect();
        let known = listed(known.iter().map(String::as_str));
        Error::VersionNotFound { group: name.to_owned(), version, known }
    })
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Checks names of one namespace.
fn check_names<'a>(entries: impl Iterator<Item = (DefinitionKind, &'a str, u32)>, problems: &mut Collector) {
    let mut spellings: HashMap<String, (DefinitionKind, &str)> = HashMap::new();
    let mut versions = HashSet::new();
    for (kind, name, version) in entries {
        if !versions.insert((kind, name, version)) {
            problems.add(ProblemKind::Repeated, format!("{kind} `{}` is there twice", id(name, version)));
        }
        let (first_kind, first) = *spellings.entry(name.to_ascii_lowercase()).or_insert((kind, name));
        if first != name {
            let names = if first_kind == kind {
                format!("{kind}s `{first}` and `{name}`")
            } else {
                format!("{first_kind} `{first}` and {kind} `{name}`")
            };
            let message = format!("{names} differ by case alone, which some disks ignore");
            problems.add(ProblemKind::Name, message);
        } else if first_kind != kind {
            let message = format!("`{name}` is the name of {} and of {}", first_kind.one(), kind.one());
            problems.add(ProblemKind::Repeated, message);
        }
    }
}

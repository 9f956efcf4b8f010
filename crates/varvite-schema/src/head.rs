//! [`Head`]: what every definition has, whatever it defines: a name, a version, and words about it.

use std::collections::BTreeMap;
use std::fmt;

use crate::group::{joined, write_if};
use crate::name;
use crate::problem::{Collector, ProblemKind};

/// What a definition defines.
///
/// Groups, sources, windows, virtual groups and on-demand groups share one namespace; services have one of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DefinitionKind {
    /// A [`SourceSchema`](crate::SourceSchema).
    Source,
    /// A [`FeatureGroupSchema`](crate::FeatureGroupSchema).
    Group,
    /// A [`WindowSchema`](crate::WindowSchema).
    Window,
    /// A [`VirtualSchema`](crate::VirtualSchema).
    Virtual,
    /// An [`OnDemandSchema`](crate::OnDemandSchema).
    OnDemand,
    /// A [`FeatureService`](crate::FeatureService).
    Service,
}

impl DefinitionKind {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Group => "group",
            Self::Window => "window",
            Self::Virtual => "virtual group",
            Self::OnDemand => "on-demand group",
            Self::Service => "service",
        }
    }

    /// Whether definitions of this kind have versions: sources have none.
    pub fn has_versions(self) -> bool {
        self != Self::Source
    }

    /// The kind with its article.
    pub(crate) fn one(self) -> String {
        let article = if self == Self::OnDemand { "an" } else { "a" };
        format!("{article} {self}")
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// What every definition begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) name: String,
    /// From 1; 0 for what has no versions.
    pub(crate) version: u32,
    pub(crate) description: String,
    pub(crate) owner: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Head {
    /// The head of version 1.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: 1, description: String::new(), owner: None, tags: BTreeMap::new() }
    }

    /// Name and version, or the name of what has none.
    pub(crate) fn id(&self) -> String {
        id(&self.name, self.version)
    }

    /// What is being defined, for messages: its name may be anything yet.
    pub(crate) fn what(&self, kind: DefinitionKind) -> String {
        let name = self.name.escape_debug();
        if kind.has_versions() { format!("{kind} `{name}@v{}`", self.version) } else { format!("{kind} `{name}`") }
    }

    /// Writes the first lines of a page for people.
    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())?;
        write_if(f, ": ", &self.description)?;
        write_if(f, "\n  owner         ", self.owner.as_deref().unwrap_or_default())?;
        write_if(f, "\n  tags          ", &joined(self.tags.iter().map(|(name, value)| format!("{name}={value}"))))
    }

    pub(crate) fn check(&self, kind: DefinitionKind, problems: &mut Collector) {
        if let Some(reason) = name::refuse_group(&self.name) {
            let message = format!("{} cannot be named `{}`: {reason}", kind.one(), self.name.escape_debug());
            problems.add(ProblemKind::Name, message);
        }
        if self.tags.contains_key("") {
            problems.add(ProblemKind::Name, "a tag has no name");
        }
        if kind.has_versions() && self.version == 0 {
            problems.add(ProblemKind::Version, "versions are numbered from 1");
        }
    }
}

/// `name@v2`, or the name of what has no versions.
pub(crate) fn id(name: &str, version: u32) -> String {
    if version == 0 { name.to_owned() } else { format!("{name}@v{version}") }
}

/// The getters of a definition with a field `head`.
macro_rules! head_getters {
    (versioned) => {
        $crate::head::head_getters!();

        /// Its version, from 1.
        pub fn version(&self) -> u32 {
            self.head.version
        }

        /// Name and version, such as `name@v1`.
        pub fn id(&self) -> String {
            self.head.id()
        }
    };
    () => {
        /// Its name, which is safe as the name of a folder.
        pub fn name(&self) -> &str {
            &self.head.name
        }

        /// What it is, in words; empty if nobody said.
        pub fn description(&self) -> &str {
            &self.head.description
        }

        /// Who answers for it.
        pub fn owner(&self) -> Option<&str> {
            self.head.owner.as_deref()
        }

        /// Tags by name.
        pub fn tags(&self) -> &std::collections::BTreeMap<String, String> {
            &self.head.tags
        }
    };
}

/// The setters of a builder with a field `head`.
macro_rules! head_setters {
    (versioned) => {
        $crate::head::head_setters!();

        /// Sets the version. Default: 1.
        pub fn version(mut self, version: u32) -> Self {
            self.head.version = version;
            self
        }
    };
    () => {
        /// Describes it in words.
        pub fn description(mut self, description: impl Into<String>) -> Self {
            self.head.description = description.into();
            self
        }

        /// Says who answers for it.
        pub fn owner(mut self, owner: impl Into<String>) -> Self {
            self.head.owner = Some(owner.into());
            self
        }

        /// Sets one tag.
        pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.head.tags.insert(name.into(), value.into());
            self
        }

        /// Sets all tags.
        pub fn tags(mut self, tags: impl IntoIterator<Item = (String, String)>) -> Self {
            self.head.tags = tags.into_iter().collect();
            self
        }

        #[cfg(feature = "serde")]
        pub(crate) fn with_head(mut self, head: $crate::head::Head) -> Self {
            self.head = head;
            self
        }
    };
}

pub(crate) use {head_getters, head_setters};

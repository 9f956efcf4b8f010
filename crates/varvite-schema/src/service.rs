//! [`FeatureService`]: a named, versioned list of references, which is what a model asks for.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::FeatureRef;
use crate::error::Result;
use crate::name;
use crate::problem::{Collector, ProblemKind};

/// What one model is trained on and served with: references in order, under a name and a version.
///
/// Pin groups to versions (`users@v2.age`) where a model must not notice a new one.
///
/// # Examples
/// ```
/// use varvite_schema::FeatureService;
///
/// let churn = FeatureService::builder("churn").reference("users@v1.age").reference("users@v1.region").build()?;
/// assert_eq!(churn.to_string(), "churn@v1: users@v1.age, users@v1.region");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureService {
    name: String,
    version: u32,
    description: String,
    owner: Option<String>,
    tags: BTreeMap<String, String>,
    features: Vec<FeatureRef>,
}

impl FeatureService {
    /// Begins the definition of a service.
    pub fn builder(name: impl Into<String>) -> FeatureServiceBuilder {
        FeatureServiceBuilder {
            name: name.into(),
            version: 1,
            description: String::new(),
            owner: None,
            tags: BTreeMap::new(),
            features: Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, from 1.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Name and version, such as `churn@v1`.
    pub fn id(&self) -> String {
        format!("{}@v{}", self.name, self.version)
    }

    /// What it is for, in words; empty if nobody said.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Who answers for it.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Tags by name.
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }

    /// The references, in the order of the output.
    pub fn features(&self) -> &[FeatureRef] {
        &self.features
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> FeatureServiceBuilder {
        FeatureServiceBuilder {
            name: self.name.clone(),
            version: self.version,
            description: self.description.clone(),
            owner: self.owner.clone(),
            tags: self.tags.clone(),
            features: self.features.iter().map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for FeatureService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let features: Vec<String> = self.features.iter().map(ToString::to_string).collect();
        write!(f, "{}: {}", self.id(), features.join(", "))
    }
}

/// Collects the parts of a [`FeatureService`]; they are checked together at the end.
#[derive(Debug, Clone)]
#[must_use]
pub struct FeatureServiceBuilder {
    name: String,
    version: u32,
    description: String,
    owner: Option<String>,
    tags: BTreeMap<String, String>,
    features: Vec<String>,
}

impl FeatureServiceBuilder {
    /// Sets the version. Default: 1.
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Describes it in words.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Says who answers for it.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Sets one tag.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(name.into(), value.into());
        self
    }

    /// Adds a reference, as its text or as a [`FeatureRef`].
    #[expect(clippy::needless_pass_by_value, reason = "text is handed in as it is, and so are references")]
    pub fn reference(mut self, reference: impl ToString) -> Self {
        self.features.push(reference.to_string());
        self
    }

    /// Checks all parts and makes the service.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) with everything that is wrong.
    pub fn build(self) -> Result<FeatureService> {
        let mut problems = Collector::default();
        let what = format!("service `{}@v{}`", self.name.escape_debug(), self.version);
        let service = self.check(&mut problems);
        problems.finish(what, service)
    }

    /// The service as far as it could be made, and what is wrong with it.
    pub(crate) fn check(self, problems: &mut Collector) -> FeatureService {
        if let Some(reason) = name::refuse_group(&self.name) {
            let message = format!("a service cannot be named `{}`: {reason}", self.name.escape_debug());
            problems.add(ProblemKind::Name, message);
        }
        if self.tags.contains_key("") {
            problems.add(ProblemKind::Name, "a tag has no name");
        }
        if self.version == 0 {
            problems.add(ProblemKind::Version, "versions are numbered from 1");
        }
        if self.features.is_empty() {
            problems.add(ProblemKind::Missing, "it has no features: name at least one");
        }
        let mut seen = HashSet::new();
        let mut features = Vec::new();
        for text in self.features {
            match text.parse::<FeatureRef>() {
                Err(error) => problems.add(ProblemKind::Reference, error.to_string()),
                Ok(reference) if !seen.insert(reference.clone()) => {
                    problems.add(ProblemKind::Repeated, format!("`{reference}` is there twice"));
                }
                Ok(reference) => features.push(reference),
            }
        }
        FeatureService {
            name: self.name,
            version: self.version,
            description: self.description,
            owner: self.owner,
            tags: self.tags,
            features,
        }
    }

    #[cfg(feature = "serde")]
    pub(crate) fn tags(mut self, tags: BTreeMap<String, String>) -> Self {
        self.tags = tags;
        self
    }
}

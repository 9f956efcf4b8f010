//! [`FeatureService`]: a named, versioned list of references, which is what a model asks for.

use std::collections::HashSet;
use std::fmt;

use crate::FeatureRef;
use crate::error::Result;
use crate::head::{DefinitionKind, Head, head_getters, head_setters};
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
    pub(crate) head: Head,
    features: Vec<FeatureRef>,
}

impl FeatureService {
    /// Begins the definition of a service.
    pub fn builder(name: impl Into<String>) -> FeatureServiceBuilder {
        FeatureServiceBuilder { head: Head::new(name), features: Vec::new() }
    }

    head_getters!(versioned);

    /// The references, in the order of the output.
    pub fn features(&self) -> &[FeatureRef] {
        &self.features
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> FeatureServiceBuilder {
        let features = self.features.iter().map(ToString::to_string).collect();
        FeatureServiceBuilder { head: self.head.clone(), features }
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
    head: Head,
    features: Vec<String>,
}

impl FeatureServiceBuilder {
    head_setters!(versioned);

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
        let what = self.what();
        let service = self.check(&mut problems);
        problems.finish(what, service)
    }

    /// What is being defined, for messages.
    pub(crate) fn what(&self) -> String {
        self.head.what(DefinitionKind::Service)
    }

    /// The service as far as it could be made, and what is wrong with it.
    pub(crate) fn check(self, problems: &mut Collector) -> FeatureService {
        self.head.check(DefinitionKind::Service, problems);
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
        FeatureService { head: self.head, features }
    }
}

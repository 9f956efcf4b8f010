//! [`OnDemandSchema`]: features computed when they are asked for, from other features and from what a request brings.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use crate::FeatureRef;
use crate::error::{Error, Result};
use crate::group::{check_column, joined, write_if};
use crate::head::{DefinitionKind, Head, head_getters, head_setters};
use crate::name::{self, REQUEST};
use crate::problem::{Collector, ProblemKind};

/// Expressions over features and columns of a request. Here they are text: whoever evaluates them parses them.
///
/// # Examples
/// ```
/// use varvite_schema::OnDemandSchema;
///
/// let ratios = OnDemandSchema::builder("ratios")
///     .input("stats.mean")
///     .input("request.amount")
///     .expression("ratio", "amount / nullif(mean, 0)")
///     .build()?;
/// assert_eq!(ratios.inputs()[1].to_string(), "request.amount");
/// assert_eq!(ratios.to_string(), "ratios@v1
///   inputs        stats.mean, request.amount
///   features
///     ratio amount / nullif(mean, 0)");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDemandSchema {
    pub(crate) head: Head,
    inputs: Vec<OnDemandInput>,
    features: Vec<OnDemandFeature>,
}

/// What an expression may use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnDemandInput {
    /// One feature of a group or of a window: `group.feature`.
    Feature(FeatureRef),
    /// A column that the request brings: `request.column`.
    Request(String),
}

/// One feature of an on-demand group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDemandFeature {
    pub(crate) name: String,
    pub(crate) expression: String,
}

impl OnDemandSchema {
    /// Begins the definition of an on-demand group.
    pub fn builder(name: impl Into<String>) -> OnDemandBuilder {
        OnDemandBuilder { head: Head::new(name), inputs: Vec::new(), features: Vec::new() }
    }

    head_getters!(versioned);

    /// What its expressions may use, in order.
    pub fn inputs(&self) -> &[OnDemandInput] {
        &self.inputs
    }

    /// Its features with their expressions, in the order of `group.*`.
    pub fn features(&self) -> &[OnDemandFeature] {
        &self.features
    }

    /// The expression of a feature, if there is one.
    pub fn expression(&self, name: &str) -> Option<&str> {
        self.features.iter().find(|feature| feature.name == name).map(OnDemandFeature::expression)
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> OnDemandBuilder {
        let inputs = self.inputs.iter().map(OnDemandInput::to_string).collect();
        OnDemandBuilder { head: self.head.clone(), inputs, features: self.features.clone() }
    }
}

impl OnDemandFeature {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its expression, as it was given.
    pub fn expression(&self) -> &str {
        &self.expression
    }
}

impl OnDemandInput {
    /// The name of the feature or of the request's column.
    pub fn column(&self) -> &str {
        match self {
            Self::Feature(reference) => reference.feature().unwrap_or_default(),
            Self::Request(column) => column,
        }
    }
}

impl fmt::Display for OnDemandInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature(reference) => reference.fmt(f),
            Self::Request(column) => write!(f, "{REQUEST}.{column}"),
        }
    }
}

impl FromStr for OnDemandInput {
    type Err = Error;

    /// Reads `group.feature`, in any of the forms of a [`FeatureRef`] but `group.*`, or `request.column`.
    ///
    /// # Errors
    /// [`Error::InvalidReference`] with what does not fit.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason| Error::InvalidReference { text: text.to_owned(), reason };
        let column = text.trim().strip_prefix(REQUEST).and_then(|rest| rest.trim_start().strip_prefix('.'));
        if let Some(column) = column.map(str::trim) {
            let refused = name::refuse_column(column);
            let reason = refused.map(|reason| format!("no column is named `{}`: {reason}", column.escape_debug()));
            return reason.map_or_else(|| Ok(Self::Request(column.to_owned())), |reason| Err(refuse(reason)));
        }
        let reference: FeatureRef = text.parse()?;
        match reference.feature() {
            Some(_) => Ok(Self::Feature(reference)),
            None => Err(refuse("name each feature that expressions use".to_owned())),
        }
    }
}

impl fmt::Display for OnDemandFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.expression)
    }
}

impl fmt::Display for OnDemandSchema {
    /// Writes a page for people, a line a feature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.write(f)?;
        write_if(f, "\n  inputs        ", &joined(self.inputs.iter().map(OnDemandInput::to_string)))?;
        f.write_str("\n  features")?;
        self.features.iter().try_for_each(|feature| write!(f, "\n    {feature}"))
    }
}

/// Collects the parts of an [`OnDemandSchema`]; they are checked together at the end.
#[derive(Debug, Clone)]
#[must_use]
pub struct OnDemandBuilder {
    head: Head,
    inputs: Vec<String>,
    features: Vec<OnDemandFeature>,
}

impl OnDemandBuilder {
    head_setters!(versioned);

    /// Adds an input: the text of an [`OnDemandInput`], or one, or a [`FeatureRef`].
    #[expect(clippy::needless_pass_by_value, reason = "text is handed in as it is, and so are references")]
    pub fn input(mut self, input: impl ToString) -> Self {
        self.inputs.push(input.to_string());
        self
    }

    /// Adds a feature: the text of an SQL expression over the inputs.
    pub fn expression(mut self, name: impl Into<String>, expression: impl Into<String>) -> Self {
        self.features.push(OnDemandFeature { name: name.into(), expression: expression.into() });
        self
    }

    /// Checks all parts and makes the definition.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong.
    pub fn build(self) -> Result<OnDemandSchema> {
        let mut problems = Collector::default();
        let what = self.what();
        let made = self.check(&mut problems);
        problems.finish(what, made)
    }

    /// What is being defined, for messages.
    pub(crate) fn what(&self) -> String {
        self.head.what(DefinitionKind::OnDemand)
    }

    /// The definition as far as it could be made, and what is wrong with it.
    pub(crate) fn check(self, problems: &mut Collector) -> OnDemandSchema {
        self.head.check(DefinitionKind::OnDemand, problems);
        let inputs = check_inputs(self.inputs, problems);
        if self.features.is_empty() {
            problems.add(ProblemKind::Missing, "it has no features: name at least one expression");
        }
        let mut seen = HashSet::new();
        for feature in &self.features {
            problems.within(format!("feature `{}`", feature.name.escape_debug()), |problems| {
                check_column(&feature.name, problems);
                if !seen.insert(feature.name.as_str()) {
                    problems.add(ProblemKind::Repeated, "its name is there twice");
                }
                if feature.expression.trim().is_empty() {
                    problems.add(ProblemKind::Missing, "its expression is empty");
                }
            });
        }
        OnDemandSchema { head: self.head, inputs, features: self.features }
    }
}

fn check_inputs(texts: Vec<String>, problems: &mut Collector) -> Vec<OnDemandInput> {
    if texts.is_empty() {
        problems.add(ProblemKind::Missing, "it has no inputs: name `group.feature` or `request.column`");
    }
    let mut inputs: Vec<OnDemandInput> = Vec::new();
    for text in texts {
        match text.parse::<OnDemandInput>() {
            Err(error) => problems.add(ProblemKind::Reference, error.to_string()),
            Ok(input) if inputs.contains(&input) => {
                problems.add(ProblemKind::Repeated, format!("input `{input}` is there twice"));
            }
            Ok(input) => inputs.push(input),
        }
    }
    inputs
}

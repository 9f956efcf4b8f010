//! [`Metadata`] of a feature: limits on its values, its unit, and notes; and [`Check`], what a writer asks of a value.

use std::collections::BTreeMap;
use std::fmt;

use crate::problem::{Collector, ProblemKind};
use crate::{DataType, Literal, Scalar};

/// What is known about a feature's values beyond their type. Limits hold for what is written; nulls are not limited.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    min: Option<Scalar>,
    max: Option<Scalar>,
    allowed: Vec<Scalar>,
    unit: Option<String>,
    notes: BTreeMap<String, String>,
}

impl Metadata {
    /// The smallest value, included.
    pub fn min(&self) -> Option<&Scalar> {
        self.min.as_ref()
    }

    /// The greatest value, included.
    pub fn max(&self) -> Option<&Scalar> {
        self.max.as_ref()
    }

    /// The only values there may be; empty if any may.
    pub fn allowed(&self) -> &[Scalar] {
        &self.allowed
    }

    /// What the values count, such as `years`.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// Whatever else is worth knowing, by name.
    pub fn notes(&self) -> &BTreeMap<String, String> {
        &self.notes
    }

    /// The checks that its limits are.
    pub(crate) fn checks(&self) -> impl Iterator<Item = Check> {
        let min = self.min.clone().map(Check::Min);
        let max = self.max.clone().map(Check::Max);
        let allowed = (!self.allowed.is_empty()).then(|| Check::OneOf(self.allowed.clone()));
        [min, max, allowed].into_iter().flatten()
    }
}

/// What a writer asks of each value of a feature; [`FeatureSchema::checks`](crate::FeatureSchema::checks) lists them.
///
/// A check is a plain value: whoever holds a whole column turns it into one comparison, and [`admits`](Self::admits)
/// says what that must come to. NaN is a value (S20): it lies in no range, and so passes no limit.
///
/// # Examples
/// ```
/// use varvite_schema::{Check, DataType, FeatureSchema, Scalar};
///
/// let age = FeatureSchema::builder("age", DataType::Int).nullable(false).min(0).max(150).build()?;
/// let checks = age.checks();
/// assert_eq!(checks, [Check::NotNull, Check::Min(Scalar::Int(0)), Check::Max(Scalar::Int(150))]);
/// assert!(checks.iter().all(|check| check.admits(Some(&Scalar::Int(42)))));
/// assert_eq!(checks.iter().find(|check| !check.admits(Some(&Scalar::Int(200)))).unwrap().to_string(), "at most 150");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Check {
    /// No nulls.
    NotNull,
    /// Not below this.
    Min(Scalar),
    /// Not above this.
    Max(Scalar),
    /// One of these.
    OneOf(Vec<Scalar>),
}

impl Check {
    /// Whether `value`, where `None` is null, passes.
    pub fn admits(&self, value: Option<&Scalar>) -> bool {
        let Some(value) = value else {
            return *self != Self::NotNull;
        };
        match self {
            Self::NotNull => true,
            Self::Min(min) => value.compare(min).is_some_and(std::cmp::Ordering::is_ge),
            Self::Max(max) => value.compare(max).is_some_and(std::cmp::Ordering::is_le),
            Self::OneOf(allowed) => allowed.iter().any(|one| value.compare(one).is_some_and(std::cmp::Ordering::is_eq)),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNull => f.write_str("not null"),
            Self::Min(min) => write!(f, "at least {min}"),
            Self::Max(max) => write!(f, "at most {max}"),
            Self::OneOf(allowed) => write!(f, "one of {}", values(allowed)),
        }
    }
}

/// Values in a list, from which they could be told apart.
pub(crate) fn values(scalars: &[Scalar]) -> String {
    let texts: Vec<String> = scalars.iter().map(|one| format!("`{}`", one.to_string().replace('`', "``"))).collect();
    texts.join(", ")
}

/// Metadata as it was given, before the feature's type gives its values a meaning.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct GivenMetadata {
    pub(crate) min: Option<Literal>,
    pub(crate) max: Option<Literal>,
    pub(crate) allowed: Option<Vec<Literal>>,
    pub(crate) unit: Option<String>,
    pub(crate) notes: BTreeMap<String, String>,
}

/// Notes of these names would look like limits and limit nothing.
const LIMITS: [&str; 7] = ["min", "max", "allowed", "allowed_values", "range", "unit", "values"];

impl GivenMetadata {
    /// Gives the values their meaning in a column of `data_type`, and notes what is wrong.
    pub(crate) fn typed(self, data_type: &DataType, problems: &mut Collector) -> Metadata {
        let mut scalar = |name: &str, literal: &Literal| match Scalar::of(literal, data_type) {
            Ok(scalar) => Some(scalar),
            Err(reason) => {
                problems.add(ProblemKind::Constraint, format!("`{name}` does not fit: {reason}"));
                None
            }
        };
        let min = self.min.as_ref().and_then(|literal| scalar("min", literal));
        let max = self.max.as_ref().and_then(|literal| scalar("max", literal));
        let allowed = self.allowed.iter().flatten().filter_map(|literal| scalar("allowed", literal)).collect();
        if self.allowed.is_some_and(|allowed| allowed.is_empty()) {
            problems.add(ProblemKind::Constraint, "`allowed` is empty: leave it out, or name the values");
        }
        for name in self.notes.keys().filter(|name| LIMITS.contains(&name.as_str())) {
            let message =
                format!("a note `{name}` would limit nothing: use `min`, `max`, `allowed` or `unit` beside the notes");
            problems.add(ProblemKind::Constraint, message);
        }
        let metadata = Metadata { min, max, allowed, unit: self.unit, notes: self.notes };
        metadata.contradictions().into_iter().for_each(|message| problems.add(ProblemKind::Constraint, message));
        metadata
    }
}

impl Metadata {
    pub(crate) fn to_given(&self) -> GivenMetadata {
        let allowed: Vec<Literal> = self.allowed.iter().map(Scalar::to_literal).collect();
        GivenMetadata {
            min: self.min.as_ref().map(Scalar::to_literal),
            max: self.max.as_ref().map(Scalar::to_literal),
            allowed: (!allowed.is_empty()).then_some(allowed),
            unit: self.unit.clone(),
            notes: self.notes.clone(),
        }
    }

    /// Limits that exclude each other.
    fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let (Some(min), Some(max)) = (&self.min, &self.max)
            && min.compare(max).is_some_and(std::cmp::Ordering::is_gt)
        {
            found.push(format!("`min` {min} is greater than `max` {max}"));
        }
        for (at, one) in self.allowed.iter().enumerate() {
            if self.allowed.iter().take(at).any(|before| before == one) {
                found.push(format!("`allowed` has `{one}` twice"));
            }
            let range = [self.min.clone().map(Check::Min), self.max.clone().map(Check::Max)];
            if let Some(check) = range.iter().flatten().find(|check| !check.admits(Some(one))) {
                found.push(format!("`allowed` has `{one}`, which is not {check}"));
            }
        }
        found
    }
}

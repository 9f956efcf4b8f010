//! [`FeatureSchema`]: one feature of a group, and the builder that checks it.

use std::fmt;

use crate::error::{Error, Result};
use crate::metadata::GivenMetadata;
use crate::name;
use crate::problem::{Collector, ProblemKind};
use crate::{Check, DataType, FeatureType, Literal, Metadata};

/// One feature: a named, typed column of a group. It is valid: only [`FeatureBuilder`] makes one.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, FeatureSchema, FeatureType};
///
/// let age = FeatureSchema::builder("age", DataType::Int)
///     .description("user age in years")
///     .nullable(false)
///     .min(0)
///     .max(150)
///     .unit("years")
///     .build()?;
/// assert_eq!(age.feature_type(), FeatureType::Numerical);
/// assert_eq!(age.to_string(), "age int not null, at least 0, at most 150, in years");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSchema {
    name: String,
    data_type: DataType,
    feature_type: FeatureType,
    description: String,
    nullable: bool,
    metadata: Metadata,
}

impl FeatureSchema {
    /// Begins the definition of a feature. The type may be given as its text.
    pub fn builder(name: impl Into<String>, data_type: impl Into<GivenType>) -> FeatureBuilder {
        FeatureBuilder {
            name: name.into(),
            data_type: data_type.into(),
            feature_type: None,
            description: String::new(),
            nullable: true,
            metadata: GivenMetadata::default(),
        }
    }

    /// Its name, once in a group.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// What it means to a model.
    pub fn feature_type(&self) -> FeatureType {
        self.feature_type
    }

    /// What it is, in words; empty if nobody said.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether a written row may leave it null.
    #[doc(alias = "null_policy")]
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Limits, unit and notes.
    #[doc(alias = "constraints")]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What a writer asks of each value, in the order it is told.
    pub fn checks(&self) -> Vec<Check> {
        let not_null = (!self.nullable).then_some(Check::NotNull);
        not_null.into_iter().chain(self.metadata.checks()).collect()
    }

    /// Its column in Arrow.
    pub fn to_arrow(&self) -> arrow_schema::Field {
        arrow_schema::Field::new(&self.name, self.data_type.to_arrow(), self.nullable)
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> FeatureBuilder {
        FeatureBuilder {
            name: self.name.clone(),
            data_type: self.data_type.clone().into(),
            feature_type: Some(self.feature_type),
            description: self.description.clone(),
            nullable: self.nullable,
            metadata: self.metadata.to_given(),
        }
    }
}

impl fmt::Display for FeatureSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.data_type)?;
        f.write_str(if self.nullable { "" } else { " not null" })?;
        if self.feature_type != FeatureType::of(&self.data_type) {
            write!(f, ", {}", self.feature_type)?;
        }
        self.metadata.checks().try_for_each(|check| write!(f, ", {check}"))?;
        self.metadata.unit().map_or(Ok(()), |unit| write!(f, ", in {unit}"))
    }
}

/// Collects the parts of a [`FeatureSchema`]; they are checked together at the end.
#[derive(Debug, Clone)]
#[must_use]
pub struct FeatureBuilder {
    name: String,
    data_type: GivenType,
    feature_type: Option<FeatureType>,
    description: String,
    nullable: bool,
    metadata: GivenMetadata,
}

impl FeatureBuilder {
    /// Sets what it means to a model. Default: the usual meaning of its type.
    pub fn feature_type(mut self, feature_type: FeatureType) -> Self {
        self.feature_type = Some(feature_type);
        self
    }

    /// Describes it in words.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets whether rows may leave it null. Default: they may.
    pub fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// Refuses values below `min`.
    pub fn min(mut self, min: impl Into<Literal>) -> Self {
        self.metadata.min = Some(min.into());
        self
    }

    /// Refuses values above `max`.
    pub fn max(mut self, max: impl Into<Literal>) -> Self {
        self.metadata.max = Some(max.into());
        self
    }

    /// Refuses other values than these.
    #[doc(alias = "allowed_values")]
    pub fn allowed<L: Into<Literal>>(mut self, values: impl IntoIterator<Item = L>) -> Self {
        self.metadata.allowed = Some(values.into_iter().map(Into::into).collect());
        self
    }

    /// Says what the values count.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.metadata.unit = Some(unit.into());
        self
    }

    /// Notes whatever else is worth knowing.
    pub fn note(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.notes.insert(name.into(), value.into());
        self
    }

    #[cfg(feature = "serde")]
    pub(crate) fn given_metadata(mut self, metadata: GivenMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Checks the parts and makes the feature.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all that is wrong.
    pub fn build(self) -> Result<FeatureSchema> {
        let mut problems = Collector::default();
        let what = format!("feature `{}`", self.name);
        match self.check(&mut problems) {
            Some(feature) => problems.finish(what, feature),
            None => Err(problems.into_error(what)),
        }
    }

    /// The feature, and what is wrong with it; `None` if its type could not be read.
    pub(crate) fn check(self, problems: &mut Collector) -> Option<FeatureSchema> {
        if let Some(reason) = name::refuse_column(&self.name) {
            problems
                .add(ProblemKind::Name, format!("a feature cannot be named `{}`: {reason}", self.name.escape_debug()));
        }
        let data_type = self.data_type.check(problems)?;
        let metadata = self.metadata.typed(&data_type, problems);
        Some(FeatureSchema {
            feature_type: self.feature_type.unwrap_or_else(|| FeatureType::of(&data_type)),
            name: self.name,
            data_type,
            description: self.description,
            nullable: self.nullable,
            metadata,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl From<FeatureSchema> for FeatureBuilder {
    fn from(feature: FeatureSchema) -> Self {
        feature.to_builder()
    }
}

/// A type as it is given to a builder: a [`DataType`] or its text.
#[derive(Debug, Clone)]
pub struct GivenType(Result<DataType>);

impl GivenType {
    /// The type if it is one, or a note of what is wrong.
    pub(crate) fn check(self, problems: &mut Collector) -> Option<DataType> {
        let found = self.0.and_then(|data_type| data_type.check().map(|()| data_type));
        found.map_err(|error: Error| problems.add(ProblemKind::DataType, error.to_string())).ok()
    }
}

impl From<DataType> for GivenType {
    fn from(data_type: DataType) -> Self {
        Self(Ok(data_type))
    }
}

impl From<&str> for GivenType {
    fn from(text: &str) -> Self {
        Self(text.parse())
    }
}

impl From<String> for GivenType {
    fn from(text: String) -> Self {
        Self(text.parse())
    }
}

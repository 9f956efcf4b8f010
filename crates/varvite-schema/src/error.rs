//! What can be wrong with a definition, a reference or a file, and of which kind it is.

use std::fmt;

use crate::problem::Problems;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A definition, a reference or a file that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The definition breaks rules. Every problem is listed, not the first alone.
    #[error("{what} is not valid: {problems}")]
    Invalid {
        /// What was being defined, such as ``group `users` ``.
        what: String,
        /// All that is wrong with it.
        problems: Problems,
    },
    /// The file cannot be read as definitions. Correct the named line.
    #[error("the {format} cannot be read{}: {reason}", place(*.line, *.column))]
    Unreadable {
        /// The format it was read as.
        format: &'static str,
        /// The line, from 1, where the format tells it.
        line: Option<usize>,
        /// The column, from 1, where the format tells it.
        column: Option<usize>,
        /// What does not fit.
        reason: String,
    },
    /// The format has no way to say what is defined. Use another format.
    #[error("the definitions cannot be written as {format}: {reason}")]
    Unwritable {
        /// The format.
        format: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// The text is no reference. Write `group.feature`.
    #[error("`{}` is no reference to a feature: {reason}", .text.escape_debug())]
    InvalidReference {
        /// The text as given.
        text: String,
        /// What does not fit.
        reason: String,
    },
    /// The group has no such feature.
    #[error("group `{group}` has no feature `{}`{}: it has {known}", .feature.escape_debug(), meant(.suggestion.as_deref()))]
    FeatureNotFound {
        /// The group, with its version.
        group: String,
        /// The feature as asked for.
        feature: String,
        /// The nearest name, if one is near.
        suggestion: Option<String>,
        /// The features that there are.
        known: String,
    },
    /// There is no such group.
    #[error("there is no group `{}`{}: there is {known}", .group.escape_debug(), meant(.suggestion.as_deref()))]
    GroupNotFound {
        /// The group as asked for.
        group: String,
        /// The nearest name, if one is near.
        suggestion: Option<String>,
        /// The groups that there are.
        known: String,
    },
    /// There is no such source.
    #[error("there is no source `{}`{}: there is {known}", .source_name.escape_debug(), meant(.suggestion.as_deref()))]
    SourceNotFound {
        /// The source as asked for.
        source_name: String,
        /// The nearest name, if one is near.
        suggestion: Option<String>,
        /// The sources that there are.
        known: String,
    },
    /// The group has no such version.
    #[error("group `{group}` has no version {version}: it has {known}")]
    VersionNotFound {
        /// The group.
        group: String,
        /// The version as asked for.
        version: u32,
        /// The versions that there are.
        known: String,
    },
    /// There is no such feature service, or not in this version.
    #[error("there is no feature service `{}`{}: there is {known}", .service.escape_debug(), meant(.suggestion.as_deref()))]
    ServiceNotFound {
        /// The service as asked for.
        service: String,
        /// The nearest name, if one is near.
        suggestion: Option<String>,
        /// The services that there are.
        known: String,
    },
    /// A version cannot change in this way. Register the definition as a new version.
    #[error("{what} cannot change in this way: {reasons}")]
    Incompatible {
        /// What was to change, such as ``group `users@v1` ``.
        what: String,
        /// Each refused change with its reason.
        reasons: String,
    },
    /// An older version cannot be introduced after a newer one. Take a number above the newest.
    #[error("version {version} of `{name}` cannot be introduced after version {newest}")]
    VersionConflict {
        /// The group or service.
        name: String,
        /// The version as given.
        version: u32,
        /// The newest that there is.
        newest: u32,
    },
    /// The text is no data type.
    #[error("`{}` is no data type: {reason}", .text.escape_debug())]
    InvalidDataType {
        /// The text as given.
        text: String,
        /// What does not fit.
        reason: String,
    },
    /// The text is no feature type.
    #[error("`{}` is no feature type: there is {known}", .text.escape_debug())]
    InvalidFeatureType {
        /// The text as given.
        text: String,
        /// The feature types that there are.
        known: String,
    },
    /// The Arrow type has no counterpart here. Cast the column first.
    #[error("Arrow type {arrow} has no counterpart: {instead}")]
    NoCounterpart {
        /// The Arrow type.
        arrow: String,
        /// What to use instead.
        instead: String,
    },
    /// The text is no age, such as `7d`.
    #[error("`{}` is no TTL: {reason}", .text.escape_debug())]
    InvalidTtl {
        /// The text as given.
        text: String,
        /// What does not fit.
        reason: String,
    },
}

/// The kinds of errors of a feature store, as its layers and other systems name them.
///
/// Lower layers use the first four and [`FeatureRegistry`](Self::FeatureRegistry); the rest is for stores above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A feature was asked for that is not there, or a reference cannot be read.
    FeatureNotFound,
    /// A group, or a version of it, was asked for that is not there.
    FeatureGroupNotFound,
    /// A definition, or data beside its definition, is not valid.
    SchemaValidation,
    /// Feature values could not be written or read.
    FeatureMaterialization,
    /// A virtual group's query is not usable.
    VirtualizationQuery,
    /// What is stored about features cannot be read.
    Metadata,
    /// The registry refused: versions or revisions collide, or something is not registered.
    FeatureRegistry,
}

impl Error {
    /// The kind of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidReference { .. } | Self::FeatureNotFound { .. } => ErrorKind::FeatureNotFound,
            Self::GroupNotFound { .. } | Self::VersionNotFound { .. } | Self::SourceNotFound { .. } => {
                ErrorKind::FeatureGroupNotFound
            }
            Self::Invalid { .. }
            | Self::Incompatible { .. }
            | Self::InvalidDataType { .. }
            | Self::NoCounterpart { .. }
            | Self::InvalidFeatureType { .. }
            | Self::InvalidTtl { .. } => ErrorKind::SchemaValidation,
            Self::Unreadable { .. } | Self::Unwritable { .. } => ErrorKind::Metadata,
            Self::VersionConflict { .. } | Self::ServiceNotFound { .. } => ErrorKind::FeatureRegistry,
        }
    }

    /// The stable code of this error, as the command line prints it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "VV0301",
            Self::Unreadable { .. } => "VV0302",
            Self::InvalidReference { .. } => "VV0303",
            Self::FeatureNotFound { .. } => "VV0304",
            Self::GroupNotFound { .. } => "VV0305",
            Self::VersionNotFound { .. } => "VV0306",
            Self::ServiceNotFound { .. } => "VV0307",
            Self::Incompatible { .. } => "VV0308",
            Self::VersionConflict { .. } => "VV0309",
            Self::InvalidDataType { .. } => "VV0310",
            Self::NoCounterpart { .. } => "VV0311",
            Self::InvalidTtl { .. } => "VV0312",
            Self::InvalidFeatureType { .. } => "VV0313",
            Self::Unwritable { .. } => "VV0314",
            Self::SourceNotFound { .. } => "VV0315",
        }
    }

    /// What to do next, where more can be said than the message does.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidReference { .. } => {
                "write `group.feature`, `group@v2.feature`, `group.*` or `group as alias.feature`"
            }
            Self::Incompatible { .. } => "give the definition the next version number: versions stand side by side",
            Self::VersionConflict { .. } => "take a number above the newest: versions only ascend",
            Self::InvalidDataType { .. } => crate::data_type::SPELLINGS,
            Self::InvalidTtl { .. } => "write a count and a unit, such as `36h` or `7d`; leave it out for no limit",
            _ => return None,
        })
    }

    /// The problems of a definition; empty for other errors.
    pub fn problems(&self) -> &[crate::Problem] {
        match self {
            Self::Invalid { problems, .. } => problems.as_slice(),
            _ => &[],
        }
    }
}

impl fmt::Display for ErrorKind {
    /// Writes the name that feature stores know it by, such as `FeatureNotFoundError`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FeatureNotFound => "FeatureNotFoundError",
            Self::FeatureGroupNotFound => "FeatureGroupNotFoundError",
            Self::SchemaValidation => "SchemaValidationError",
            Self::FeatureMaterialization => "FeatureMaterializationError",
            Self::VirtualizationQuery => "VirtualizationQueryError",
            Self::Metadata => "MetadataError",
            Self::FeatureRegistry => "FeatureRegistryError",
        })
    }
}

fn place(line: Option<usize>, column: Option<usize>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(" at line {line}, column {column}"),
        (Some(line), None) => format!(" at line {line}"),
        _ => String::new(),
    }
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// Names in a list, as messages show them: at most twenty.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 20;
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "none".to_owned(),
        count if count > MOST => format!("{} and {} more", shown.join(", "), count - MOST),
        _ => shown.join(", "),
    }
}

/// The name among `known` that `given` was probably meant to be.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = known.into_iter().map(|name| (strsim::jaro_winkler(&given.to_lowercase(), &name.to_lowercase()), name));
    let best = near.filter(|(likeness, _)| *likeness > 0.8).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map(|(_, name)| name.to_owned())
}

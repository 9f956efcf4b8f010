//! The codes that cases expect of errors.

use varvite_feature::Error;
use varvite_schema::{Error as SchemaError, ProblemKind};

/// The format's code of an error.
pub(super) fn code(error: &Error) -> String {
    match error {
        Error::Schema(error) => schema_code(error).to_owned(),
        Error::Refused { report, .. } => match report.kind().map(|kind| kind.to_string()).as_deref() {
            Some("OutsideRange") => "InvalidRange".to_owned(),
            Some("TimeOutOfRange") => "TypeMismatch".to_owned(),
            Some(kind) => kind.to_owned(),
            None => "SchemaValidation".to_owned(),
        },
        Error::RegistryConflict { .. } => "RegistryConflict".to_owned(),
        Error::ReadOnly { .. } => "ReadOnly".to_owned(),
        Error::InvalidExpression { .. } | Error::QueryInvalid { .. } => "QueryInvalid".to_owned(),
        Error::InvalidRange { .. } => "InvalidRange".to_owned(),
        Error::InvalidMode { .. } => "InvalidMode".to_owned(),
        Error::MissingKeyColumn { .. } => "MissingKeyColumn".to_owned(),
        Error::KeyTypeMismatch { .. } => "KeyTypeMismatch".to_owned(),
        Error::AmbiguousFeatureName { .. } => "AmbiguousFeatureName".to_owned(),
        other => other.kind().to_string(),
    }
}

fn schema_code(error: &SchemaError) -> &'static str {
    match error {
        SchemaError::InvalidReference { .. } => "InvalidReference",
        SchemaError::FeatureNotFound { .. } => "FeatureNotFound",
        SchemaError::GroupNotFound { .. } | SchemaError::VersionNotFound { .. } => "GroupNotFound",
        SchemaError::Incompatible { .. } => "IncompatibleSchema",
        SchemaError::VersionConflict { .. } => "VersionConflict",
        SchemaError::InvalidTtl { .. } => "InvalidTtl",
        error if error.problems().iter().any(|problem| problem.kind == ProblemKind::Ttl) => "InvalidTtl",
        _ => "SchemaValidation",
    }
}

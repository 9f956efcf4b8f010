//! What can go wrong with a store.

use varvite_storage::StoragePath;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation on a store that did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key is not valid: it was made by a struct literal, without `new`.
    #[error(transparent)]
    Key(#[from] varvite_key::Error),
    /// The store has no dataset of this key.
    #[error("the store has no dataset `{key}`")]
    NotFound {
        /// The key's path.
        key: String,
    },
    /// A dataset refused, or is damaged.
    #[error("dataset `{key}` failed")]
    Dataset {
        /// The key's path.
        key: String,
        /// The dataset's answer.
        source: varvite_dataset::Error,
    },
    /// The root holds keys of this type's name that have other paths. Give the type another name, or the store another root.
    #[error("the root holds keys of type {stored}, which have other paths than {given}")]
    KeyTypeMismatch {
        /// The key type that the root knows.
        stored: String,
        /// The key type as it is now.
        given: String,
    },
    /// A filter names a field that the keys do not have.
    #[error("keys have no field `{field}`: they have {known}")]
    UnknownField {
        /// The name as given.
        field: String,
        /// The fields that there are.
        known: String,
    },
    /// Nothing was named to walk over.
    #[error("no keys were given to walk over")]
    NoKeys,
    /// A key was named twice.
    #[error("key `{key}` was given twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// The datasets are ordered on different columns, and cannot be walked together.
    #[error("`{key}` is ordered on {found}, but `{first}` on {expected}")]
    OrderedOnMismatch {
        /// The first key that differs.
        key: String,
        /// Its ordered column and type.
        found: String,
        /// The first key.
        first: String,
        /// Its ordered column and type.
        expected: String,
    },
    /// The numbers of earlier rows do not fit the keys.
    #[error("n_prev does not fit the keys: {reason}")]
    NPrev {
        /// What is wrong.
        reason: String,
    },
    /// A period has no meaning here.
    #[error("chunks cannot be cut every {period}: {reason}")]
    Every {
        /// The period.
        period: String,
        /// What is wrong.
        reason: String,
    },
    /// Bytes could not be read or written.
    #[error("{operation} the store failed at `{path}`")]
    Storage {
        /// What was going on.
        operation: &'static str,
        /// The path below the root.
        path: StoragePath,
        /// The storage's answer.
        source: varvite_storage::Error,
    },
    /// A note of the store's own cannot be read.
    #[error("`{path}` is damaged: {reason}")]
    Corrupt {
        /// The file below the root.
        path: StoragePath,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// The stable code of this error, as the command line prints it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key(error) => error.code(),
            Self::Dataset { source, .. } => source.code(),
            Self::NotFound { .. } => "VV0201",
            Self::KeyTypeMismatch { .. } => "VV0202",
            Self::UnknownField { .. } => "VV0203",
            Self::NoKeys => "VV0210",
            Self::DuplicateKey { .. } => "VV0211",
            Self::OrderedOnMismatch { .. } => "VV0212",
            Self::NPrev { .. } => "VV0213",
            Self::Every { .. } => "VV0214",
            Self::Storage { .. } => "VV0220",
            Self::Corrupt { .. } => "VV0221",
        }
    }

    /// What to do next, where more can be said than the message does.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Key(error) => error.help(),
            Self::Dataset { source, .. } => source.help(),
            Self::KeyTypeMismatch { .. } => Some("name the type otherwise with `name = \"...\"`, or use another root"),
            Self::OrderedOnMismatch { .. } => Some("walk over datasets with the same ordered column and type"),
            Self::Corrupt { .. } => Some("remove the file: it is written again with the next new dataset"),
            _ => None,
        }
    }

    pub(crate) fn dataset(key: impl Into<String>) -> impl FnOnce(varvite_dataset::Error) -> Self {
        let key = key.into();
        move |source| Self::Dataset { key, source }
    }
}

//! What can be wrong with a key.

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Values that make no key, or a text that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value is empty. Choose a word for "nothing", such as `none`.
    #[error("field `{field}` is empty")]
    EmptyValue {
        /// The field's name.
        field: String,
    },
    /// A strict key type cannot hold the value. Choose another value, or drop `strict`.
    #[error("field `{field}` is `{}`: {reason}", value.escape_debug())]
    Forbidden {
        /// The field's name.
        field: String,
        /// The value's text.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The values of one level make too long a name for a folder. Shorten them, or spread them over more levels.
    #[error("level `{level}` makes a folder name of {len} bytes, more than {limit}")]
    TooLong {
        /// The level's struct.
        level: String,
        /// Length of the folder's name in bytes.
        len: usize,
        /// The most that every file system takes.
        limit: usize,
    },
    /// The text is not the path or text of such a key.
    #[error("`{}` is no key {key}: {reason}", text.escape_debug())]
    NotAKey {
        /// The text as given.
        text: String,
        /// The key type and its fields.
        key: String,
        /// What does not fit.
        reason: String,
    },
}

impl Error {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyValue { .. } => "VV0001",
            Self::Forbidden { .. } => "VV0002",
            Self::TooLong { .. } => "VV0003",
            Self::NotAKey { .. } => "VV0004",
        }
    }

    /// What to do next, where more can be said than the message does.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::EmptyValue { .. } => "choose a word for nothing, such as `none`",
            Self::Forbidden { .. } => "choose another value, or drop `strict` so that it is escaped",
            Self::TooLong { .. } => "shorten the values, or spread the fields over more levels",
            Self::NotAKey { .. } => return None,
        })
    }
}

//! What can go wrong with stored bytes.

use crate::StoragePath;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A storage operation that did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing stands at the path, or a folder on the way is missing. Create it first.
    #[error("`{}` is not there", shown(path))]
    NotFound {
        /// The path as given, or the folder on the way to it that is missing.
        path: StoragePath,
    },
    /// Something else stands at the path: a folder or a link where a file belongs, or the reverse. It was left as it is.
    #[error("`{}` is {found}, where {expected} belongs", shown(path))]
    WrongKind {
        /// The path as given, or what is no folder on the way to it.
        path: StoragePath,
        /// What stands there.
        found: &'static str,
        /// What was needed.
        expected: &'static str,
    },
    /// A range reaches past the end of the file.
    #[error("`{path}` ends before byte {end}")]
    OutOfRange {
        /// The path as given.
        path: StoragePath,
        /// End of the range that was asked for.
        end: u64,
    },
    /// The text would lead outside the root or cannot be stored.
    #[error("`{}` is no path below the root", path.escape_debug())]
    UnsafePath {
        /// The text as given.
        path: String,
    },
    /// The file system cannot create a file only if it is absent. Use another file system.
    #[error("the file system of `{path}` cannot create a file atomically")]
    UnsafeFilesystem {
        /// The path that was to be created.
        path: StoragePath,
    },
    /// Reading or writing failed. [`Error::is_transient`] tells whether trying again may help.
    #[error("cannot {action} `{}`", shown(path))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The path as given.
        path: StoragePath,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether the same call may work a moment later.
    pub fn is_transient(&self) -> bool {
        use std::io::ErrorKind::{Interrupted, ResourceBusy, TimedOut, WouldBlock};
        matches!(self, Self::Io { source, .. } if matches!(source.kind(), Interrupted | ResourceBusy | TimedOut | WouldBlock))
    }

    /// Whether nothing stands at the path.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// The root's path is empty, which reads badly in a message.
fn shown(path: &StoragePath) -> &str {
    if path.is_root() { "." } else { path.as_str() }
}

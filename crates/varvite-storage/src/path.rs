//! [`StoragePath`]: a relative path that cannot leave the root.

use std::fmt;

use crate::{Error, Result};

/// A `/`-separated path relative to a storage's root: no empty, `.` or `..` part, no backslash, no NUL.
///
/// ```
/// use varvite_storage::StoragePath;
///
/// let path = StoragePath::root().join("prices")?.join("a.parquet")?;
/// assert_eq!((path.as_str(), path.name()), ("prices/a.parquet", "a.parquet"));
/// assert!(StoragePath::try_new("prices/../../etc").is_err());
/// # Ok::<(), varvite_storage::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StoragePath(String);

impl StoragePath {
    /// The root itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Takes `text` if it is such a path; the empty text is the root.
    ///
    /// # Errors
    /// [`Error::UnsafePath`] names the text.
    pub fn try_new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let safe = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
        if text.is_empty() || text.split('/').all(safe) {
            Ok(Self(text))
        } else {
            Err(Error::UnsafePath { path: text })
        }
    }

    /// This path with `name`, of one part or several, below it.
    ///
    /// # Errors
    /// [`Error::UnsafePath`] if the result is no such path, or `name` is empty.
    pub fn join(&self, name: &str) -> Result<Self> {
        if name.is_empty() {
            // The root and nothing is the root itself, which is not below the root.
            return Err(Error::UnsafePath { path: format!("{}/", self.0) });
        }
        if self.0.is_empty() { Self::try_new(name) } else { Self::try_new(format!("{}/{name}", self.0)) }
    }

    /// The folder that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned())))
    }

    /// The folders on the way to this path, from the root down, without the root and the path itself.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Self> {
        self.0.match_indices('/').map(|(at, _)| Self(self.0[..at].to_owned()))
    }

    /// Whether this stands directly in `folder`.
    pub(crate) fn is_child_of(&self, folder: &Self) -> bool {
        let name = match folder.as_str() {
            "" => Some(self.as_str()),
            folder => self.0.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
        };
        name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
    }

    /// Whether this is the root.
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last part; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The whole path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts from the root down.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }
}

impl fmt::Display for StoragePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

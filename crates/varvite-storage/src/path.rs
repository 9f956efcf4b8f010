//! [`StoragePath`]: a relative path that cannot leave the root.

use std::fmt;

use crate::{Error, Result};

/// A `/`-separated path relative to a storage's root: no empty, `.` or `..` part, no backslash, no NUL.
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

    /// This path with `name` below it.
    ///
    /// # Errors
    /// [`Error::UnsafePath`] if the result is no such path.
    pub fn join(&self, name: &str) -> Result<Self> {
        if self.0.is_empty() { Self::try_new(name) } else { Self::try_new(format!("{}/{name}", self.0)) }
    }

    /// The folder that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned())))
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

//! [`Retention`]: which older versions stay readable.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which older versions stay readable: those of the last hours, and at least so many. Tagged versions stay beside them.
///
/// A version counts as young as long as the one after it is: it was the newest until then. The clock decides only
/// what may be read, never what a writer needs.
///
/// ```
/// use std::time::Duration;
/// use varvite_dataset::{Retention, WriteOptions};
/// let week = Retention::default().with_age(Duration::from_secs(7 * 86_400));
/// let options = WriteOptions::ordered_on("ts").with_retention(week);
/// assert_eq!(week.versions, 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Retention {
    /// At least so many versions stay, counted with the newest. Default: 2. At least 1 always does.
    pub versions: u64,
    /// Versions stay that were the newest so many milliseconds ago, or later. Default: one hour.
    pub age_ms: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { versions: 2, age_ms: 3_600_000 }
    }
}

impl Retention {
    /// Only the newest version.
    pub const NEWEST: Self = Self { versions: 1, age_ms: 0 };

    /// Changes how many versions stay at least.
    pub fn with_versions(mut self, versions: u64) -> Self {
        self.versions = versions;
        self
    }

    /// Changes how long versions stay.
    pub fn with_age(mut self, age: Duration) -> Self {
        self.age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        self
    }
}

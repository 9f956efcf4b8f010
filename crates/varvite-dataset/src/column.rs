//! [`ColumnPath`]: a column, possibly nested in structs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The names that lead to a column: one for a column at the top, more for a field inside structs.
///
/// ```
/// use varvite_dataset::ColumnPath;
/// assert_eq!(ColumnPath::from("ts").to_string(), "ts");
/// assert_eq!(ColumnPath::from(["event", "ts"]).to_string(), "event.ts");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnPath(Vec<String>);

impl ColumnPath {
    /// The names from the top down; never empty.
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// The name of the column at the top.
    pub fn top(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

impl From<&str> for ColumnPath {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

impl From<String> for ColumnPath {
    fn from(name: String) -> Self {
        Self(vec![name])
    }
}

impl From<&String> for ColumnPath {
    fn from(name: &String) -> Self {
        Self(vec![name.clone()])
    }
}

impl<const N: usize> From<[&str; N]> for ColumnPath {
    fn from(names: [&str; N]) -> Self {
        const { assert!(N > 0, "a column path has at least one name") };
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

impl TryFrom<Vec<String>> for ColumnPath {
    type Error = &'static str;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        if names.is_empty() { Err("a column path has at least one name") } else { Ok(Self(names)) }
    }
}

impl fmt::Display for ColumnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

//! [`Tally`]: what the hammer says at its end.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// Counts of a run, by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Tally {
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) failures: u64,
}

impl Tally {
    /// From the hammer's last line; `None` if it is none.
    pub(crate) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.counts {
            write!(f, "{name} {count}, ")?;
        }
        write!(f, "failures {}", self.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_read() {
        let line = r#"{"counts": {"rounds": 2, "kills": 6}, "failures": 1, "first": ["round 1: lost"]}"#;
        assert_eq!(Tally::read(line).unwrap().to_string(), "kills 6, rounds 2, failures 1");
        assert_eq!(Tally::read("SKIP enospc: cannot mount tmpfs"), None);
    }
}

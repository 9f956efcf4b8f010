//! [`Ledger`]: the copies that there are, and what each was made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use varvite_dataset::Dataset;
use varvite_time::{Instant, TimeUnit};

use crate::{Error, Result, Table};

/// The key of the ledger among a dataset's metadata.
pub(super) const KEY: &str = "varvite.copies";

/// By time in nanoseconds, the state of each table when the copy was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Ledger(BTreeMap<i64, BTreeMap<String, Mark>>);

/// The state of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Mark {
    /// A version of a dataset.
    Dataset { dataset: String, version: u64 },
    /// Whatever tells whether a table is the same; nothing, if nothing does.
    Other { state: Option<String> },
}

impl Mark {
    pub(super) fn of(table: &Table) -> Self {
        match table {
            Table::Dataset(dataset) => match dataset.snapshot() {
                Some(snapshot) => Self::Dataset { dataset: snapshot.dataset_id.clone(), version: snapshot.version },
                None => Self::Other { state: Some("never written".to_owned()) },
            },
            // Rows that a process has are another table in the next one.
            Table::Memory(_) => Self::Other { state: None },
            other => Self::Other { state: other.version() },
        }
    }
}

impl Ledger {
    /// That of a dataset of copies.
    pub(super) fn of(dataset: &Dataset) -> Result<Self> {
        let text = dataset.snapshot().and_then(|snapshot| snapshot.key_value_metadata.get(KEY).cloned());
        text.map_or_else(
            || Ok(Self::default()),
            |text| {
                let reason = |error: serde_json::Error| format!("what it says of its copies cannot be read: {error}");
                let table = dataset.path().to_string();
                serde_json::from_str(&text).map_err(|error| Error::InvalidTable { table, reason: reason(error) })
            },
        )
    }

    pub(super) fn with(mut self, at: i64, marks: BTreeMap<String, Mark>) -> Self {
        self.0.insert(at, marks);
        self
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The newest copy that is not after a time.
    pub(super) fn at_or_before(&self, time: Instant) -> Option<(Instant, &BTreeMap<String, Mark>)> {
        let (at, marks) = self.0.range(..=time.floor(TimeUnit::Nanosecond)).next_back()?;
        Some((Instant::new(*at, TimeUnit::Nanosecond), marks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_read_as_it_was_written() {
        let dataset = Mark::Dataset { dataset: "ab".to_owned(), version: 7 };
        let marks = |mark: &Mark| BTreeMap::from([("purchases".to_owned(), mark.clone())]);
        let unknown = Mark::Other { state: None };
        let ledger = Ledger::default().with(-5, marks(&dataset)).with(9, marks(&unknown));
        let read: Ledger = serde_json::from_str(&ledger.to_text()).unwrap();
        assert_eq!(read, ledger);
        let at =
            |ns| read.at_or_before(Instant::from_ns(ns)).map(|(at, marks)| (at.as_ns(), marks["purchases"].clone()));
        assert_eq!(at(8), Some((-5, dataset)));
        assert_eq!(at(9), Some((9, unknown)));
        assert_eq!(at(-6), None);
    }
}

//! [`GroupStatus`]: what is served of a group, and how far that is behind.

use std::fmt;

use serde::Serialize;
use varvite_dataset::Dataset;
use varvite_time::Instant;

use super::view::{GroupView, LiveView};
use crate::Result;

/// What is served of a group, and how far that is behind its history.
///
/// ```
/// use varvite_feature::online::OnlineStore;
/// use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
/// # let folder = tempfile::tempdir()?;
/// let users = FeatureGroupSchema::builder("users")
///     .entity_key("user_id", DataType::BigInt)
///     .event_time("at")
///     .feature(FeatureSchema::builder("age", DataType::Int))
///     .build()?;
/// let store = OnlineStore::open(folder.path().join("values.redb"))?;
/// assert_eq!(store.status(&users, None)?.to_string(), "users@v1: never materialized");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GroupStatus {
    /// The group, such as `users@v1`.
    pub group: String,
    /// The commit that is served; `None`: nothing is.
    pub commit: Option<u64>,
    /// The last event time that is served.
    #[serde(serialize_with = "super::as_text")]
    pub up_to: Option<Instant>,
    /// Keys that have a row.
    pub keys: u64,
    /// The smallest event time of rows that are withheld, being later than `up_to`. `None`: none are.
    #[serde(serialize_with = "super::as_text")]
    pub withheld_from: Option<Instant>,
    /// Whether a materialization began and has not come to its end.
    pub unfinished: bool,
    /// Commits of the history that are not served yet; `None`: there is no history, or it is not known.
    pub lag_commits: Option<u64>,
    /// Whether what is served comes from another dataset than the one given: the group was removed and made anew.
    pub other_dataset: bool,
}

impl GroupStatus {
    pub(super) fn of(group: String, view: Option<&GroupView>, dataset: Option<&Dataset>) -> Result<Self> {
        let live = view.and_then(|view| view.state.live.as_ref());
        let rows = view.and_then(|view| view.live.as_ref());
        let unit = rows.and_then(|rows| rows.event.as_ref()).map(|(_, unit)| *unit);
        let snapshot = dataset.and_then(Dataset::snapshot);
        let other_dataset = match (live, &snapshot) {
            (Some(live), Some(snapshot)) => live.dataset_id != snapshot.dataset_id,
            _ => false,
        };
        // Versions count from 0: a history at version 2 has three commits.
        let lag_commits = snapshot.map(|snapshot| match live.filter(|_| !other_dataset) {
            Some(live) => snapshot.version.saturating_sub(live.version),
            None => snapshot.version + 1,
        });
        Ok(Self {
            group,
            commit: live.map(|live| live.version),
            up_to: live.map(|live| live.up_to),
            keys: rows.map_or(Ok(0), LiveView::num_keys)?,
            withheld_from: live.and_then(|live| Some(Instant::new(live.withheld_from?, unit?))),
            unfinished: view.is_some_and(|view| view.state.pass.is_some()),
            lag_commits,
            other_dataset,
        })
    }

    /// Whether everything that is there is served, as far as `up_to` allows.
    pub fn is_current(&self) -> bool {
        self.commit.is_some() && !self.unfinished && !self.other_dataset && self.lag_commits.is_none_or(|lag| lag == 0)
    }
}

impl fmt::Display for GroupStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.group)?;
        match (self.commit, self.up_to) {
            (Some(commit), Some(up_to)) => write!(f, ": {} keys, commit {commit}, up to {up_to}", self.keys)?,
            _ => f.write_str(": never materialized")?,
        }
        match self.lag_commits {
            Some(1) => f.write_str(", 1 commit behind")?,
            Some(lag) if lag > 0 => write!(f, ", {lag} commits behind")?,
            _ => {}
        }
        if self.other_dataset {
            f.write_str(", of a history that was removed")?;
        }
        if self.unfinished {
            f.write_str(", not finished")?;
        }
        self.withheld_from.map_or(Ok(()), |from| write!(f, "; rows from {from} on are withheld"))
    }
}

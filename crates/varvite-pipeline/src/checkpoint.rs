//! [`Checkpoint`]: how far a job is, kept in the metadata of its output.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use varvite_dataset::Snapshot;

use crate::state::PackedState;
use crate::{Error, Identity, Result, State};

/// The form of checkpoints that is written and read.
const FORMAT: u32 = 1;
/// What stands before the name of a job, among metadata and application ids.
const PREFIX: &str = "varvite.job.";

/// How far a job is: committed with the rows that it says were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    format: u32,
    /// The step that made it.
    pub step: Identity,
    /// Its number, counted from 1.
    pub sequence: u64,
    /// Everything until this value of the ordered column was taken, that value included; `None`: nothing yet.
    pub watermark: Option<String>,
    /// How far each input was read.
    pub inputs: Vec<InputPosition>,
    /// Rows that were taken, in all.
    pub rows_in: u64,
    /// Rows that were made, in all.
    pub rows_out: u64,
    state: PackedState,
}

/// How far an input was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputPosition {
    /// The input's name in the job.
    pub name: String,
    /// The dataset's identity and the version that was read; `None` while nothing was stored there.
    pub read: Option<ReadVersion>,
    /// How many of its rows lie before the watermark.
    pub rows_before: u64,
    /// How many rows at the watermark were taken.
    pub rows_at: u64,
}

/// A version of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadVersion {
    /// The dataset's identity.
    pub dataset_id: String,
    /// The version.
    pub version: u64,
}

/// What a checkpoint says beside the numbers that all have.
pub(crate) struct Progress {
    pub(crate) step: Identity,
    pub(crate) watermark: Option<String>,
    pub(crate) inputs: Vec<InputPosition>,
    pub(crate) rows_in: u64,
    pub(crate) rows_out: u64,
}

impl Checkpoint {
    /// A checkpoint of this progress.
    ///
    /// # Errors
    /// [`Error::StateTooLarge`].
    pub(crate) fn new(progress: Progress, sequence: u64, state: &State, limit: usize) -> Result<Self> {
        let state = state.pack()?;
        if state.data.len() > limit {
            return Err(Error::StateTooLarge { step: progress.step, bytes: state.data.len(), limit });
        }
        let Progress { step, watermark, inputs, rows_in, rows_out } = progress;
        Ok(Self { format: FORMAT, step, sequence, watermark, inputs, rows_in, rows_out, state })
    }

    /// What the step goes on from.
    ///
    /// # Errors
    /// [`Error::State`] if it is damaged.
    pub fn state(&self) -> Result<State> {
        self.state.unpack().map_err(|reason| Error::State { action: "restored", reason })
    }

    /// The text that metadata holds.
    pub(crate) fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::State { action: "stored", reason: error.to_string() })
    }

    /// The checkpoint of a job in a version of its output.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] for one that cannot be read.
    pub(crate) fn find(job: &str, output: &str, snapshot: Option<&Snapshot>) -> Result<Option<Self>> {
        let Some(text) = snapshot.and_then(|snapshot| snapshot.key_value_metadata.get(&key_of(job))) else {
            return Ok(None);
        };
        let unusable = |reason: String| Error::Checkpoint { job: job.to_owned(), output: output.to_owned(), reason };
        // The format is looked at first: a newer one may not read as ours.
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| unusable(format!("it is no JSON: {error}")))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => return Err(unusable(format!("its format is {format}, and {FORMAT} is known"))),
            None => return Err(unusable("it has no format".to_owned())),
        }
        serde_json::from_value(value).map(Some).map_err(|error| unusable(error.to_string()))
    }
}

/// The checkpoints of other jobs in a version of their output, as far as they can be read.
pub(crate) fn of_others(job: &str, snapshot: &Snapshot) -> Vec<(String, Checkpoint)> {
    let others = snapshot.key_value_metadata.iter().filter_map(|(key, text)| {
        let other = key.strip_prefix(PREFIX).filter(|other| *other != job)?;
        Some((other.to_owned(), serde_json::from_str(text).ok()?))
    });
    others.collect()
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.watermark.as_deref().unwrap_or("nothing");
        write!(
            f,
            "checkpoint {} of {}: until {until}, {} rows in, {} out",
            self.sequence, self.step, self.rows_in, self.rows_out
        )?;
        for InputPosition { name, read, .. } in &self.inputs {
            match read {
                Some(read) => write!(f, "; `{name}` at version {}", read.version)?,
                None => write!(f, "; `{name}` not stored")?,
            }
        }
        Ok(())
    }
}

/// The key of a job's checkpoint in metadata, and its id among the applications.
pub(crate) fn key_of(job: &str) -> String {
    format!("{PREFIX}{job}")
}

/// The number of the newest commit that a job made, checkpoint or reset.
pub(crate) fn sequence_of(job: &str, snapshot: Option<&Snapshot>) -> u64 {
    let apps: Option<&BTreeMap<String, u64>> = snapshot.map(|snapshot| &snapshot.apps);
    apps.and_then(|apps| apps.get(&key_of(job))).copied().unwrap_or_default()
}

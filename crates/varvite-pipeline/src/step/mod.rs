//! [`Step`]: what a job does to rows, and what it remembers between them.

mod asof;
mod flow;
mod input;
mod segment;
mod stateful;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};
use varvite_time::Period;
use xxhash_rust::xxh3::Xxh3;

pub use asof::AsofStep;
pub use flow::FlowStep;
pub(crate) use flow::beside;
pub use input::InputRows;
pub use segment::SegmentStep;
pub use stateful::Stateful;

use crate::{State, StepError};

/// What a [`StreamJob`](crate::StreamJob) does to rows. It is given rows in order of the ordered column, rows of one value
/// together, and what it makes is committed with its state.
pub trait Step {
    /// What tells this step from others: a checkpoint of another one is refused.
    fn identity(&self) -> Identity;

    /// What a row of the output depends on: whether a part of it can be computed anew.
    fn scope(&self) -> Scope {
        Scope::History
    }

    /// What a row of the output depends on of one input, where its name and the column that all inputs are ordered on let
    /// more be said than [`scope`](Self::scope) does.
    fn scope_of(&self, _input: &str, _ordered_on: &str) -> Scope {
        self.scope()
    }

    /// Whether what it makes may be made again, in a later call and with other values: the output then needs a key by
    /// which the later row wins, and a job without one is refused.
    fn rewrites(&self) -> bool {
        false
    }

    /// Begins anew, or from a state that was saved.
    ///
    /// # Errors
    /// The state is none of this step.
    fn begin(&mut self, state: Option<&State>) -> Result<(), StepError>;

    /// Takes rows and returns those to write. What is known of an open bin is written, too, and written again when more
    /// is known: the output's duplicates key lets the later row win.
    ///
    /// # Errors
    /// Whatever goes wrong: the job ends, and begins again where it last committed.
    fn push(&mut self, rows: &InputRows) -> Result<RecordBatch, StepError>;

    /// What to go on from.
    ///
    /// # Errors
    /// It cannot be stored.
    fn state(&self) -> Result<State, StepError>;
}

impl<S: Step + ?Sized> Step for &mut S {
    fn identity(&self) -> Identity {
        (**self).identity()
    }

    fn scope(&self) -> Scope {
        (**self).scope()
    }

    fn scope_of(&self, input: &str, ordered_on: &str) -> Scope {
        (**self).scope_of(input, ordered_on)
    }

    fn rewrites(&self) -> bool {
        (**self).rewrites()
    }

    fn begin(&mut self, state: Option<&State>) -> Result<(), StepError> {
        (**self).begin(state)
    }

    fn push(&mut self, rows: &InputRows) -> Result<RecordBatch, StepError> {
        (**self).push(rows)
    }

    fn state(&self) -> Result<State, StepError> {
        (**self).state()
    }
}

/// What tells a step from others: its name and version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Its version: a number, or a fingerprint.
    pub version: String,
    /// What the version is made of, by name, so that messages can say what differs. Two that differ here alone are equal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, String>,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.version) == (&other.name, &other.version)
    }
}

impl Eq for Identity {}

impl Identity {
    /// A step's name and version.
    pub fn new(name: impl Into<String>, version: impl fmt::Display) -> Self {
        Self { name: name.into(), version: version.to_string(), parts: BTreeMap::new() }
    }

    /// The names of the parts that differ; none if one of the two tells none.
    pub(crate) fn differences<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        if self.parts.is_empty() || other.parts.is_empty() {
            return Vec::new();
        }
        let names: BTreeSet<&String> = self.parts.keys().chain(other.parts.keys()).collect();
        let differs = names.into_iter().filter(|name| self.parts.get(*name) != other.parts.get(*name));
        differs.map(String::as_str).collect()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step `{}` version {}", self.name, self.version)
    }
}

/// A number that stands for these parts, in their order.
pub(crate) fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.digest()
}

/// What a row of the output depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Scope {
    /// On input rows of the same value of the ordered column alone.
    Row,
    /// On input rows of the same tile of a period alone, in which it lies itself. The state says something about the tile that is open and
    /// nothing about those before.
    Tile(Period),
    /// On input rows of the same value, and on those before it that are less than a span of time away. The ordered column
    /// has dates or timestamps.
    Span(Duration),
    /// On input rows of the same value, and on so many rows before it.
    Rows(usize),
    /// On any input row before it.
    #[default]
    History,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row => f.write_str("its own row"),
            Self::Tile(period) => write!(f, "the rows of its {period}"),
            Self::Span(span) => write!(f, "the rows of the {span:?} before it"),
            Self::Rows(rows) => write!(f, "the {rows} rows before it"),
            Self::History => f.write_str("all rows before"),
        }
    }
}

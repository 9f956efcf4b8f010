//! What a fit leaves: values of the data set, with the graph that they belong to.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::check::Carried;
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::fold::exact;
use crate::graph::{Dataflow, Graph};
use crate::run::Intake;
use crate::value::Value;

/// Values of a data set that batches and single rows are computed with. Serializable; floats come back to the bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    #[serde(deserialize_with = "check_form")]
    form: u32,
    /// The graph that it belongs to.
    pub(crate) fingerprint: String,
    /// Those of its parts, unless they are very many.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    parts: BTreeMap<String, String>,
    /// How many rows it was fitted on.
    num_rows: u64,
    /// Values by node.
    pub(crate) values: BTreeMap<String, Stored>,
    /// Folds, each with the column it is of.
    pub(crate) folds: Vec<StoredFold>,
    /// Windows of a stream, by what they are of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) windows: BTreeMap<String, serde_json::Value>,
    /// States of a stream's nodes, by name: `MessagePack` in base64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) states: BTreeMap<String, String>,
    /// What checks of all rows have seen in a stream, by node and check.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) checks: BTreeMap<String, Carried>,
    /// What was asked of the stream that has left it; nothing for a fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_by: Option<Vec<String>>,
    /// Values of types of users, which are put in the place of nodes and are not stored.
    #[serde(skip)]
    replaced: BTreeMap<String, Value>,
}

/// How many of the parts that differ are told.
const TOLD_PARTS: usize = 5;
/// How many nodes a graph may have whose parts are told apart.
const MAX_PARTS: usize = 1_000;

/// The form that is written. Another is refused.
const FORM: u32 = 1;

fn check_form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        FORM => Ok(FORM),
        other => Err(D::Error::custom(format!("fitted values of form {other}, this release reads form {FORM}"))),
    }
}

/// A value in a form that can be stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stored {
    Null,
    Bool(bool),
    I64(i64),
    F64(#[serde(with = "exact")] f64),
    Str(String),
    Date(String),
    DateTime(String),
    Timestamp(String),
    List(Vec<Stored>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredFold {
    /// The node or input that is folded.
    pub(crate) column: String,
    /// The accumulator.
    pub(crate) by: String,
    pub(crate) state: serde_json::Value,
}

impl Fitted {
    pub(crate) fn new(flow: &Dataflow, num_rows: u64) -> Self {
        let fingerprint = flow.fingerprint().to_owned();
        Self {
            form: FORM,
            fingerprint,
            parts: if flow.nodes().len() > MAX_PARTS { BTreeMap::new() } else { flow.part_fingerprints() },
            num_rows,
            values: BTreeMap::new(),
            folds: Vec::new(),
            windows: BTreeMap::new(),
            states: BTreeMap::new(),
            checks: BTreeMap::new(),
            left_by: None,
            replaced: BTreeMap::new(),
        }
    }

    /// Puts a value in the place of a node, in streams and for single rows: of one that was not fitted, or that cannot run
    /// there. It is not stored; names are checked where it is used.
    pub fn replace(mut self, node: impl Into<String>, value: impl Into<Value>) -> Self {
        self.replaced.insert(node.into(), value.into());
        self
    }

    /// What was replaced by hand, without what was fitted.
    pub(crate) fn replaced(&self) -> Intake {
        let overrides = self.replaced.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Intake { overrides, ..Intake::default() }
    }

    /// As JSON.
    ///
    /// # Errors
    /// None that are known: what has no such form is refused when it is fitted.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| unreadable(&error))
    }

    /// From JSON.
    ///
    /// # Errors
    /// Text that is no such values, or of another form.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| unreadable(&error))
    }

    /// How many rows it was fitted on.
    pub fn num_rows(&self) -> u64 {
        self.num_rows
    }

    /// The fitted value of a node.
    pub fn get(&self, node: &str) -> Option<Value> {
        self.replaced.get(node).cloned().or_else(|| self.values.get(node)?.value())
    }

    /// Names of the fitted and of the replaced nodes, in ascending order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let fitted = self.values.keys().filter(|&name| !self.replaced.contains_key(name));
        let mut names: Vec<&str> = fitted.chain(self.replaced.keys()).map(String::as_str).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// Refuses values that were put in the place of what is no node: before anything is said to be lacking for it.
    pub(crate) fn check_names(&self, graph: &Graph) -> Result<()> {
        let is_known = |name: &str| graph.index.contains_key(name) || graph.input_index.contains_key(name);
        let unknown = self.replaced.keys().filter(|name| !is_known(name));
        let problems = unknown.map(|name| crate::run::unknown_node(graph, name)).collect();
        Error::check(Phase::Plan, problems)
    }

    /// Refuses what another graph has left.
    pub(crate) fn check(&self, flow: &Dataflow) -> Result<()> {
        if self.fingerprint == flow.fingerprint() {
            return Ok(());
        }
        let own = if self.parts.is_empty() { BTreeMap::new() } else { flow.part_fingerprints() };
        let names: Vec<&String> =
            self.parts.keys().chain(own.keys().filter(|name| !self.parts.contains_key(*name))).collect();
        let differs: Vec<(&String, &str)> = names
            .into_iter()
            .filter_map(|name| match (self.parts.get(name), own.get(name)) {
                (Some(before), Some(now)) if before == now => None,
                (Some(_), Some(_)) => Some((name, "changed")),
                (Some(_), None) => Some((name, "is gone")),
                (None, _) => Some((name, "is new")),
            })
            .collect();
        let told = differs.iter().take(TOLD_PARTS).map(|(name, how)| format!("`{name}` {how}")).collect::<Vec<_>>();
        let more = differs.len().saturating_sub(TOLD_PARTS);
        let told = match (told.is_empty(), more) {
            (true, _) => String::new(),
            (false, 0) => format!(": {}", told.join(", ")),
            (false, more) => format!(": {} and {more} more", told.join(", ")),
        };
        let message =
            format!("fitted values belong to the graph {}, this one is {}{told}", self.fingerprint, flow.fingerprint());
        let names = differs.into_iter().map(|(name, _)| name);
        Err(Error::one(Phase::Plan, Problem::new(Kind::OtherGraph, names, message)))
    }
}

fn unreadable(error: &serde_json::Error) -> Error {
    let message = format!("fitted values cannot be read or written: {error}");
    Error::one(Phase::Plan, Problem::new(Kind::NotStorable, Vec::<String>::new(), message))
}

impl Stored {
    /// Nothing for values of other types.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::I64(value) => Self::I64(*value),
            Value::F64(value) => Self::F64(*value),
            Value::Str(value) => Self::Str(value.to_string()),
            Value::Date(value) => Self::Date(format!("{value:?}")),
            Value::DateTime(value) => Self::DateTime(format!("{value:?}")),
            Value::Timestamp(value) => Self::Timestamp(value.to_rfc3339()),
            Value::List(values) => Self::List(values.iter().map(Self::of).collect::<Option<_>>()?),
            Value::Column(_) | Value::Batch(_) | Value::Other(_) => return None,
        })
    }

    /// Nothing if the text of a date is none.
    pub(crate) fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::I64(value) => (*value).into(),
            Self::F64(value) => (*value).into(),
            Self::Str(value) => value.as_str().into(),
            Self::Date(text) => text.parse::<NaiveDate>().ok()?.into(),
            Self::DateTime(text) => text.parse::<NaiveDateTime>().ok()?.into(),
            Self::Timestamp(text) => text.parse::<DateTime<Utc>>().ok()?.into(),
            Self::List(values) => values.iter().map(Self::value).collect::<Option<Vec<_>>>()?.into(),
        })
    }
}

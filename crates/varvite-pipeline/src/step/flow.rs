//! [`FlowStep`]: a dataflow as a step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use varvite_flow::{Dataflow, Fitted, Stream, Value};

use super::{Identity, InputRows, Scope, Step, fingerprint};
use crate::{Result, State, StepError};

/// How many nodes are told one by one: they stand in each commit.
const MAX_PARTS: usize = 100;

/// A dataflow over the rows of one input. The output has columns that are kept from the input, then those asked for.
pub struct FlowStep {
    name: String,
    flow: Dataflow,
    fitted: Fitted,
    request: Vec<String>,
    kept: Vec<String>,
    kind: FlowKind,
    looks_back: bool,
    /// The graph, what is asked of it, what is kept, and where it began.
    version: String,
    /// The same, part by part.
    parts: BTreeMap<String, String>,
    stream: Stream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlowKind {
    /// Values of the data set stay as they were fitted.
    Fitted,
    /// Folds go on from what was fitted.
    Running,
}

impl FlowStep {
    /// A flow whose values of the data set stay as they were fitted: each row of the output depends on its own row alone,
    /// but for windows and nodes with a state. `kept` names the columns of the input that stand beside what is asked for, the ordered one among them.
    ///
    /// # Errors
    /// [`Error::Flow`](crate::Error::Flow) for values of another graph, or a request that batches cannot serve;
    /// [`Error::State`](crate::Error::State) for values that cannot be stored.
    pub fn fitted(flow: &Dataflow, fitted: &Fitted, kept: &[&str], request: &[&str]) -> Result<Self> {
        Self::new(FlowKind::Fitted, flow, fitted, kept, request)
    }

    /// A flow whose folds go on from what was fitted, each batch taken in before its rows are computed.
    ///
    /// # Errors
    /// As [`fitted`](Self::fitted).
    pub fn running(flow: &Dataflow, fitted: &Fitted, kept: &[&str], request: &[&str]) -> Result<Self> {
        Self::new(FlowKind::Running, flow, fitted, kept, request)
    }

    fn new(kind: FlowKind, flow: &Dataflow, fitted: &Fitted, kept: &[&str], request: &[&str]) -> Result<Self> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let stream = stream(kind, flow, fitted, request)?;
        let encoded = State::encode(&(kind == FlowKind::Running, fitted, request, kept))?;
        let digest = fingerprint([flow.fingerprint().as_bytes(), encoded.bytes()]);
        Ok(Self {
            name: "dataflow".to_owned(),
            flow: flow.clone(),
            fitted: fitted.clone(),
            request: owned(request),
            kept: owned(kept),
            kind,
            looks_back: flow.looks_back(request)?,
            version: format!("{}/{digest:016x}", flow.fingerprint()),
            parts: parts(kind, flow, fitted, kept, request)?,
            stream,
        })
    }

    /// Changes the name that checkpoints and messages have.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

/// What an identity is made of: nodes and inputs that the request needs are told one by one, unless they are very many.
fn parts(
    kind: FlowKind,
    flow: &Dataflow,
    fitted: &Fitted,
    kept: &[&str],
    request: &[&str],
) -> Result<BTreeMap<String, String>> {
    let encoded = State::encode(fitted)?;
    let mut parts = BTreeMap::from([
        ("kind of flow".to_owned(), format!("{kind:?}")),
        ("request".to_owned(), request.join(", ")),
        ("kept columns".to_owned(), kept.join(", ")),
        ("fitted values".to_owned(), format!("{:016x}", fingerprint([encoded.bytes()]))),
    ]);
    let mut needed = BTreeSet::new();
    for name in request {
        needed.extend(flow.upstream(name)?);
    }
    if needed.len() <= MAX_PARTS {
        let nodes = flow.part_fingerprints().into_iter().filter(|(name, _)| needed.contains(name));
        parts.extend(nodes.map(|(name, fingerprint)| (format!("`{name}`"), fingerprint)));
    }
    Ok(parts)
}

fn stream(kind: FlowKind, flow: &Dataflow, fitted: &Fitted, request: &[&str]) -> Result<Stream, varvite_flow::Error> {
    match kind {
        FlowKind::Fitted => flow.stream_named(fitted, request),
        FlowKind::Running => flow.running_stream_named(fitted, request),
    }
}

impl Step for FlowStep {
    /// The graph, what is asked of it, what is kept, and where it began.
    fn identity(&self) -> Identity {
        Identity { parts: self.parts.clone(), ..Identity::new(&self.name, &self.version) }
    }

    fn scope(&self) -> Scope {
        match self.kind {
            FlowKind::Fitted if !self.looks_back => Scope::Row,
            FlowKind::Fitted | FlowKind::Running => Scope::History,
        }
    }

    /// Windows over the ordered column tell how far a row looks back.
    fn scope_of(&self, _input: &str, ordered_on: &str) -> Scope {
        // A time that is put in by hand is not that of the rows.
        if self.kind == FlowKind::Running || self.fitted.names().any(|name| name == ordered_on) {
            return self.scope();
        }
        let request: Vec<&str> = self.request.iter().map(String::as_str).collect();
        match self.flow.reach(&request, ordered_on) {
            Ok(Some(Duration::ZERO)) => Scope::Row,
            Ok(Some(span)) => Scope::Span(span),
            Ok(None) | Err(_) => self.scope(),
        }
    }

    fn begin(&mut self, state: Option<&State>) -> Result<(), StepError> {
        let restored = state.filter(|state| !state.is_empty()).map(State::decode::<Fitted>).transpose()?;
        let request: Vec<&str> = self.request.iter().map(String::as_str).collect();
        self.stream = stream(self.kind, &self.flow, restored.as_ref().unwrap_or(&self.fitted), &request)?;
        Ok(())
    }

    fn push(&mut self, rows: &InputRows) -> Result<RecordBatch, StepError> {
        let rows = rows.only()?;
        let made = self.stream.push(rows)?;
        beside(rows, &self.kept, made.iter())
    }

    fn state(&self) -> Result<State, StepError> {
        if !self.stream.remembers() {
            return Ok(State::none());
        }
        Ok(State::encode(&self.stream.state()?)?)
    }
}

/// Columns of the input, then those that were made.
pub(crate) fn beside<'a>(
    rows: &RecordBatch,
    kept: &[String],
    made: impl IntoIterator<Item = (&'a str, &'a Value)>,
) -> Result<RecordBatch, StepError> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for name in kept {
        let at = rows.schema().index_of(name)?;
        fields.push(Arc::clone(&rows.schema().fields()[at]));
        columns.push(Arc::clone(rows.column(at)));
    }
    for (name, value) in made {
        let Value::Column(column) = value else {
            return Err(format!("`{name}` is one value, not a column of rows").into());
        };
        fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
        columns.push(Arc::clone(column));
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

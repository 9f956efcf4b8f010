//! [`Stateful`]: a function with a state, as a step.

use std::fmt;

use arrow::array::RecordBatch;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Identity, InputRows, Scope, Step};
use crate::{State, StepError};

type Function<S> = Box<dyn FnMut(&mut S, &InputRows) -> Result<RecordBatch, StepError> + Send>;

/// A function of a state and of rows: a loop with a state that is never lost, and never ahead of what was written.
///
/// ```
/// use arrow::array::RecordBatch;
/// use varvite_pipeline::{Stateful, StepError};
///
/// let count = Stateful::new("count", 1, 0_u64, |seen, rows: RecordBatch| {
///     *seen += rows.num_rows() as u64;
///     Ok::<_, StepError>(rows)
/// });
/// ```
pub struct Stateful<S> {
    identity: Identity,
    scope: Scope,
    initial: S,
    state: S,
    function: Function<S>,
}

impl<S: Clone> Stateful<S> {
    /// A function of the rows of one input. Give it another version when what it makes changes.
    pub fn new<F, E>(name: impl Into<String>, version: u32, initial: S, mut function: F) -> Self
    where
        F: FnMut(&mut S, RecordBatch) -> Result<RecordBatch, E> + Send + 'static,
        E: Into<StepError>,
    {
        Self::over(name, version, initial, move |state, rows: &InputRows| {
            function(state, rows.only()?.clone()).map_err(Into::into)
        })
    }

    /// A function of the rows of several inputs.
    pub fn over<F>(name: impl Into<String>, version: u32, initial: S, function: F) -> Self
    where
        F: FnMut(&mut S, &InputRows) -> Result<RecordBatch, StepError> + Send + 'static,
    {
        let identity = Identity::new(name, version);
        Self { identity, scope: Scope::History, state: initial.clone(), initial, function: Box::new(function) }
    }

    /// Says what a row of its output depends on: more than all rows before it cannot be known otherwise.
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }
}

impl<S: Clone + Serialize + DeserializeOwned> Step for Stateful<S> {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn begin(&mut self, state: Option<&State>) -> Result<(), StepError> {
        self.state = match state {
            Some(state) => state.decode()?,
            None => self.initial.clone(),
        };
        Ok(())
    }

    fn push(&mut self, rows: &InputRows) -> Result<RecordBatch, StepError> {
        (self.function)(&mut self.state, rows)
    }

    fn state(&self) -> Result<State, StepError> {
        Ok(State::encode(&self.state)?)
    }
}

impl<S: fmt::Debug> fmt::Debug for Stateful<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stateful").field("identity", &self.identity).field("state", &self.state).finish_non_exhaustive()
    }
}

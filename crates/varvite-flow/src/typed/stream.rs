//! Micro-batches by type.

use std::fmt;
use std::marker::PhantomData;

use super::request::{self, Request};
use crate::context::{Batch, Fitted, Stream};
use crate::error::Result;
use crate::graph::Dataflow;
use crate::value::Value;

/// A [`Stream`] that gives each batch's answer by type.
pub struct TypedStream<R> {
    stream: Stream,
    request: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for TypedStream<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}

impl Dataflow {
    /// A stream whose values of the data set are those that were fitted, and stay so.
    ///
    /// # Errors
    /// As those of [`Dataflow::stream_named`].
    pub fn stream<R: Request>(&self, fitted: &Fitted) -> Result<TypedStream<R>> {
        let stream = self.stream_named(fitted, &request::names::<R>(self)?)?;
        Ok(TypedStream { stream, request: PhantomData })
    }

    /// A stream whose folds go on from what was fitted: each batch is taken in before its rows are computed.
    ///
    /// # Errors
    /// As those of [`Dataflow::running_stream_named`].
    pub fn running_stream<R: Request>(&self, fitted: &Fitted) -> Result<TypedStream<R>> {
        let stream = self.running_stream_named(fitted, &request::names::<R>(self)?)?;
        Ok(TypedStream { stream, request: PhantomData })
    }
}

impl<R: Request> TypedStream<R> {
    /// Computes the rows of a batch.
    ///
    /// # Errors
    /// As those of a run.
    pub fn push(&mut self, batch: impl Into<Batch>) -> Result<R::Offline> {
        let made = self.stream.push(batch)?;
        let values: Vec<&Value> = made.iter().map(|(_, value)| value).collect();
        R::offline(&values)
    }

    /// What a stream goes on from. See [`Stream::state`].
    ///
    /// # Errors
    /// As those of [`Stream::state`].
    pub fn state(&self) -> Result<Fitted> {
        self.stream.state()
    }

    /// The same stream by name: for outputs with a report.
    pub fn by_name(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

//! Runs and fits by type.

use arrow::array::RecordBatch;

use super::names::{Inputs, NamedNode};
use super::output::Replaces;
use super::request::{self, Request};
use crate::context::Fitted;
use crate::error::Result;
use crate::graph::Dataflow;
use crate::run::{Report, Run};
use crate::value::Value;

impl Run<'_> {
    /// Gives inputs one value each: `inputs(&features::Inputs { age: 33.0, .. })`.
    pub fn inputs<I: Inputs>(mut self, inputs: &I) -> Self {
        let mut names = I::NAMES.iter();
        inputs.for_each(&mut |value| {
            if let (Some(name), Some(value)) = (names.next(), value) {
                self.intake.inputs.push(((*name).to_owned(), value));
            }
        });
        self
    }

    /// Puts a value in the place of a node, which is named by its type: `replace::<features::age_mean>(Whole(38.4))`.
    /// The node does not run, and nothing runs for it alone.
    pub fn replace<N: NamedNode>(self, value: impl Replaces<N::Out>) -> Self {
        self.replace_named(N::NAME, value.into_value())
    }

    /// Runs what the request needs, and nothing else: `get::<(features::score, features::age_mean)>()`.
    ///
    /// # Errors
    /// As those of [`Run::get_named`]; nodes that are of another type in this graph.
    pub fn get<R: Request>(self) -> Result<R::Offline> {
        Ok(self.get_with_report::<R>()?.0)
    }

    /// The same, with what happened beside the values: `let ((score,), report) = run.get_with_report::<..>()?`.
    ///
    /// # Errors
    /// As those of [`Run::get`].
    pub fn get_with_report<R: Request>(self) -> Result<(R::Offline, Report)> {
        let names = request::names::<R>(self.flow)?;
        let made = self.get_named(&names)?;
        let values: Vec<&Value> = made.iter().map(|(_, value)| value).collect();
        Ok((R::offline(&values)?, made.report().clone()))
    }

    /// Computes what a request needs of the data set that the run is given: a fit with inputs and replacements.
    ///
    /// # Errors
    /// As those of [`Run::fit_named`].
    pub fn fit<R: Request>(self) -> Result<Fitted> {
        let names = request::names::<R>(self.flow)?;
        self.fit_named(&names)
    }
}

impl Dataflow {
    /// Computes what a request needs of a data set as a whole. The batches are the data set, one after the other.
    ///
    /// # Errors
    /// As those of [`Dataflow::fit_named`].
    pub fn fit<R: Request>(&self, batches: &[RecordBatch]) -> Result<Fitted> {
        self.fit_named(batches, &request::names::<R>(self)?)
    }
}

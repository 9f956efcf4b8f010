//! [`SegmentStep`]: segmented aggregation as a step.

use arrow::array::RecordBatch;
use varvite_ops::{SegmentOptions, SegmentState, SegmentedAggregation};

use super::{Identity, InputRows, Scope, Step, fingerprint};
use crate::{Error, Result, State, StepError};

/// Rows of one input cut into bins, one row a bin. The open bin is written as far as it is known, and again when more is:
/// the output has the label as its duplicates key, and a job whose output has none is refused.
///
/// Bins of a period that are named by their start, with none for intervals without rows, can be computed anew after late
/// rows ([`SegmentOptions::tile`]).
#[derive(Debug)]
pub struct SegmentStep {
    options: SegmentOptions,
    identity: Identity,
    aggregation: SegmentedAggregation,
}

impl SegmentStep {
    /// # Errors
    /// [`Error::Operator`] for options that do not fit together.
    pub fn new(options: SegmentOptions) -> Result<Self> {
        let encoded = State::encode(&options)?;
        let identity = Identity::new("segments", format_args!("{:016x}", fingerprint([encoded.bytes()])));
        let aggregation = SegmentedAggregation::try_new(options.clone());
        let aggregation = aggregation.map_err(|source| Error::Operator { source: Box::new(source) })?;
        Ok(Self { options, identity, aggregation })
    }
}

impl Step for SegmentStep {
    /// The options: others are another step.
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn scope(&self) -> Scope {
        self.options.tile().map_or(Scope::History, Scope::Tile)
    }

    fn rewrites(&self) -> bool {
        true
    }

    fn begin(&mut self, state: Option<&State>) -> Result<(), StepError> {
        self.aggregation = match state {
            None => SegmentedAggregation::try_new(self.options.clone())?,
            Some(state) => SegmentedAggregation::restore(self.options.clone(), state.decode::<SegmentState>()?)?,
        };
        Ok(())
    }

    fn push(&mut self, rows: &InputRows) -> Result<RecordBatch, StepError> {
        Ok(self.aggregation.push(rows.only()?)?.bins)
    }

    fn state(&self) -> Result<State, StepError> {
        Ok(State::encode(&self.aggregation.state()?)?)
    }
}

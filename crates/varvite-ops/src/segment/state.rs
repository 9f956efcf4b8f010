//! [`SegmentState`]: what a segmented aggregation remembers, to be saved and restored.

use std::sync::Arc;

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

use super::accumulate::Saved;
use super::cursor::Position;
use super::{Memory, SegmentOptions, SegmentedAggregation};
use crate::rows::Rows;
use crate::{Error, Result};

/// The version of the form of states.
const VERSION: u32 = 1;

/// What a [`SegmentedAggregation`] remembers between calls, as plain data for serde.
///
/// Its form is an object with `version`, `options` and `memory`; rows in it are Arrow IPC streams in base64, floats
/// are their bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentState {
    version: u32,
    options: SegmentOptions,
    /// `None` before the first call.
    memory: Option<Remembered>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Remembered {
    /// No rows: the columns that are read.
    columns: Rows,
    last: Rows,
    bins: Position,
    snapshots: Position,
    values: Vec<Saved>,
}

impl SegmentState {
    pub(super) fn of(aggregation: &SegmentedAggregation) -> Result<Self> {
        let of_memory = |memory: &Memory| {
            Ok(Remembered {
                columns: Rows(RecordBatch::new_empty(Arc::clone(&memory.columns))),
                last: Rows(memory.last.clone()),
                bins: memory.bins.save()?,
                snapshots: memory.snapshots.save()?,
                values: memory.accumulators.iter().map(|accumulator| accumulator.save()).collect::<Result<_>>()?,
            })
        };
        let memory = aggregation.memory.as_ref().map(of_memory).transpose()?;
        Ok(Self { version: VERSION, options: aggregation.options.clone(), memory })
    }

    pub(super) fn into_aggregation(self, options: SegmentOptions) -> Result<SegmentedAggregation> {
        let refused = |reason: &str| Error::State { reason: reason.to_owned() };
        if self.version != VERSION {
            return Err(Error::State { reason: format!("it has version {}, and we know {VERSION}", self.version) });
        }
        if self.options != options {
            return Err(refused("it is of an aggregation with other options"));
        }
        let mut aggregation = SegmentedAggregation::try_new(options)?;
        let Some(remembered) = self.memory else { return Ok(aggregation) };
        let mut memory = Memory::new(&aggregation.options, remembered.columns.0.schema_ref())?;
        let load = |memory: &mut Memory| {
            memory.bins.load(&remembered.bins)?;
            memory.snapshots.load(&remembered.snapshots)?;
            let last = remembered.last.0;
            if last.schema_ref() != memory.last.schema_ref() || last.num_rows() > 1 {
                return None;
            }
            memory.last = last;
            if remembered.values.len() != memory.accumulators.len() {
                return None;
            }
            memory.accumulators.iter_mut().zip(remembered.values).try_for_each(|(to, value)| to.load(value))
        };
        load(&mut memory).ok_or_else(|| refused("its values are not of the columns that it names"))?;
        aggregation.memory = Some(memory);
        Ok(aggregation)
    }
}

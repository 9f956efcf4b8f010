//! [`AsofState`]: what an as-of merge remembers, to be saved and restored.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::{AsofMerge, AsofOptions};
use crate::rows::Rows;
use crate::{Error, Result};

/// The version of the form of states.
const VERSION: u32 = 1;

/// What an [`AsofMerge`] remembers between calls, as plain data for serde.
///
/// Its form is an object with `version`, `options` and `memory`; rows in it are Arrow IPC streams in base64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AsofState {
    version: u32,
    options: AsofOptions,
    /// `None` before the first call.
    memory: Option<Memory>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Memory {
    /// No rows: the columns of targets.
    targets: Rows,
    /// By group and frame: the last `n_prev + 1` rows.
    history: Vec<Vec<Rows>>,
}

impl AsofState {
    pub(super) fn of(merge: &AsofMerge) -> Self {
        let rows = |group: &Vec<RecordBatch>| group.iter().cloned().map(Rows).collect();
        let memory = merge.layout.as_ref().map(|layout| Memory {
            targets: Rows(RecordBatch::new_empty(Arc::clone(&layout.targets))),
            history: merge.history.iter().map(rows).collect(),
        });
        Self { version: VERSION, options: merge.options.clone(), memory }
    }

    pub(super) fn into_merge(self, options: AsofOptions) -> Result<AsofMerge> {
        let refused = |reason: &str| Error::State { reason: reason.to_owned() };
        if self.version != VERSION {
            return Err(Error::State { reason: format!("it has version {}, and we know {VERSION}", self.version) });
        }
        if self.options != options {
            return Err(refused("it is of a merge with other options"));
        }
        let mut merge = AsofMerge::try_new(options)?;
        let Some(memory) = self.memory else { return Ok(merge) };
        let frames = merge.options.frames.len();
        if memory.history.is_empty() || memory.history.iter().any(|group| group.len() != frames) {
            return Err(refused("its groups have not one frame for each of the options"));
        }
        let history: Vec<Vec<RecordBatch>> =
            memory.history.into_iter().map(|group| group.into_iter().map(|rows| rows.0).collect()).collect();
        let schemas: Vec<SchemaRef> = history[0].iter().map(RecordBatch::schema).collect();
        let on = &merge.options.on;
        if schemas.iter().any(|schema| schema.fields().first().is_none_or(|field| field.name() != on)) {
            return Err(refused("its rows do not begin with the ordered column"));
        }
        if history.iter().flatten().zip(schemas.iter().cycle()).any(|(rows, schema)| rows.schema_ref() != schema) {
            return Err(refused("its groups have different columns"));
        }
        merge.layout = Some(Layout::try_new(&merge.options, memory.targets.0.schema(), schemas)?);
        merge.history = history;
        Ok(merge)
    }
}

//! Flows joined with data: what reads datasets, runs a dataflow or any step with a state over them, and writes the result.
//!
//! A [`StreamJob`] goes through its inputs in order. Each commit of its output holds the rows, the step's state and how far
//! the inputs were read, so that a job that is killed anywhere goes on exactly where it last committed.

#[cfg(feature = "asset")]
mod asset;
mod batches;
mod checkpoint;
mod error;
#[cfg(feature = "feature")]
mod feature;
mod file;
mod job;
mod keys;
mod sink;
mod source;
mod state;
mod step;
mod stream;

pub use batches::BatchesReport;
pub use checkpoint::{Checkpoint, InputPosition, ReadVersion};
pub use error::{Error, Result, StepError};
#[cfg(feature = "feature")]
pub use feature::FlowSource;
#[cfg(feature = "online")]
pub use feature::OnlineFlow;
#[cfg(feature = "text-files")]
pub use file::{CsvOptions, Types};
pub use job::{Job, JobReport, LoadedSource, SavedOutput};
pub use keys::{KeysReport, for_each_key};
pub use sink::Sink;
pub use source::Source;
pub use state::State;
pub use step::{AsofStep, FlowStep, Identity, InputRows, Scope, SegmentStep, Stateful, Step};
pub use stream::{
    DEFAULT_BATCH_ROWS, DEFAULT_BUFFER_BYTES, DEFAULT_STATE_LIMIT, HoldBack, InputPlan, InputReport, Late, LatePlan,
    Reset, RowEstimate, StreamJob, StreamOptions, StreamPlan, StreamProgress, StreamReport,
};

//! [`AsofStep`]: an as-of merge as a step.

use arrow::array::RecordBatch;
use varvite_ops::{AsofMerge, AsofOptions, AsofState};

use super::{Identity, InputRows, Scope, Step, fingerprint};
use crate::{Error, Result, State, StepError};

/// The rows of one input, each with the latest rows before it of the others: one input a frame of the options.
///
/// What came to an input after targets that it should have been matched with is late. So run it with
/// [`HoldBack::Newest`](crate::HoldBack::Newest): targets then wait until all inputs are that far.
/// Where [late rows are computed anew](crate::Late::Recompute), a late target changes its own row, and a late row of a frame
/// the targets until so many rows of that frame follow it as a target is given. Rows of a frame that come to the very value
/// until which all was taken are late, too.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
/// use arrow::datatypes::Int64Type;
/// use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
/// use varvite_ops::{AsofFrame, AsofOptions, Matching};
/// use varvite_pipeline::{AsofStep, HoldBack, StreamJob, StreamOptions};
///
/// # let folder = tempfile::tempdir()?;
/// let open = |name: &str| Dataset::open_or_new(folder.path().join(name));
/// let (orders, quotes, priced) = (open("orders")?, open("quotes")?, open("priced")?);
/// let column = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
/// let options = WriteOptions::ordered_on("at");
/// orders.write(RecordBatch::try_from_iter([("at", column(vec![2, 5, 9]))])?, &options)?;
/// quotes.write(RecordBatch::try_from_iter([("at", column(vec![1, 4, 6])), ("price", column(vec![10, 20, 30]))])?, &options)?;
///
/// let step = AsofStep::new("orders", ["quotes"], AsofOptions::new("at", [AsofFrame::new(Matching::Before)]))?;
/// let job = StreamJob::new("priced", "orders", &orders, &priced, options)
///     .with_input("quotes", &quotes)
///     .with_options(StreamOptions::default().with_hold_back(HoldBack::Newest));
/// job.run(step)?;
/// // The order at 9 waits: more quotes may come until then.
/// let price = priced.read(&ScanOptions::default().with_columns(["price"]))?;
/// assert_eq!(price.column(0).as_primitive::<Int64Type>().values(), &[10, 20]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AsofStep {
    targets: String,
    frames: Vec<String>,
    identity: Identity,
    merge: AsofMerge,
}

impl AsofStep {
    /// Matches rows of the input `targets` with those of the inputs `frames`, in the order of the options' frames.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for another number of inputs than of frames, and for options with several join positions,
    /// of which each target chooses its groups; [`Error::Operator`] for options that do not fit together.
    pub fn new<N: Into<String>>(
        targets: impl Into<String>,
        frames: impl IntoIterator<Item = N>,
        options: AsofOptions,
    ) -> Result<Self> {
        let (targets, frames) = (targets.into(), frames.into_iter().map(Into::into).collect::<Vec<String>>());
        let refused = |option, reason| Err(Error::InvalidOption { option, reason });
        if frames.len() != options.num_frames() {
            let reason = format!("{} inputs are named for {} frames", frames.len(), options.num_frames());
            return refused("frames", reason);
        }
        if options.num_positions() > 1 {
            let reason = format!("a job has one join position, and these are {}", options.num_positions());
            return refused("prefixes", reason);
        }
        let encoded = State::encode(&(&targets, &frames, &options))?;
        let options = options.with_names(&frames);
        let identity = Identity::new("as-of", format_args!("{:016x}", fingerprint([encoded.bytes()])));
        let merge = AsofMerge::try_new(options).map_err(|source| Error::Operator { source: Box::new(source) })?;
        Ok(Self { targets, frames, identity, merge })
    }
}

impl Step for AsofStep {
    /// The options and the names of the inputs: others are another step.
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// A target depends on its own row, and on the last rows of each frame.
    fn scope_of(&self, input: &str, ordered_on: &str) -> Scope {
        let options = self.merge.options();
        if options.on() != ordered_on {
            return Scope::History;
        }
        let frames = self.frames.iter().enumerate().filter(|(_, name)| *name == input);
        let rows = frames.map(|(frame, _)| options.num_rows(frame)).max();
        match rows {
            Some(rows) => Scope::Rows(rows),
            None => Scope::Row,
        }
    }

    fn begin(&mut self, state: Option<&State>) -> Result<(), StepError> {
        let options = self.merge.options().clone();
        self.merge = match state {
            None => AsofMerge::try_new(options)?,
            Some(state) => AsofMerge::restore(options, state.decode::<AsofState>()?)?,
        };
        Ok(())
    }

    fn push(&mut self, rows: &InputRows) -> Result<RecordBatch, StepError> {
        let of = |name: &String| {
            let missing =
                || format!("nothing is stored in input `{name}`, so its columns are not known: write to it first");
            rows.get(name).cloned().ok_or_else(missing)
        };
        let frames = self.frames.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        Ok(self.merge.push(&of(&self.targets)?, &frames)?)
    }

    fn state(&self) -> Result<State, StepError> {
        Ok(State::encode(&self.merge.state())?)
    }
}

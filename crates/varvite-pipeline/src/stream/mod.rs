//! [`StreamJob`]: inputs go through a step in order, and output, state and watermark are committed together.

mod behind;
mod commit;
mod diff;
mod estimate;
mod opened;
mod options;
mod plan;
mod preview;
mod read;
mod report;
mod run;
mod scopes;
mod spans;

use varvite_dataset::{Dataset, Mode, WriteOptions};

pub use estimate::RowEstimate;
pub use options::{DEFAULT_BATCH_ROWS, DEFAULT_BUFFER_BYTES, DEFAULT_STATE_LIMIT, HoldBack, Late, StreamOptions};
pub use preview::{InputPlan, LatePlan, StreamPlan};
pub use report::{InputReport, StreamProgress, StreamReport};

use crate::checkpoint::sequence_of;
use crate::{Checkpoint, Error, Result, Step};
use commit::{Committer, Meet};
use run::Run;

/// Longest name of a job or an input, in bytes.
const MAX_NAME: usize = 200;

/// Inputs that go through a step into an output, from where the last run ended.
///
/// Each commit of the output holds rows, the step's state, and how far the inputs were read. A run that is killed at any
/// point is as if it had ended at its last commit: the next one goes on there, and nothing is doubled or lost.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
/// use arrow::datatypes::Int64Type;
/// use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
/// use varvite_pipeline::{StepError, Stateful, StreamJob};
///
/// # let folder = tempfile::tempdir()?;
/// let clicks = Dataset::open_or_new(folder.path().join("clicks"))?;
/// let totals = Dataset::open_or_new(folder.path().join("totals"))?;
/// let rows = |at: Vec<i64>| RecordBatch::try_from_iter([("at", Arc::new(Int64Array::from(at)) as ArrayRef)]);
/// let options = WriteOptions::ordered_on("at");
/// clicks.write(rows(vec![1, 2, 3])?, &options)?;
///
/// let mut running_sum = Stateful::new("running-sum", 1, 0_i64, |sum, rows: RecordBatch| {
///     let at = rows.column(0).as_primitive::<Int64Type>();
///     let sums: Int64Array = at.values().iter().map(|at| { *sum += at; *sum }).collect();
///     let columns = [("at", rows.column(0).clone()), ("sum", Arc::new(sums) as ArrayRef)];
///     Ok::<_, StepError>(RecordBatch::try_from_iter(columns)?)
/// });
/// let job = StreamJob::new("totals", "clicks", &clicks, &totals, options.clone());
/// assert_eq!(job.run(&mut running_sum)?.rows_in, 3);
///
/// clicks.write(rows(vec![4])?, &options)?;
/// let report = job.run(&mut running_sum)?;
/// assert_eq!((report.rows_in, report.resumed_from), (1, Some(1)));
/// let sums = totals.read(&ScanOptions::default().with_columns(["sum"]))?;
/// assert_eq!(sums.column(0).as_primitive::<Int64Type>().values(), &[1, 3, 6, 10]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct StreamJob {
    name: String,
    inputs: Vec<Input>,
    output: Dataset,
    write: WriteOptions,
    options: StreamOptions,
}

/// An input of a job.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) dataset: Dataset,
    pub(crate) columns: Option<Vec<String>>,
}

/// What becomes of the rows of a job that is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// All rows of the output go: the next run makes them anew.
    RemoveRows,
    /// They stay: the output's duplicates key decides what becomes of rows that are made again.
    KeepRows,
}

impl StreamJob {
    /// A job of one input. `name` tells it from other jobs of the same output; `write` says how the output is written: what it is
    /// ordered on, and which of equal rows win.
    pub fn new(
        name: impl Into<String>,
        input: impl Into<String>,
        dataset: &Dataset,
        output: &Dataset,
        write: WriteOptions,
    ) -> Self {
        let inputs = vec![Input { name: input.into(), dataset: dataset.clone(), columns: None }];
        Self { name: name.into(), inputs, output: output.clone(), write, options: StreamOptions::default() }
    }

    /// Adds an input, ordered on the same column: the step is given rows of all inputs in one range of it.
    pub fn with_input(mut self, name: impl Into<String>, dataset: &Dataset) -> Self {
        self.inputs.push(Input { name: name.into(), dataset: dataset.clone(), columns: None });
        self
    }

    /// Reads these columns alone of the input that was added last; the ordered one always comes along.
    pub fn with_columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        if let Some(input) = self.inputs.last_mut() {
            input.columns = Some(columns.into_iter().map(Into::into).collect());
        }
        self
    }

    /// Changes what runs are told.
    pub fn with_options(mut self, options: StreamOptions) -> Self {
        self.options = options;
        self
    }

    /// The job's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far the job is; `None` if it has not begun.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] if it cannot be read; [`Error::Dataset`].
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>> {
        self.check()?;
        let output = self.output.detached();
        output.refresh().map_err(self.of_output())?;
        Checkpoint::find(&self.name, &output.location(), output.snapshot().as_deref())
    }

    /// Takes what came since the last run, from the newest version of each input.
    ///
    /// # Errors
    /// What was committed before an error stays, and the next run goes on from it. [`Error::OtherStep`],
    /// [`Error::OtherInput`], [`Error::LateRows`], [`Error::HistoryGone`], [`Error::CannotRecompute`] before anything is written;
    /// [`Error::OtherRun`] if another run of the job committed meanwhile; [`Error::Step`]; [`Error::Dataset`].
    pub fn run(&self, step: impl Step) -> Result<StreamReport> {
        self.run_with(step, &mut |_| {})
    }

    /// The same; `progress` is called each time that rows are done.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub fn run_with(&self, step: impl Step, progress: &mut dyn FnMut(&StreamProgress)) -> Result<StreamReport> {
        self.check()?;
        let report = Run::begin(self, step, progress)?.finish()?;
        // The caller's handle sees what was made.
        self.output.refresh().map_err(self.of_output())?;
        Ok(report)
    }

    /// Says what a run would do, without rows being read or anything written: from metadata alone, so that numbers are
    /// estimates, and late rows are those that the log of commits tells of.
    ///
    /// # Errors
    /// [`Error::OtherStep`], [`Error::OtherInput`], [`Error::InvalidOption`], as a run; [`Error::Checkpoint`];
    /// [`Error::Dataset`]. Late rows are no error: the plan says what becomes of them.
    pub fn plan(&self, step: &impl Step) -> Result<StreamPlan> {
        self.check()?;
        preview::plan(self, step)
    }

    /// Forgets how far the job is, so that the next run begins anew.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] if rows are to be removed that another job made; [`Error::OtherRun`]; [`Error::Dataset`].
    pub fn reset(&self, reset: Reset) -> Result<()> {
        self.check()?;
        let output = self.output.detached();
        output.refresh().map_err(self.of_output())?;
        let Some(snapshot) = output.snapshot() else { return Ok(()) };
        let sequence = sequence_of(&self.name, Some(&snapshot));
        let meet = match reset {
            Reset::RemoveRows => Meet::RemoveAll,
            Reset::KeepRows => Meet::Write,
        };
        let mut committer = Committer { job: &self.name, output, write: &self.write, sequence };
        committer.check_alone(&meet)?;
        if sequence == 0 {
            return Ok(());
        }
        committer.commit(&[], &meet, None)?;
        self.output.refresh().map_err(self.of_output())?;
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let mut names: Vec<&str> = self.inputs.iter().map(|input| input.name.as_str()).collect();
        names.sort_unstable();
        let repeated = names.windows(2).find(|pair| pair[0] == pair[1]);
        if let Some(pair) = repeated {
            return Err(Error::InvalidName { name: pair[0].to_owned(), reason: "two inputs have it" });
        }
        for name in names.into_iter().chain([self.name.as_str()]) {
            let reason = if name.is_empty() {
                "it is empty"
            } else if name.len() > MAX_NAME {
                "it is longer than 200 bytes"
            } else if name.chars().any(char::is_control) {
                "it has a control character"
            } else {
                continue;
            };
            return Err(Error::InvalidName { name: name.to_owned(), reason });
        }
        let refuse = |option, reason: &str| Err(Error::InvalidOption { option, reason: reason.to_owned() });
        match &self.write {
            WriteOptions { mode: Mode::Overwrite, .. } => {
                refuse("mode", "each commit would take the place of the one before")
            }
            WriteOptions { app: Some(_), .. } => refuse("app", "the job names its writes itself"),
            WriteOptions { expected_version: Some(_), .. } => refuse("expected_version", "the job says so itself"),
            _ => Ok(()),
        }
    }

    fn of_output(&self) -> impl FnOnce(varvite_dataset::Error) -> Error + '_ {
        Error::dataset(&self.name, "output")
    }
}

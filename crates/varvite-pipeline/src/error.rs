//! What can go wrong where flows meet data, by what the caller can do about it.

use varvite_dataset::KeyRange;

use crate::{Identity, Scope};

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a caller's function.
pub type StepError = Box<dyn std::error::Error + Send + Sync>;

/// A job that did not work. What was committed before stays; nothing else was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that no job, input or output can have.
    #[error("`{name}` cannot be used as a name: {reason}")]
    InvalidName {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An option that does not fit.
    #[error("option `{option}` cannot be used: {reason}")]
    InvalidOption {
        /// The option.
        option: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The checkpoint is another step's.
    #[error("job `{job}` was run with {stored}, and is now given {given}{}", differing(.stored, .given))]
    OtherStep {
        /// The job.
        job: String,
        /// The step that the checkpoint names.
        stored: Box<Identity>,
        /// The step given.
        given: Box<Identity>,
    },
    /// Another job has made the rows of this step from the same input, and the output keeps doubles.
    #[error("job `{job}` would make the rows again that job `{other}` has made by {step} from input `{input}`")]
    MadeAlready {
        /// The job.
        job: String,
        /// The job that made them.
        other: String,
        /// The step of both.
        step: Box<Identity>,
        /// An input of both.
        input: String,
    },
    /// The checkpoint is about other inputs.
    #[error("job `{job}` cannot go on: {reason}")]
    OtherInput {
        /// The job.
        job: String,
        /// How they differ.
        reason: String,
    },
    /// Stored rows changed behind the watermark.
    #[error("job `{job}` has taken input `{input}` until {watermark}, and rows behind that changed: {}", changed(.ranges))]
    LateRows {
        /// The job.
        job: String,
        /// The input.
        input: String,
        /// Everything until this value was taken.
        watermark: String,
        /// Where rows changed, as text.
        ranges: Vec<String>,
    },
    /// Whether rows changed behind the watermark cannot be known any more.
    #[error("job `{job}` read version {version} of input `{input}`, and what changed since cannot be known: {reason}")]
    HistoryGone {
        /// The job.
        job: String,
        /// The input.
        input: String,
        /// The version that was read last.
        version: u64,
        /// Why.
        reason: String,
    },
    /// Late rows are to be recomputed, and the step cannot.
    #[error("{step} depends on {scope}, so that a part of its output cannot be computed anew")]
    CannotRecompute {
        /// The step.
        step: Identity,
        /// What an output row depends on.
        scope: Scope,
    },
    /// Another run of the job committed meanwhile.
    #[error("another run of job `{job}` committed to `{output}` meanwhile: its checkpoint is {found}, not {expected}")]
    OtherRun {
        /// The job.
        job: String,
        /// The output.
        output: String,
        /// The number of the checkpoint that this run went on from.
        expected: u64,
        /// The number of the one that is there.
        found: u64,
    },
    /// The step's state is larger than may be stored.
    #[error("the state of {step} takes {bytes} bytes, more than the limit of {limit}")]
    StateTooLarge {
        /// The step.
        step: Identity,
        /// How many bytes it takes, packed.
        bytes: usize,
        /// How many it may take.
        limit: usize,
    },
    /// A state could not be stored or restored.
    #[error("the state of a step cannot be {action}: {reason}")]
    State {
        /// `stored` or `restored`.
        action: &'static str,
        /// Why.
        reason: String,
    },
    /// What the output says about the job cannot be read.
    #[error("the checkpoint of job `{job}` in `{output}` cannot be used: {reason}")]
    Checkpoint {
        /// The job.
        job: String,
        /// The output.
        output: String,
        /// What is wrong.
        reason: String,
    },
    /// The step failed.
    #[error("{step} failed{}", on_rows(.range))]
    Step {
        /// The step.
        step: Identity,
        /// The rows that it was given, as values of the ordered column; empty if it was given none.
        range: String,
        /// Its error.
        source: StepError,
    },
    /// A dataset could not be read or written.
    #[error("dataset `{name}` of job `{job}`")]
    Dataset {
        /// The job.
        job: String,
        /// The input or output.
        name: String,
        /// Its error.
        source: Box<varvite_dataset::Error>,
    },
    /// A file could not be read.
    #[error("source `{name}`: file `{path}` cannot be read")]
    File {
        /// The source's name in the job.
        name: String,
        /// Where the file is.
        path: String,
        /// Why.
        source: StepError,
    },
    /// A value of a text file, or the line it is on, could not be read.
    #[error("source `{name}`: file `{path}`, line {line}{}: {reason}", in_column(.column.as_deref()))]
    FileRow {
        /// The source's name in the job.
        name: String,
        /// Where the file is.
        path: String,
        /// The line that the row begins on, counted from 1.
        line: u64,
        /// The column, if it is one alone.
        column: Option<String>,
        /// What is wrong there.
        reason: String,
    },
    /// A file could not be written. One that was there before is still there.
    #[error("file `{path}` cannot be written")]
    FileWrite {
        /// Where the file was to be.
        path: String,
        /// Why.
        source: StepError,
    },
    /// An asset could not be loaded or saved. Its error names the partition.
    #[cfg(feature = "asset")]
    #[error("`{name}`: asset {asset} cannot be {action}")]
    Asset {
        /// `loaded` or `saved`.
        action: &'static str,
        /// The name in the job.
        name: String,
        /// The asset.
        asset: String,
        /// Its error.
        source: Box<varvite_asset::Error>,
    },
    /// Several datasets could not be walked over.
    #[error("the inputs of job `{job}` cannot be read")]
    Store {
        /// The job.
        job: String,
        /// Why.
        source: Box<varvite_store::Error>,
    },
    /// A store could not be listed, or a dataset of it not be opened.
    #[error("the keys of a store cannot be gone through")]
    Keys {
        /// Why.
        source: Box<varvite_store::Error>,
    },
    /// A dataflow refused a request.
    #[error("the dataflow refused")]
    Flow {
        /// Its error.
        source: varvite_flow::Error,
    },
    /// An operator refused its options.
    #[error("the operator refused")]
    Operator {
        /// Its error.
        source: Box<varvite_ops::Error>,
    },
    /// A flow does not make what its group has, or does not get what it needs.
    #[error("the flow does not fit `{group}`: {reason}")]
    Group {
        /// The group.
        group: String,
        /// What does not fit.
        reason: String,
    },
    /// The feature store refused.
    #[cfg(feature = "feature")]
    #[error("the feature store refused")]
    Feature {
        /// Its error.
        source: Box<varvite_feature::Error>,
    },
    /// Arrow refused a computation.
    #[error("arrow could not {action}")]
    Arrow {
        /// What was going on.
        action: &'static str,
        /// Arrow's answer.
        source: arrow::error::ArrowError,
    },
}

impl Error {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidName { .. } => "VV1001",
            Self::InvalidOption { .. } => "VV1002",
            Self::OtherStep { .. } => "VV1003",
            Self::OtherInput { .. } => "VV1004",
            Self::LateRows { .. } => "VV1005",
            Self::HistoryGone { .. } => "VV1006",
            Self::CannotRecompute { .. } => "VV1007",
            Self::OtherRun { .. } => "VV1008",
            Self::StateTooLarge { .. } => "VV1009",
            Self::State { .. } => "VV1010",
            Self::Checkpoint { .. } => "VV1011",
            Self::Step { .. } => "VV1012",
            Self::Dataset { .. } => "VV1020",
            Self::Store { .. } => "VV1021",
            Self::Flow { .. } => "VV1022",
            Self::Arrow { .. } => "VV1023",
            Self::Keys { .. } => "VV1024",
            Self::Operator { .. } => "VV1025",
            Self::Group { .. } => "VV1026",
            #[cfg(feature = "feature")]
            Self::Feature { .. } => "VV1027",
            Self::File { .. } => "VV1028",
            Self::FileRow { .. } => "VV1029",
            Self::FileWrite { .. } => "VV1030",
            #[cfg(feature = "asset")]
            Self::Asset { .. } => "VV1031",
            Self::MadeAlready { .. } => "VV1032",
        }
    }

    /// What to do next, where more can be said than the message does.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::OtherStep { .. } => "run the step that the checkpoint names, or reset the job and compute all anew",
            Self::MadeAlready { .. } => {
                "run that job, give the output a duplicates key, or say that jobs share the output (`with_shared_output`)"
            }
            Self::OtherInput { .. } => {
                "give the inputs that the checkpoint names, or reset the job and compute all anew"
            }
            Self::LateRows { .. } => {
                "choose to ignore or to recompute late rows, or reset the job and compute all anew"
            }
            Self::HistoryGone { .. } => {
                "keep versions of the input for longer, run the job more often, ignore late rows, or reset the job"
            }
            Self::CannotRecompute { .. } => "reset the job and compute all anew, or ignore late rows",
            Self::OtherRun { .. } => "run one at a time: the other run goes on, and this one can be started again",
            Self::StateTooLarge { .. } => {
                "keep less in the state, or raise the limit: a commit takes 16 MiB, all else included"
            }
            Self::Checkpoint { .. } => "update varvite, or reset the job and compute all anew",
            Self::FileRow { .. } => "mend the file, or declare other types for its columns",
            Self::FileWrite { .. } => "see that its folder is there and can be written to, and run the job again",
            #[cfg(feature = "asset")]
            Self::Asset { source, .. } => return source.help(),
            Self::Dataset { source, .. } => return source.help(),
            Self::Flow { source } => return source.help(),
            _ => return None,
        })
    }

    pub(crate) fn dataset<'a>(job: &'a str, name: &'a str) -> impl FnOnce(varvite_dataset::Error) -> Self + 'a {
        move |source| Self::Dataset { job: job.to_owned(), name: name.to_owned(), source: Box::new(source) }
    }

    pub(crate) fn store(job: &str) -> impl FnOnce(varvite_store::Error) -> Self + '_ {
        move |source| Self::Store { job: job.to_owned(), source: Box::new(source) }
    }

    /// A store's error, for functions that go through its keys.
    pub fn keys(source: varvite_store::Error) -> Self {
        Self::Keys { source: Box::new(source) }
    }

    pub(crate) fn arrow(action: &'static str) -> impl FnOnce(arrow::error::ArrowError) -> Self {
        move |source| Self::Arrow { action, source }
    }
}

impl From<varvite_flow::Error> for Error {
    fn from(source: varvite_flow::Error) -> Self {
        Self::Flow { source }
    }
}

#[cfg(feature = "feature")]
impl From<varvite_feature::Error> for Error {
    fn from(source: varvite_feature::Error) -> Self {
        Self::Feature { source: Box::new(source) }
    }
}

fn on_rows(range: &str) -> String {
    if range.is_empty() { String::new() } else { format!(" on the rows {range}") }
}

/// What of a step is another, at most five of it.
fn differing(stored: &Identity, given: &Identity) -> String {
    let differs = stored.differences(given);
    let shown = differs.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    match differs.len() {
        0 => String::new(),
        1..=5 => format!(": other {shown}"),
        all => format!(": other {shown} and {} more", all - 5),
    }
}

fn in_column(column: Option<&str>) -> String {
    column.map(|column| format!(", column `{column}`")).unwrap_or_default()
}

/// At most three of the ranges.
fn changed(ranges: &[String]) -> String {
    let shown = ranges.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    match ranges.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more ranges"),
    }
}

/// A range in words.
pub(crate) fn range_text(range: &KeyRange, text: impl Fn(&varvite_dataset::OrderedValue) -> String) -> String {
    let bound = |bound: &Option<_>| bound.as_ref().map(&text).unwrap_or_default();
    format!("{}..{}", bound(&range.start), bound(&range.end))
}

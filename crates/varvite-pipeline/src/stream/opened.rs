//! [`Opened`]: what a job finds when it begins: its checkpoint, and inputs that this fits to.

use std::sync::Arc;

use varvite_dataset::{ColumnPath, Dataset, Duplicates, OrderedType, OrderedValue, Snapshot};

use super::options::HoldBack;
use super::{Input, StreamJob};
use crate::checkpoint::{of_others, sequence_of};
use crate::{Checkpoint, Error, Identity, ReadVersion, Result, Step};

/// What a job finds when it begins.
pub(super) struct Opened {
    /// At their newest versions, where they stay.
    pub(super) inputs: Arc<[Input]>,
    pub(super) output: Dataset,
    pub(super) resumed: Option<Checkpoint>,
    /// The number of the job's newest commit.
    pub(super) sequence: u64,
    pub(super) identity: Identity,
    /// The column that all inputs are ordered on; `None` while no rows are stored in any.
    pub(super) ordered: Option<(ColumnPath, OrderedType)>,
}

impl Opened {
    /// Reads metadata alone.
    ///
    /// # Errors
    /// The step or the inputs are not those of the checkpoint, or do not fit each other or the output.
    pub(super) fn new(job: &StreamJob, step: &impl Step) -> Result<Self> {
        // The output first: another run may pass this one, and no checkpoint is to be newer than the inputs.
        let output = job.output.detached();
        output.refresh().map_err(Error::dataset(&job.name, "output"))?;
        let inputs = job.inputs.iter().map(|input| pinned(job, input)).collect::<Result<Arc<[_]>>>()?;
        let snapshot = output.snapshot();
        let resumed = Checkpoint::find(&job.name, &output.location(), snapshot.as_deref())?;
        let sequence = sequence_of(&job.name, snapshot.as_deref());
        let identity = step.identity();
        if let Some(checkpoint) = &resumed {
            check_resumed(&job.name, checkpoint, &identity, &inputs)?;
        }
        check_rewrites(job, step, snapshot.as_deref())?;
        if resumed.is_none() {
            check_doubles(job, &identity, &inputs, snapshot.as_deref())?;
        }
        let ordered = ordered_on(&job.name, &inputs)?;
        Ok(Self { inputs, output, resumed, sequence, identity, ordered })
    }
}

/// Where rows end that may be taken.
pub(super) fn end_of(inputs: &[Input], hold_back: HoldBack, until: Option<OrderedValue>) -> Option<OrderedValue> {
    if hold_back == HoldBack::Nothing {
        return until;
    }
    let newest = inputs.iter().filter_map(|input| {
        let snapshot = input.dataset.snapshot()?;
        snapshot.schema.as_ref()?;
        // An input without rows is not far at all, but nothing would ever be taken.
        snapshot.files.last().map(|file| file.max.clone())
    });
    match (until, newest.min()) {
        (Some(until), Some(newest)) => Some(until.min(newest)),
        (until, newest) => until.or(newest),
    }
}

/// The input at its newest version, where it stays.
fn pinned(job: &StreamJob, input: &Input) -> Result<Input> {
    let dataset = input.dataset.detached();
    dataset.refresh().map_err(Error::dataset(&job.name, &input.name))?;
    Ok(Input { dataset, ..input.clone() })
}

pub(super) fn read_version(dataset: &Dataset) -> Option<ReadVersion> {
    let snapshot = dataset.snapshot()?;
    Some(ReadVersion { dataset_id: snapshot.dataset_id.clone(), version: snapshot.version })
}

/// Whether the checkpoint is of this step and of these inputs.
fn check_resumed(job: &str, checkpoint: &Checkpoint, identity: &Identity, inputs: &[Input]) -> Result<()> {
    if checkpoint.step != *identity {
        let (stored, given) = (Box::new(checkpoint.step.clone()), Box::new(identity.clone()));
        return Err(Error::OtherStep { job: job.to_owned(), stored, given });
    }
    let other = |reason: String| Err(Error::OtherInput { job: job.to_owned(), reason });
    let list = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let stored: Vec<&str> = checkpoint.inputs.iter().map(|position| position.name.as_str()).collect();
    let given: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    if stored != given {
        return other(format!("it was run with the inputs {}, and is now given {}", list(stored), list(given)));
    }
    for (position, input) in checkpoint.inputs.iter().zip(inputs) {
        let (name, newest) = (&input.name, read_version(&input.dataset));
        match (&position.read, newest) {
            (Some(_), None) => return other(format!("nothing is stored any more in input `{name}`")),
            (Some(read), Some(newest)) if read.dataset_id != newest.dataset_id => {
                return other(format!("input `{name}` is another dataset than it was"));
            }
            (Some(read), Some(newest)) if read.version > newest.version => {
                let versions = format!("version {}, and the newest is {}", read.version, newest.version);
                return other(format!("input `{name}` was read at {versions}"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn duplicates_on<'a>(job: &'a StreamJob, output: Option<&'a Snapshot>) -> Option<&'a Duplicates> {
    job.write.duplicates_on.as_ref().or(output.map(|output| &output.settings.duplicates_on))
}

/// A job that begins must not make rows that stand in the output already: one that was given another name would.
fn check_doubles(job: &StreamJob, identity: &Identity, inputs: &[Input], output: Option<&Snapshot>) -> Result<()> {
    let keeps_all = matches!(duplicates_on(job, output), None | Some(Duplicates::KeepAll));
    let Some(output) = output.filter(|_| keeps_all && !job.options.shares_output) else { return Ok(()) };
    for (other, checkpoint) in of_others(&job.name, output) {
        let reads = |input: &&Input| {
            let own = read_version(&input.dataset).map(|read| read.dataset_id);
            let mut theirs = checkpoint.inputs.iter().filter_map(|position| position.read.as_ref());
            own.is_some_and(|own| theirs.any(|read| read.dataset_id == own))
        };
        let same = inputs.iter().find(reads).filter(|_| checkpoint.step == *identity && checkpoint.rows_out > 0);
        if let Some(input) = same {
            let (job, step, input) = (job.name.clone(), Box::new(identity.clone()), input.name.clone());
            return Err(Error::MadeAlready { job, other, step, input });
        }
    }
    Ok(())
}

/// What is made again must take the place of what was there.
fn check_rewrites(job: &StreamJob, step: &impl Step, output: Option<&Snapshot>) -> Result<()> {
    if matches!(duplicates_on(job, output), Some(Duplicates::Columns(_))) || !step.rewrites() {
        return Ok(());
    }
    let reason =
        format!("{} makes rows again as more is known: the output needs the columns of a key", step.identity());
    Err(Error::InvalidOption { option: "duplicates_on", reason })
}

/// The column that the inputs are ordered on, which is the same for all.
fn ordered_on(job: &str, inputs: &[Input]) -> Result<Option<(ColumnPath, OrderedType)>> {
    let mut found: Option<(ColumnPath, OrderedType)> = None;
    for input in inputs {
        let Some(snapshot) = input.dataset.snapshot() else { continue };
        let Some(ordered) = snapshot.ordered_type.clone() else { continue };
        let column = snapshot.settings.ordered_on.clone();
        match &found {
            Some((known, known_type)) if *known != column || *known_type != ordered => {
                let reason = format!(
                    "input `{}` is ordered on `{column}` of type {}, others on `{known}` of type {}",
                    input.name,
                    ordered.data_type(),
                    known_type.data_type()
                );
                return Err(Error::OtherInput { job: job.to_owned(), reason });
            }
            Some(_) => {}
            None => found = Some((column, ordered)),
        }
    }
    Ok(found)
}

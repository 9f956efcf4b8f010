//! Aggregations over time windows `(t - length, t]` of each entity (S18), computed while the history streams by once.
//!
//! Rows come in order of event time. Each key has a queue of the rows in its window (`queue.rs`), whose outcome is known at
//! any time without going through it again (`fold.rs`); entity rows are sorted by key and time and answered as soon as no
//! row can come that they see (`sweep.rs`). So memory is bounded by the rows inside windows of keys that are asked for.
//! Rows of a group that restate each other count once (`chunks.rs`). Where a row only counts once it was created, each
//! entity row knows others, and its window is gone through.

mod chunks;
mod fold;
mod plan;
mod queue;
mod sweep;
mod track;
mod values;

use arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::row::{RowConverter, SortField};
use rayon::iter::{IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use varvite_dataset::{Dataset, KeyRange, ScanOptions};
use varvite_time::{Instant, TimeUnit};

use self::chunks::{Chunks, drop_restated};
pub(crate) use self::plan::{AggregationPlan, plan};
use self::sweep::{Chunk, Sweep};
use self::track::TrackPlan;
use self::values::{Form, Values, load};
use crate::entity::{KeyLookup, KeyNumbers, NONE};
use crate::error::arrow;
use crate::pit::{Bounds, SpinePart, Window};
use crate::times::{numbers, unit_of};
use crate::{Error, Result, columns};

/// Rows that are decoded and looked at together.
const BATCH_ROWS: usize = 1 << 16;

/// Most parts that keys are divided into.
const MAX_PARTS: usize = 16;

/// What is aggregated.
pub(crate) struct Request<'a> {
    pub(crate) dataset: &'a Dataset,
    /// The group or source, for messages.
    pub(crate) name: &'a str,
    /// Its columns, as they are defined now.
    pub(crate) schema: &'a SchemaRef,
    /// The columns that name an entity.
    pub(crate) keys: &'a [String],
    /// The column of event times, by which rows are ordered.
    pub(crate) event: &'a str,
    /// How rows restate each other; `None` where every row counts.
    pub(crate) restated: Option<Restated<'a>>,
    pub(crate) aggregations: &'a [AggregationPlan],
    pub(crate) window: Window,
}

/// What of several rows about one thing counts (S03).
#[derive(Debug, Clone)]
pub(crate) struct Restated<'a> {
    /// The columns beside the keys and the event time that rows about one thing agree on.
    pub(crate) others: Vec<&'a str>,
    pub(crate) created: Option<&'a str>,
    /// Whether rows only count once they were created (S08).
    pub(crate) known_as_of: bool,
}

impl Restated<'_> {
    fn is_known_as_of(of: Option<&Self>) -> bool {
        of.is_some_and(|of| of.known_as_of)
    }
}

/// One array for each aggregation, in the order of the entity rows, whose keys are in the types of the columns.
pub(crate) fn aggregate(request: &Request<'_>, keys: &[ArrayRef], times: &[Option<Instant>]) -> Result<Vec<ArrayRef>> {
    let types = request.keys.iter().map(|key| request.data_type(key)).collect::<Result<Vec<_>>>()?;
    let mut known = KeyNumbers::new(&types)?;
    let mut ids = known.insert(keys, times.len())?;
    let bounds = request.bounds(times)?;
    for (id, bounds) in ids.iter_mut().zip(&bounds) {
        if bounds.is_none() {
            *id = NONE;
        }
    }
    let bounds: Vec<Bounds> = bounds.into_iter().map(|bounds| bounds.unwrap_or(NEVER)).collect();
    let seen = ids.iter().zip(&bounds).filter(|(id, bounds)| **id != NONE && bounds.lower <= bounds.upper);
    let seen = seen.map(|(_, bounds)| (bounds.lower, bounds.upper));
    let range = seen.reduce(|(lower, upper), (from, to)| (lower.min(from), upper.max(to)));
    let keys = known.len();
    let parts = rayon::current_num_threads().clamp(1, MAX_PARTS);
    let part = |part: usize| SpinePart::new(&ids, &bounds, keys, part, parts);
    let spine: Vec<SpinePart> = (0..parts).into_par_iter().map(part).collect();
    Run::new(request, known.into_lookup(), &spine)?.run(range, times.len())
}

const NEVER: Bounds = Bounds { lower: i64::MAX, upper: i64::MIN, known: i64::MIN };

impl Request<'_> {
    fn data_type(&self, column: &str) -> Result<DataType> {
        let field = self.schema.field_with_name(column);
        field.map(|field| field.data_type().clone()).map_err(arrow("find a column"))
    }

    fn unit(&self, column: &str) -> Result<TimeUnit> {
        let data_type = self.data_type(column)?;
        unit_of(&data_type).ok_or_else(|| Error::InvalidDefinition {
            name: self.name.to_owned(),
            reason: format!("its event time `{column}` is {data_type}, which is no time"),
        })
    }

    fn bounds(&self, times: &[Option<Instant>]) -> Result<Vec<Option<Bounds>>> {
        let event = self.unit(self.event)?;
        let created = self.restated.as_ref().and_then(|restated| restated.created);
        let created = created.map(|created| self.unit(created)).transpose()?.unwrap_or(event);
        Ok(times.iter().map(|time| time.map(|time| self.window.bounds(time, event, created))).collect())
    }

    /// The columns to read: keys, event time, and what else decides and is aggregated.
    fn reads(&self) -> Vec<&str> {
        let mut found: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let restated = self.restated.iter();
        let decide = restated.flat_map(|restated| restated.others.iter().copied().chain(restated.created));
        let inputs = self.aggregations.iter().filter_map(|one| one.column.as_deref());
        for name in std::iter::once(self.event).chain(decide).chain(inputs) {
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }
}

/// A history that streams by.
struct Run<'a> {
    request: &'a Request<'a>,
    known: KeyLookup,
    spine: &'a [SpinePart],
    /// The columns and forms that tracks take, each once.
    inputs: Vec<(Option<&'a str>, Form)>,
    /// Which of them each track takes.
    taken: Vec<usize>,
    tracks: Vec<TrackPlan>,
    others: Option<RowConverter>,
    /// Turns values into bytes, by input.
    converters: Vec<Option<RowConverter>>,
}

impl<'a> Run<'a> {
    fn new(request: &'a Request<'a>, known: KeyLookup, spine: &'a [SpinePart]) -> Result<Self> {
        let (mut inputs, mut taken) = (Vec::new(), Vec::new());
        let tracks: Vec<TrackPlan> = request.aggregations.iter().map(|one| one.track.clone()).collect();
        for (one, track) in request.aggregations.iter().zip(&tracks) {
            let input = (one.column.as_deref(), track.form);
            let at = inputs.iter().position(|known| *known == input);
            taken.push(at.unwrap_or(inputs.len()));
            if at.is_none() {
                inputs.push(input);
            }
        }
        let others = request.restated.as_ref().map_or(&[][..], |restated| &restated.others[..]);
        let fields =
            others.iter().map(|name| request.data_type(name).map(SortField::new)).collect::<Result<Vec<_>>>()?;
        let others =
            if fields.is_empty() { None } else { Some(RowConverter::new(fields).map_err(arrow("compare keys"))?) };
        let converter = |(column, form): &(Option<&str>, Form)| match (column, form) {
            (Some(column), Form::Bytes) => values::bytes_of(&request.data_type(column)?).map(Some),
            _ => Ok(None),
        };
        let converters = inputs.iter().map(converter).collect::<Result<_>>()?;
        Ok(Self { request, known, spine, inputs, taken, tracks, others, converters })
    }

    fn run(self, range: Option<(i64, i64)>, rows: usize) -> Result<Vec<ArrayRef>> {
        let known_as_of = Restated::is_known_as_of(self.request.restated.as_ref());
        let parts = self.spine.len();
        let sweep = |(part, spine)| Sweep::new(spine, &self.tracks, &self.taken, known_as_of, part, parts);
        let mut sweeps: Vec<Sweep<'_>> = self.spine.iter().enumerate().map(sweep).collect();
        if let Some(range) = range {
            self.stream(range, &mut sweeps)?;
        }
        let answers = sweeps.into_par_iter().map(Sweep::finish).collect::<Result<Vec<_>>>()?;
        self.gathered(&answers, rows)
    }

    fn stream(&self, (lower, upper): (i64, i64), sweeps: &mut [Sweep<'_>]) -> Result<()> {
        let Some(stored) = self.request.dataset.schema() else { return Ok(()) };
        let reads = self.request.reads();
        let there: Vec<String> =
            reads.iter().filter(|name| stored.index_of(name).is_ok()).map(|name| (*name).to_owned()).collect();
        let range = match upper.checked_add(1) {
            Some(end) => KeyRange::from(lower..end),
            None => KeyRange::from(lower..),
        };
        let options = ScanOptions::default().with_columns(there).with_batch_size(BATCH_ROWS).with_range(range);
        let failed = |source: varvite_dataset::Error| Error::Dataset {
            name: self.request.name.to_owned(),
            source: Box::new(source),
        };
        let mut scan = self.request.dataset.scan(&options).map_err(failed)?;
        let mut chunks = Chunks::default();
        while let Some(batch) = scan.next_batch().map_err(failed)? {
            let batch = if self.request.restated.is_some() {
                let events = self.column(&batch, self.request.event)?;
                chunks.push(&batch, numbers(&events)?.values())?
            } else {
                Some(batch)
            };
            if let Some(batch) = batch {
                self.push(&batch, sweeps)?;
            }
        }
        chunks.finish().map_or(Ok(()), |batch| self.push(&batch, sweeps))
    }

    /// A column in its type of now; nulls where it was not stored yet.
    fn column(&self, batch: &RecordBatch, name: &str) -> Result<ArrayRef> {
        let data_type = self.request.data_type(name)?;
        match batch.column_by_name(name) {
            None => Ok(new_null_array(&data_type, batch.num_rows())),
            Some(column) => columns::as_type(column, &data_type),
        }
    }

    fn push(&self, batch: &RecordBatch, sweeps: &mut [Sweep<'_>]) -> Result<()> {
        let column = |name: &str| self.column(batch, name);
        let keys = self.request.keys.iter().map(|key| column(key)).collect::<Result<Vec<_>>>()?;
        let mut ids = self.known.find(&keys, batch.num_rows())?;
        let events = numbers(&column(self.request.event)?)?;
        let (mut created, mut others) = (None, None);
        if let Some(restated) = &self.request.restated {
            created = restated.created.map(|name| null_lowest(&column(name)?)).transpose()?;
            if let Some(converter) = &self.others {
                let columns = restated.others.iter().map(|name| column(name)).collect::<Result<Vec<_>>>()?;
                others = Some(converter.convert_columns(&columns).map_err(arrow("compare keys"))?);
            }
            if !restated.known_as_of {
                drop_restated(&mut ids, events.values(), created.as_deref(), others.as_ref());
            }
        }
        let input = |((name, form), converter): (&(Option<&str>, Form), &Option<RowConverter>)| {
            let column = name.map(column).transpose()?;
            load(column.as_ref(), *form, converter.as_ref())
        };
        let inputs: Vec<Values> = self.inputs.iter().zip(&self.converters).map(input).collect::<Result<_>>()?;
        let chunk = Chunk {
            ids: &ids,
            events: events.values(),
            created: created.as_deref(),
            others: others.as_ref(),
            inputs: &inputs,
        };
        sweeps.par_iter_mut().for_each(|sweep| sweep.push(&chunk));
        Ok(())
    }

    /// The answers of all parts in the order of the entity rows; those that match nothing have no rows in their windows.
    fn gathered(&self, answers: &[(Vec<u32>, Vec<ArrayRef>)], rows: usize) -> Result<Vec<ArrayRef>> {
        let mut at = vec![(0, 0); rows];
        for (part, (answered, _)) in answers.iter().enumerate() {
            for (place, row) in answered.iter().enumerate() {
                at[*row as usize] = (part + 1, place);
            }
        }
        let of = |(track, plan): (usize, &TrackPlan)| {
            let mut nothing = plan.track(1);
            nothing.answer(0, i64::MAX);
            let nothing = nothing.finish()?;
            let arrays = answers.iter().map(|(_, arrays)| arrays[track].as_ref());
            let arrays: Vec<&dyn Array> = std::iter::once(nothing.as_ref()).chain(arrays).collect();
            interleave(&arrays, &at).map_err(arrow("answer a window"))
        };
        self.tracks.iter().enumerate().map(of).collect()
    }
}

/// Created times, the least value for those that are null (S03).
fn null_lowest(column: &ArrayRef) -> Result<Vec<i64>> {
    Ok(numbers(column)?.iter().map(|value| value.unwrap_or(i64::MIN)).collect())
}

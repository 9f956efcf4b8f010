//! One group joined to the entity rows: its history is read once, in order, and only where it can matter.

use arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, SchemaRef};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use varvite_dataset::{KeyRange, ScanOptions};
use varvite_time::{Instant, TimeUnit};

use super::bounds::{Bounds, Window};
use super::pool::Pool;
use super::sweep::{SpinePart, Stream};
use crate::entity::{KeyLookup, KeyNumbers, NONE, key_types};
use crate::error::arrow;
use crate::times::{numbers, unit_of};
use crate::{GroupHistory, Result, columns};

/// Rows that are decoded and looked at together.
const BATCH_ROWS: usize = 1 << 16;

/// Most parts that keys are divided into.
const MAX_PARTS: usize = 16;

/// What is asked of one group.
pub(crate) struct Request<'a> {
    pub(crate) history: &'a GroupHistory,
    /// Names of columns, in the order wanted: features, or any other column of the group, or [`columns::COMMIT`].
    pub(crate) columns: Vec<String>,
    /// Columns that win or lose together, as positions in `columns`; each group is chosen by the rows whose first
    /// column is not null, if `skip_nulls`.
    pub(crate) tracks: Vec<Vec<usize>>,
    pub(crate) skip_nulls: bool,
    pub(crate) known_as_of: bool,
    pub(crate) window: Window,
    /// See [`HistoricalOptions::kept_bytes`](super::HistoricalOptions::kept_bytes).
    pub(crate) kept_bytes: usize,
}

/// The entity rows as one group sees them.
pub(crate) struct Spine<'a> {
    /// The keys' columns, in the group's types.
    pub(crate) keys: &'a [ArrayRef],
    /// Nulls match nothing (S06).
    pub(crate) times: &'a [Option<Instant>],
}

/// The values of each entity row's winners: one array for each column asked for, and whether the key ever had a row.
pub(crate) struct Joined {
    pub(crate) columns: Vec<ArrayRef>,
}

/// Columns of the group that decide.
struct Deciding {
    event: Option<(String, TimeUnit)>,
    created: Option<(String, TimeUnit)>,
}

impl Deciding {
    fn new(history: &GroupHistory) -> Self {
        let schema = history.schema();
        let unit = |name: &str| schema.field_with_name(name).ok().and_then(|field| unit_of(field.data_type()));
        let of = |time: Option<&varvite_schema::TimeColumn>| {
            time.and_then(|time| Some((time.name().to_owned(), unit(time.name())?)))
        };
        Self { event: of(history.group.event_time()), created: of(history.group.created_time()) }
    }

    fn bounds(&self, window: Window, time: Option<Instant>) -> Bounds {
        let unit = |of: &Option<(String, TimeUnit)>| of.as_ref().map_or(TimeUnit::Nanosecond, |(_, unit)| *unit);
        let Some(time) = time else { return Bounds::NOTHING };
        let bounds = window.bounds(time, unit(&self.event), unit(&self.created));
        // Without an event time there is nothing that time could exclude.
        if self.event.is_some() { bounds } else { Bounds { lower: i64::MIN, upper: i64::MAX, ..bounds } }
    }
}

/// Joins one group to the entity rows.
pub(crate) fn join(request: &Request<'_>, spine: &Spine<'_>) -> Result<Joined> {
    let deciding = Deciding::new(request.history);
    let mut known = KeyNumbers::new(&key_types(&request.history.group))?;
    let mut ids = known.insert(spine.keys, spine.times.len())?;
    let bounds: Vec<Bounds> = spine.times.iter().map(|time| deciding.bounds(request.window, *time)).collect();
    for (id, time) in ids.iter_mut().zip(spine.times) {
        if time.is_none() {
            *id = NONE;
        }
    }
    let Some(range) = range_of(&ids, &bounds) else { return nothing(request, spine.times.len()) };
    let Some(reading) = Reading::new(request, &deciding, range)? else { return nothing(request, spine.times.len()) };
    let keys = known.len();
    let known = known.into_lookup();
    let parts = rayon::current_num_threads().clamp(1, MAX_PARTS);
    let part = |part: usize| SpinePart::new(&ids, &bounds, keys, part, parts);
    let parts: Vec<SpinePart> = (0..parts).into_par_iter().map(part).collect();
    reading.run(request, &known, &parts, spine.times.len())
}

/// The event times that any entity row may see; `None` if there are none.
fn range_of(ids: &[u32], bounds: &[Bounds]) -> Option<(i64, i64)> {
    let mut found: Option<(i64, i64)> = None;
    for (id, bounds) in ids.iter().zip(bounds) {
        if *id != NONE && bounds.lower <= bounds.upper {
            let (lower, upper) = found.unwrap_or((bounds.lower, bounds.upper));
            found = Some((lower.min(bounds.lower), upper.max(bounds.upper)));
        }
    }
    found
}

fn nothing(request: &Request<'_>, rows: usize) -> Result<Joined> {
    let schema = columns::stored(&request.history.schema());
    let of = |name: &String| {
        let field = schema.field_with_name(name).map_err(arrow("find a column"))?;
        Ok(new_null_array(field.data_type(), rows))
    };
    Ok(Joined { columns: request.columns.iter().map(of).collect::<Result<_>>()? })
}

/// The columns to read, and where they are in each batch.
struct Reading {
    options: ScanOptions,
    /// The stored types of the columns asked for; `None` where they are not stored yet.
    stored: Vec<Option<DataType>>,
    /// The types asked for.
    wanted: SchemaRef,
    names: Vec<String>,
    event: Option<String>,
    created: Option<String>,
}

impl Reading {
    /// `None` while nothing is stored.
    fn new(request: &Request<'_>, deciding: &Deciding, (lower, upper): (i64, i64)) -> Result<Option<Self>> {
        let Some(schema) = request.history.dataset.schema() else { return Ok(None) };
        let all = columns::stored(&request.history.schema());
        let names = || request.columns.iter();
        let stored: Vec<_> =
            names().map(|name| schema.field_with_name(name).ok().map(|field| field.data_type().clone())).collect();
        let wanted = names().map(|name| all.field_with_name(name).cloned()).collect::<Result<Vec<_>, _>>();
        let wanted = wanted.map_err(arrow("find a column"))?;
        let event = deciding.event.as_ref().map(|(name, _)| name.clone());
        let created = deciding.created.as_ref().map(|(name, _)| name.clone());
        let mut read: Vec<String> = columns::key_names(&request.history.group).into_iter().map(str::to_owned).collect();
        let there = names().zip(&stored).filter(|(_, stored)| stored.is_some()).map(|(name, _)| name.clone());
        for name in event.iter().chain(&created).cloned().chain(there) {
            if !read.contains(&name) {
                read.push(name);
            }
        }
        let mut options = ScanOptions::default().with_columns(read.clone()).with_batch_size(BATCH_ROWS);
        if event.is_some() {
            options = options.with_range(match upper.checked_add(1) {
                Some(end) => KeyRange::from(lower..end),
                None => KeyRange::from(lower..),
            });
        }
        let wanted = std::sync::Arc::new(arrow::datatypes::Schema::new(wanted));
        Ok(Some(Self { options, stored, wanted, names: read, event, created }))
    }

    fn run(self, request: &Request<'_>, known: &KeyLookup, parts: &[SpinePart], rows: usize) -> Result<Joined> {
        let types = |track: &Vec<usize>| track.iter().map(|at| self.stored_type(*at)).collect();
        let pool = |track| Pool::new(types(track), parts, request.known_as_of, request.kept_bytes, rows);
        let mut pools: Vec<Pool> = request.tracks.iter().map(pool).collect();
        let failed = |source| request.history.failed(source);
        let mut scan = request.history.dataset.scan(&self.options).map_err(failed)?;
        let mut first = 0;
        while let Some(batch) = scan.next_batch().map_err(failed)? {
            self.push(request, known, parts, &mut pools, &batch, first)?;
            first += batch.num_rows() as u64;
        }
        let mut found: Vec<Option<ArrayRef>> = vec![None; request.columns.len()];
        for (pool, track) in pools.into_iter().zip(&request.tracks) {
            for (array, at) in pool.finish(parts)?.into_iter().zip(track) {
                found[*at] = Some(columns::as_type(&array, self.wanted.field(*at).data_type())?);
            }
        }
        Ok(Joined { columns: found.into_iter().flatten().collect() })
    }

    fn stored_type(&self, at: usize) -> DataType {
        self.stored[at].clone().unwrap_or_else(|| self.wanted.field(at).data_type().clone())
    }

    fn push(
        &self,
        request: &Request<'_>,
        known: &KeyLookup,
        parts: &[SpinePart],
        pools: &mut [Pool],
        batch: &RecordBatch,
        first: u64,
    ) -> Result<()> {
        let by_name = |name: &String| self.names.iter().position(|known| known == name).map(|at| batch.column(at));
        let keys = &batch.columns()[..request.history.group.entity_keys().len()];
        let ids = numbered(known, keys, batch.num_rows())?;
        let event = self.event.as_ref().and_then(by_name).map(numbers).transpose()?;
        let created = self.created.as_ref().and_then(by_name).map(null_lowest).transpose()?;
        for (pool, track) in pools.iter_mut().zip(&request.tracks) {
            let value = |at: &usize| match by_name(&request.columns[*at]).filter(|_| self.stored[*at].is_some()) {
                Some(column) => ArrayRef::clone(column),
                None => new_null_array(&self.stored_type(*at), batch.num_rows()),
            };
            let values: Vec<ArrayRef> = track.iter().map(value).collect();
            let skipped: Option<NullBuffer> =
                values.first().filter(|_| request.skip_nulls).and_then(arrow::array::Array::logical_nulls);
            let stream = Stream {
                ids: &ids,
                events: event.as_ref().map(|event| &event.values()[..]),
                created: created.as_deref(),
                first,
                place: 0,
                skipped: skipped.as_ref(),
            };
            pool.push(parts, values, &stream)?;
        }
        Ok(())
    }
}

/// Created times, the least value for those that are null (S03).
fn null_lowest(column: &ArrayRef) -> Result<Vec<i64>> {
    let values = numbers(column)?;
    if values.null_count() == 0 {
        return Ok(values.values().to_vec());
    }
    Ok(values.iter().map(|value| value.unwrap_or(i64::MIN)).collect())
}

/// The numbers of the keys, found on all cores.
fn numbered(known: &KeyLookup, keys: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
    let step = rows.div_ceil(rayon::current_num_threads().max(1)).max(1);
    let starts: Vec<usize> = (0..rows).step_by(step).collect();
    let find = |start: usize| {
        let len = step.min(rows - start);
        let part: Vec<ArrayRef> = keys.iter().map(|key| key.slice(start, len)).collect();
        known.find(&part, len)
    };
    let found: Vec<Vec<u32>> = starts.into_par_iter().map(find).collect::<Result<_>>()?;
    Ok(found.concat())
}

//! Entity rows of many times, answered by one run of a query whose rows are dated.
//!
//! Entity rows are sorted by key and time. A row of the query is offered to the first one of its key that may see it; when
//! all have come, what an entity row may see is the newest of what it and the ones before it were offered. So rows may come
//! in any order, and each costs one look-up: a sort-merge as-of join, with the sorting on the smaller side alone.

use arrow::array::{Array, ArrayRef, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use varvite_feature::entity::{KeyLookup, KeyNumbers, NONE};
use varvite_feature::{NullPolicy, VirtualRequest};
use varvite_time::Instant;

use super::SqlFeatures;
use super::prepared::Prepared;
use super::tables::{TimeType, Until};
use super::times::{dated, numbers};
use super::winners::{Best, Rows, TakeError, Winners};
use crate::syntax::Select;
use crate::{Error, Result};

/// A query whose rows are true from `event_time` on, until the next one of their key.
pub(super) struct Pass<'a> {
    pub(super) select: &'a Select,
    pub(super) event_time: &'a str,
}

/// The values of the features, one for each row of the request.
pub(super) fn answer(
    reader: &SqlFeatures,
    prepared: &Prepared,
    pass: &Pass<'_>,
    request: &VirtualRequest<'_>,
    features: &[String],
) -> Result<Vec<ArrayRef>> {
    let latest = request.latest()?;
    let Some(last) = latest.iter().flatten().max() else {
        let reason = "no entity row has a time".to_owned();
        return Err(Error::InvalidTable { table: request.group.id(), reason });
    };
    let until = Until { latest: *last, known: None };
    let select = pass.select.cut(&prepared.cuts(until)?)?;
    let run = reader.executor().execute(&prepared.bind(&select, until), reader.limits())?;
    let schema = run.schema();
    let place = |name: &str| schema.index_of(name).map_err(Error::arrow("find a column of the query"));
    let keys: Vec<usize> = request.group.entity_keys().iter().map(|key| place(key.name())).collect::<Result<_>>()?;
    let columns: Vec<usize> = features.iter().map(|name| place(name)).collect::<Result<_>>()?;
    let event_at = place(pass.event_time)?;
    let time = dated(request.group, pass.event_time, schema.field(event_at).data_type())?;
    let spine = Spine::new(request, &latest, &time)?;
    let types: Vec<DataType> = columns.iter().map(|at| schema.field(*at).data_type().clone()).collect();
    let last_known = request.options.null_policy == NullPolicy::LastKnown;
    let mut winners = Winners::new(&types, spine.upper.len(), last_known);
    for batch in run {
        let batch = batch?;
        let of = |places: &[usize]| -> Vec<ArrayRef> { places.iter().map(|at| batch.column(*at).clone()).collect() };
        let events = numbers(batch.column(event_at))?;
        let places = spine.places(request, &of(&keys), &events)?;
        let rows = Rows { places: &places, events: Some(&events) };
        winners.take(&rows, &of(&columns)).map_err(|error| match error {
            TakeError::Other(error) => error,
            TakeError::Several(_) => Error::Engine { engine: "the query", source: "a row has no time".into() },
        })?;
    }
    winners.finish(|best| spine.answers(best))
}

/// The entity rows, sorted by key and time.
struct Spine {
    lookup: KeyLookup,
    /// Where the rows of each key begin; one more at the end.
    starts: Vec<u32>,
    /// The latest event time that each may see.
    upper: Vec<i64>,
    /// The earliest.
    lower: Vec<i64>,
    /// The row of the request that each is.
    rows: Vec<u32>,
    num_rows: usize,
}

impl Spine {
    fn new(request: &VirtualRequest<'_>, latest: &[Option<Instant>], time: &TimeType) -> Result<Self> {
        let types: Vec<DataType> = request.keys.columns().iter().map(|key| key.data_type().clone()).collect();
        let mut known = KeyNumbers::new(&types)?;
        let ids = known.insert(request.keys.columns(), request.num_rows())?;
        let times = request.times.instants(request.num_rows())?;
        let oldest = request.oldest_ns();
        let lower =
            |time_of: Instant| oldest.map_or(i64::MIN, |oldest| time_of.plus_ns(-i128::from(oldest)).ceil(time.unit()));
        let mut rows: Vec<(u32, i64, i64, u32)> = Vec::with_capacity(ids.len());
        for (row, ((id, latest), time_of)) in (0..).zip(ids.iter().zip(latest).zip(times)) {
            if let (Some(latest), Some(time_of)) = (latest, time_of) {
                rows.push((*id, latest.floor(time.unit()), lower(time_of), row));
            }
        }
        rows.sort_unstable();
        let mut starts = vec![0; known.len() + 1];
        for (id, ..) in &rows {
            starts[*id as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Ok(Self {
            lookup: known.into_lookup(),
            starts,
            upper: rows.iter().map(|(_, upper, ..)| *upper).collect(),
            lower: rows.iter().map(|(_, _, lower, _)| *lower).collect(),
            rows: rows.iter().map(|(.., row)| *row).collect(),
            num_rows: request.num_rows(),
        })
    }

    /// For each row of a batch the first entity row of its key that may see it.
    fn places(&self, request: &VirtualRequest<'_>, keys: &[ArrayRef], events: &Int64Array) -> Result<Vec<Option<u32>>> {
        let typed = keys.iter().zip(request.keys.columns()).map(|(key, wanted)| cast(key, wanted.data_type()));
        let typed = typed.collect::<Result<Vec<_>, _>>().map_err(Error::arrow("compare keys"))?;
        let ids = self.lookup.find(&typed, events.len())?;
        let place = |(id, event): (u32, i64)| {
            if id == NONE {
                return None;
            }
            let (start, end) = (self.starts[id as usize], self.starts[id as usize + 1]);
            let seen_by = &self.upper[start as usize..end as usize];
            let at = start + u32::try_from(seen_by.partition_point(|upper| *upper < event)).unwrap_or(u32::MAX);
            (at < end).then_some(at)
        };
        Ok(ids.into_iter().zip(events.values().iter().copied()).map(place).collect())
    }

    /// What each row of the request is answered with.
    fn answers(&self, best: &[Option<Best>]) -> Vec<Option<Best>> {
        let mut found = vec![None; self.num_rows];
        for key in self.starts.windows(2) {
            let mut newest: Option<Best> = None;
            for at in key[0] as usize..key[1] as usize {
                newest = best[at].or(newest);
                let is_young = |best: &Best| best.event.is_none_or(|event| event >= self.lower[at]);
                found[self.rows[at] as usize] = newest.filter(is_young);
            }
        }
        found
    }
}

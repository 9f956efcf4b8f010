//! Upserts and deletions by key, decided before anything is written: which stored rows go, which given rows come (S13).

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::row::{RowConverter, Rows, SortField};
use varvite_dataset::{Dataset, ScanOptions};

use super::conform::Conformed;
use crate::entity::{KeyLookup, KeyNumbers, NONE, key_columns, key_types};
use crate::error::arrow;
use crate::times::{as_times, at, numbers};
use crate::{GroupHistory, Result, columns};

/// What an upsert does.
pub(super) struct Upsert {
    /// Keys and ordered values of the stored rows that go; `None` if none do.
    pub(super) keys: Option<RecordBatch>,
    /// The rows that come.
    pub(super) rows: RecordBatch,
    pub(super) identical: u64,
    pub(super) superseded: u64,
}

/// What becomes of one given row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Comes,
    Identical,
    Superseded,
}

/// Decides what an upsert does to the rows that are stored.
pub(super) fn upsert(history: &GroupHistory, given: &Conformed) -> Result<Upsert> {
    let mut numbers = KeyNumbers::new(&identity_types(history, &given.schema)?)?;
    let batch = &given.batch;
    let ids = numbers.insert(&identity(history, batch)?, batch.num_rows())?;
    let created = created(history, batch)?;
    let identities = numbers.len();
    let mut winners = last_created(&ids, identities, created.as_ref());
    let mut fates = vec![Fate::Superseded; batch.num_rows()];
    for row in winners.iter().flatten() {
        fates[*row] = Fate::Comes;
    }
    let matched = Stored::find(history, given, &numbers.into_lookup())?;
    let compared = Compared::new(history, given, &matched.rows)?;
    let mut raised: HashMap<usize, i64> = HashMap::new();
    for (stored_row, id) in matched.ids.iter().enumerate() {
        let Some(row) = winners[*id as usize] else { continue };
        let newer = at_or_min(matched.created.as_ref(), stored_row) > at_or_min(created.as_ref(), row);
        if newer && !given.stamped[row] {
            fates[row] = Fate::Superseded;
            winners[*id as usize] = None;
        } else if newer {
            // A stamp says when we heard of a row, and a clock that is behind does not tell: it is raised to that of the
            // row it replaces, or what replaces a row would be less than it (S13, S15).
            let stamp = raised.entry(row).or_insert(i64::MIN);
            *stamp = at_or_min(matched.created.as_ref(), stored_row).max(*stamp);
        }
    }
    let batch = &with_created(history, batch, &raised)?;
    let mut counts = vec![0_u32; identities];
    matched.ids.iter().for_each(|id| counts[*id as usize] += 1);
    for (stored_row, id) in matched.ids.iter().enumerate() {
        let Some(row) = winners[*id as usize].filter(|_| counts[*id as usize] == 1) else { continue };
        if compared.as_ref().is_some_and(|compared| compared.equal(stored_row, row)) {
            fates[row] = Fate::Identical;
            winners[*id as usize] = None;
        }
    }
    let goes: BooleanArray = matched.ids.iter().map(|id| Some(winners[*id as usize].is_some())).collect();
    let keys = filter_record_batch(&matched.keys(history)?, &goes).map_err(arrow("choose rows"))?;
    let comes: BooleanArray = fates.iter().map(|fate| Some(*fate == Fate::Comes)).collect();
    let count = |wanted: Fate| fates.iter().filter(|fate| **fate == wanted).count() as u64;
    Ok(Upsert {
        keys: (keys.num_rows() > 0).then_some(keys),
        rows: filter_record_batch(batch, &comes).map_err(arrow("choose rows"))?,
        identical: count(Fate::Identical),
        superseded: count(Fate::Superseded),
    })
}

/// Keys and ordered values of all stored rows of some entities.
pub(super) fn rows_of_entities(history: &GroupHistory, keys: &[RecordBatch]) -> Result<RecordBatch> {
    let mut known = KeyNumbers::new(&key_types(&history.group))?;
    for batch in keys {
        known.insert(&key_columns(&history.group, batch)?, batch.num_rows())?;
    }
    let known = known.into_lookup();
    let wanted = key_and_ordered(history);
    let mut found = Vec::new();
    let mut scan = history.scan(&ScanOptions::default().with_columns(wanted))?;
    let schema = scan.schema();
    while let Some(batch) = scan.next_batch()? {
        let ids = known.find(&key_columns(&history.group, &batch)?, batch.num_rows())?;
        let doomed: BooleanArray = ids.iter().map(|id| Some(*id != NONE)).collect();
        found.push(filter_record_batch(&batch, &doomed).map_err(arrow("choose rows"))?);
    }
    concat_batches(&schema, &found).map_err(arrow("join rows"))
}

/// The entity keys and the ordered column: what names a stored row for a deletion.
fn key_and_ordered(history: &GroupHistory) -> Vec<String> {
    let mut names: Vec<String> = columns::key_names(&history.group).into_iter().map(str::to_owned).collect();
    names.push(columns::ordered_on(&history.group).to_owned());
    names
}

/// What makes two rows the same one: the keys, and the event time if there is one.
fn identity(history: &GroupHistory, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    let mut arrays = key_columns(&history.group, batch)?;
    if let Some(time) = history.group.event_time().and_then(|time| batch.column_by_name(time.name())) {
        arrays.push(std::sync::Arc::new(numbers(time)?));
    }
    Ok(arrays)
}

fn identity_types(history: &GroupHistory, schema: &SchemaRef) -> Result<Vec<DataType>> {
    let empty = RecordBatch::new_empty(SchemaRef::clone(schema));
    Ok(identity(history, &empty)?.iter().map(|array| array.data_type().clone()).collect())
}

fn created(history: &GroupHistory, batch: &RecordBatch) -> Result<Option<Int64Array>> {
    let created = history.group.created_time().and_then(|time| batch.column_by_name(time.name()));
    created.map(numbers).transpose()
}

/// The created time, a missing one below all others (S03).
fn at_or_min(created: Option<&Int64Array>, row: usize) -> i64 {
    created.and_then(|created| at(created, row)).unwrap_or(i64::MIN)
}

/// `batch` with other created times at some rows.
fn with_created(history: &GroupHistory, batch: &RecordBatch, raised: &HashMap<usize, i64>) -> Result<RecordBatch> {
    let time = history.group.created_time().filter(|_| !raised.is_empty());
    let Some(at) = time.and_then(|time| batch.schema().index_of(time.name()).ok()) else { return Ok(batch.clone()) };
    let values = numbers(batch.column(at))?;
    let values = values.iter().enumerate().map(|(row, value)| raised.get(&row).copied().or(value)).collect();
    let mut columns = batch.columns().to_vec();
    columns[at] = as_times(values, batch.column(at).data_type())?;
    RecordBatch::try_new(batch.schema(), columns).map_err(arrow("stamp rows"))
}

/// The row of each identity that was created last, and among those the last one.
fn last_created(ids: &[u32], identities: usize, created: Option<&Int64Array>) -> Vec<Option<usize>> {
    let mut winners: Vec<Option<usize>> = vec![None; identities];
    for (row, id) in ids.iter().enumerate() {
        let winner = &mut winners[*id as usize];
        if winner.is_none_or(|best| at_or_min(created, row) >= at_or_min(created, best)) {
            *winner = Some(row);
        }
    }
    winners
}

/// The stored rows that have one of the identities.
struct Stored {
    rows: RecordBatch,
    ids: Vec<u32>,
    created: Option<Int64Array>,
}

impl Stored {
    fn find(history: &GroupHistory, given: &Conformed, known: &KeyLookup) -> Result<Self> {
        let schema = columns::stored(&given.schema);
        let names = schema.fields().iter().map(|field| field.name().clone());
        let mut options = ScanOptions::default().with_columns(names);
        if let Some(row_groups) = touched(history, given)? {
            options = options.with_row_groups(row_groups);
        }
        let mut scan = history.scan(&options)?;
        let (mut rows, mut ids) = (Vec::new(), Vec::new());
        while let Some(batch) = scan.next_batch()? {
            let found = known.find(&identity(history, &batch)?, batch.num_rows())?;
            let matches: UInt64Array =
                found.iter().enumerate().filter(|(_, id)| **id != NONE).map(|(row, _)| row as u64).collect();
            rows.push(take_record_batch(&batch, &matches).map_err(arrow("choose rows"))?);
            ids.extend(found.into_iter().filter(|id| *id != NONE));
        }
        let rows = concat_batches(&scan.schema(), &rows).map_err(arrow("join rows"))?;
        let created = created(history, &rows)?;
        Ok(Self { rows, ids, created })
    }

    fn keys(&self, history: &GroupHistory) -> Result<RecordBatch> {
        let positions: Vec<usize> =
            key_and_ordered(history).iter().filter_map(|name| self.rows.schema().index_of(name).ok()).collect();
        self.rows.project(&positions).map_err(arrow("choose columns"))
    }
}

/// The row groups whose event times reach over a given one; `None` where that cannot be told.
fn touched(history: &GroupHistory, given: &Conformed) -> Result<Option<Vec<usize>>> {
    let Some(time) = history.group.event_time().and_then(|time| given.batch.column_by_name(time.name())) else {
        return Ok(None);
    };
    let mut times = numbers(time)?.values().to_vec();
    times.sort_unstable();
    Ok(row_groups_over(&history.dataset, &times))
}

fn row_groups_over(dataset: &Dataset, times: &[i64]) -> Option<Vec<usize>> {
    let snapshot = dataset.snapshot()?;
    let value = |time: i64| varvite_dataset::OrderedValue::from(time);
    let reaches = |file: &varvite_dataset::DataFile| {
        let at = times.partition_point(|time| value(*time) < file.min);
        times.get(at).is_some_and(|time| value(*time) <= file.max)
    };
    Some(snapshot.files.iter().enumerate().filter(|(_, file)| reaches(file)).map(|(at, _)| at).collect())
}

/// Given and stored rows, to see which rows are stored as they are given.
struct Compared<'a> {
    /// All columns but the created time, as bytes.
    given: Rows,
    stored: Rows,
    /// When rows were created, given and stored.
    created: (Option<Int64Array>, Option<Int64Array>),
    stamped: &'a [bool],
}

impl<'a> Compared<'a> {
    /// `None` for columns that cannot be compared: then no row counts as identical.
    fn new(history: &GroupHistory, given: &'a Conformed, stored: &RecordBatch) -> Result<Option<Self>> {
        let created_time = history.group.created_time().map(varvite_schema::TimeColumn::name);
        let is_compared = |name: &&str| Some(*name) != created_time;
        let names = given.schema.fields().iter().map(|field| field.name().as_str()).filter(is_compared);
        let times = (created(history, &given.batch)?, created(history, stored)?);
        let stamped = &given.stamped[..];
        let names: Vec<&str> = names.collect();
        let columns = |batch: &RecordBatch| -> Vec<ArrayRef> {
            names.iter().filter_map(|name| batch.column_by_name(name)).cloned().collect()
        };
        let given = columns(&given.batch);
        let fields: Vec<SortField> = given.iter().map(|array| SortField::new(array.data_type().clone())).collect();
        if !RowConverter::supports_fields(&fields) {
            return Ok(None);
        }
        let converter = RowConverter::new(fields).map_err(arrow("compare rows"))?;
        let rows = |columns: &[ArrayRef]| converter.convert_columns(columns).map_err(arrow("compare rows"));
        Ok(Some(Self { given: rows(&given)?, stored: rows(&columns(stored))?, created: times, stamped }))
    }

    fn equal(&self, stored: usize, given: usize) -> bool {
        let time = |times: &Option<Int64Array>, row: usize| times.as_ref().and_then(|times| at(times, row));
        // When we heard of a row is no part of what it says.
        let same_time = self.stamped[given] || time(&self.created.0, given) == time(&self.created.1, stored);
        same_time && self.stored.row(stored) == self.given.row(given)
    }
}

//! Entity rows of one time, answered by one run of a query over tables that are cut there.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::util::display::array_value_to_string;
use varvite_feature::{NullPolicy, VirtualRequest};
use varvite_time::Instant;

use super::SqlFeatures;
use super::prepared::Prepared;
use super::tables::{TimeType, Until};
use super::times::{dated, numbers};
use super::winners::{Best, Rows, TakeError, Winners};
use crate::syntax::Ids;
use crate::{Error, MemoryTable, Result};

/// The column with the number of an entity row.
const ROW: &str = "vv_row";

/// Entity rows that are asked about together.
pub(super) struct Asked<'a> {
    pub(super) request: &'a VirtualRequest<'a>,
    pub(super) features: &'a [String],
    /// Their keys.
    pub(super) keys: RecordBatch,
    /// The time of them all, and the latest that they may see.
    pub(super) time: Instant,
    pub(super) until: Instant,
}

/// The values of the features, one for each of the rows.
pub(super) fn answer(reader: &SqlFeatures, prepared: &Prepared, asked: &Asked<'_>) -> Result<Vec<ArrayRef>> {
    let group = asked.request.group;
    let event_time = group.event_time();
    let columns: Vec<String> = asked.features.iter().cloned().chain(event_time.map(str::to_owned)).collect();
    let ids = Ids {
        table: prepared.select.unused_name("vv_entities"),
        row: ROW.to_owned(),
        keys: group.entity_keys().iter().map(|key| (key.name().to_owned(), key.name().to_owned())).collect(),
    };
    let known = asked.request.options.known_as_of.then_some(asked.time);
    let until = Until { latest: asked.until, known };
    let select = prepared.select.cut(&prepared.cuts(until)?)?.restrict(&ids, &columns)?;
    let query = prepared.bind(&select, until).with_table(&ids.table, numbered(&asked.keys)?);
    let run = reader.executor().execute(&query, reader.limits())?;
    let schema = run.schema();
    let types: Vec<DataType> = (1..=asked.features.len()).map(|at| schema.field(at).data_type().clone()).collect();
    let time = event_time.map(|name| dated(group, name, schema.field(columns.len()).data_type())).transpose()?;
    let rows = asked.keys.num_rows();
    let lower = lower(asked, time.as_ref());
    let last_known = asked.request.options.null_policy == NullPolicy::LastKnown;
    let mut winners = Winners::new(&types, rows, last_known);
    for batch in run {
        let batch = batch?;
        let entities = batch.column(0).as_primitive_opt::<Int64Type>().ok_or_else(lost)?;
        let events = time.as_ref().map(|time| events(batch.column(columns.len()), time, asked.until)).transpose()?;
        let places: Vec<Option<u32>> = entities.iter().map(|row| u32::try_from(row?).ok()).collect();
        let rows = Rows { places: &places, events: events.as_ref() };
        let features = &batch.columns()[1..=asked.features.len()];
        winners.take(&rows, features).map_err(|error| several(asked, error))?;
    }
    let is_young = |best: &Best| best.event.is_none_or(|event| event >= lower);
    winners.finish(|best| best.iter().map(|best| best.filter(is_young)).collect())
}

/// The keys under their names, and the number of each row.
fn numbered(keys: &RecordBatch) -> Result<MemoryTable> {
    let rows = keys.num_rows();
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0_i64..).take(rows)));
    let fields = keys
        .schema()
        .fields()
        .iter()
        .cloned()
        .chain([Arc::new(Field::new(ROW, DataType::Int64, false))])
        .collect::<Vec<_>>();
    let columns = keys.columns().iter().cloned().chain([numbers]).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
    Ok(batch.map_err(Error::arrow("number entity rows"))?.into())
}

/// The earliest event time that the rows may see (S05).
fn lower(asked: &Asked<'_>, time: Option<&TimeType>) -> i64 {
    let oldest = asked.request.oldest_ns().map(|oldest| asked.time.plus_ns(-i128::from(oldest)));
    match (oldest, time) {
        (Some(oldest), Some(time)) => oldest.ceil(time.unit()),
        _ => i64::MIN,
    }
}

/// Event times as numbers; those after `until` as null, for the query may have computed them.
fn events(column: &ArrayRef, time: &TimeType, until: Instant) -> Result<Int64Array> {
    let numbers = numbers(column)?;
    let latest = until.floor(time.unit());
    Ok(numbers.iter().map(|event| event.filter(|event| *event <= latest)).collect())
}

fn lost() -> Error {
    Error::Engine { engine: "the engine", source: "it gave the numbers of rows in another type".into() }
}

/// Two rows for one entity row, by its key.
fn several(asked: &Asked<'_>, error: TakeError) -> Error {
    let row = match error {
        TakeError::Several(row) => row as usize,
        TakeError::Other(error) => return error,
    };
    let schema = asked.keys.schema();
    let keys = schema.fields().iter().zip(asked.keys.columns()).map(|(field, column)| {
        format!("{} = {}", field.name(), array_value_to_string(column, row).unwrap_or_default())
    });
    let reason = format!(
        "its query gives several rows for {}: aggregate them, or name an event time",
        keys.collect::<Vec<_>>().join(", ")
    );
    Error::InvalidTable { table: asked.request.group.id(), reason }
}

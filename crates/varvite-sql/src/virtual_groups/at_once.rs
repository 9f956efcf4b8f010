//! Entity rows of one time, answered by one run of a query over tables that are cut there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::util::display::array_value_to_string;
use varvite_feature::{NullPolicy, VirtualRequest};
use varvite_time::Instant;

use super::SqlFeatures;
use super::prepared::Prepared;
use super::tables::{TimeType, Until};
use super::winners::{Rows, TakeError, Winners};
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
    let lower = lower(asked, time.as_ref(), rows);
    let last_known = asked.request.options.null_policy == NullPolicy::LastKnown;
    let mut winners = Winners::new(&types, rows, last_known);
    for batch in run {
        let batch = batch?;
        let entities = batch.column(0).as_primitive_opt::<Int64Type>().ok_or_else(lost)?;
        let events = time.as_ref().map(|time| events(batch.column(columns.len()), time, asked.until)).transpose()?;
        let rows = Rows { entities, events: events.as_ref() };
        let features = &batch.columns()[1..=asked.features.len()];
        winners.take(&rows, features, &lower).map_err(|error| several(asked, error))?;
    }
    winners.finish()
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

/// The type of the query's event time.
pub(super) fn dated(group: &varvite_schema::VirtualSchema, name: &str, data_type: &DataType) -> Result<TimeType> {
    TimeType::of(data_type).ok_or_else(|| Error::InvalidTable {
        table: group.id(),
        reason: format!("event time `{name}` is {data_type}: a time is a timestamp or a date"),
    })
}

/// The earliest event time that the rows may see (S05).
fn lower(asked: &Asked<'_>, time: Option<&TimeType>, rows: usize) -> Vec<i64> {
    let oldest = asked.request.oldest_ns().map(|oldest| asked.time.plus_ns(-i128::from(oldest)));
    let least = match (oldest, time) {
        (Some(oldest), Some(time)) => oldest.ceil(time.unit()),
        _ => i64::MIN,
    };
    vec![least; rows]
}

/// Event times as numbers; those after `until` as null, for the query may have computed them.
fn events(column: &ArrayRef, time: &TimeType, until: Instant) -> Result<Int64Array> {
    let numbers = numbers(column)?;
    let latest = until.floor(time.unit());
    Ok(numbers.iter().map(|event| event.filter(|event| *event <= latest)).collect())
}

/// A column of times as numbers.
pub(super) fn numbers(column: &ArrayRef) -> Result<Int64Array> {
    let days =
        if column.data_type() == &DataType::Date32 { cast(column, &DataType::Int32) } else { Ok(column.clone()) };
    let numbers = days.and_then(|days| cast(&days, &DataType::Int64)).map_err(Error::arrow("read times as numbers"))?;
    Ok(numbers.as_primitive::<Int64Type>().clone())
}

fn lost() -> Error {
    Error::Engine { engine: "the engine", source: "it gave the numbers of rows in another type".into() }
}

/// Two rows for one entity row, by its key.
fn several(asked: &Asked<'_>, error: TakeError) -> Error {
    let row = match error {
        TakeError::Several(row) => row,
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

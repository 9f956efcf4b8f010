//! The tables that a virtual group reads, and how each is cut to a time.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit as ArrowUnit};
use varvite_feature::{FeatureStore, SourceTable};
use varvite_schema::SourceSchema;
use varvite_time::{Instant, TimeUnit};

use crate::syntax::Cut;
use crate::{Error, FileTable, MemoryTable, Query, QueryExecutor, Result, Source, Table, Tables, Value};

/// The column of a group's history with the number of the commit that brought a row.
const COMMIT: &str = "__commit";

/// A table under the name that queries have for it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) source: Source,
    /// The type of its event time.
    pub(super) time: Option<TimeType>,
    /// When its rows were written, where it says so.
    created: Option<(String, TimeType)>,
    /// What tells rows of a group that restate each other.
    restated: Option<Restated>,
}

/// Of rows of a group that have the same keys and event time, the last one counts (S03).
#[derive(Debug, Clone)]
struct Restated {
    alike: Vec<String>,
    by: Vec<String>,
    columns: Vec<String>,
}

/// Up to when a query sees rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Until {
    /// The latest event time.
    pub(super) latest: Instant,
    /// The latest time of writing, if that counts (S08).
    pub(super) known: Option<Instant>,
}

/// The type of a column of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimeType {
    unit: TimeUnit,
    zone: Option<String>,
}

impl TimeType {
    /// `None` for a column of anything else.
    pub(super) fn of(data_type: &DataType) -> Option<Self> {
        let (unit, zone) = match data_type {
            DataType::Timestamp(ArrowUnit::Second, zone) => (TimeUnit::Second, zone),
            DataType::Timestamp(ArrowUnit::Millisecond, zone) => (TimeUnit::Millisecond, zone),
            DataType::Timestamp(ArrowUnit::Microsecond, zone) => (TimeUnit::Microsecond, zone),
            DataType::Timestamp(ArrowUnit::Nanosecond, zone) => (TimeUnit::Nanosecond, zone),
            DataType::Date32 => (TimeUnit::Day, &None),
            _ => return None,
        };
        Some(Self { unit, zone: zone.as_ref().map(ToString::to_string) })
    }

    pub(super) fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// The greatest value of the column's type that is not after `time` (S07).
    pub(super) fn floor(&self, time: Instant) -> Value {
        let ticks = time.floor(self.unit);
        match i32::try_from(ticks) {
            Ok(days) if self.unit == TimeUnit::Day => Value::Date(days),
            _ if self.unit == TimeUnit::Day => Value::Date(if ticks < 0 { i32::MIN } else { i32::MAX }),
            _ => Value::Timestamp { ticks, unit: self.unit, zone: self.zone.clone() },
        }
    }
}

impl Named {
    /// The table of a source. One that is given by name comes before what the store has under it.
    pub(super) fn find(
        source: &SourceTable,
        given: &Tables,
        store: &FeatureStore,
        executor: &dyn QueryExecutor,
    ) -> Result<Self> {
        let name = source.name().to_owned();
        let table = match given.get(&name) {
            Ok(given) => given.table.clone(),
            Err(_) => stored(source, store)?,
        };
        let event_time = source.event_time().map(str::to_owned);
        let time_of = |column: &str| time_type(&name, column, &table, executor);
        let time = event_time.as_deref().map(time_of).transpose()?;
        let created = match source {
            SourceTable::Group(group) => group.created_time().map(varvite_schema::TimeColumn::name),
            SourceTable::Source(_) => None,
        };
        let created = created.map(|column| Ok::<_, Error>((column.to_owned(), time_of(column)?))).transpose()?;
        let restated = restated(source, &table);
        Ok(Self { name, source: Source { table, event_time }, time, created, restated })
    }

    /// What a query sees of it: rows up to what is bound to placeholders.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] if it does not say when its rows were written, and that counts.
    pub(super) fn cut(&self, until: Until) -> Result<Cut> {
        let cut = self.bounded(until)?;
        Ok(match &self.restated {
            Some(Restated { alike, by, columns }) => cut.newest(alike.clone(), by.clone(), columns.clone()),
            None => cut,
        })
    }

    fn bounded(&self, until: Until) -> Result<Cut> {
        let Some(column) = &self.source.event_time else { return Ok(Cut::none(&self.name)) };
        let cut = Cut::until(&self.name, column, self.placeholder("until"));
        match (until.known, &self.created) {
            (None, _) => Ok(cut),
            (Some(_), Some((created, _))) => Ok(cut.known_at(created, self.placeholder("known"))),
            (Some(_), None) => {
                let reason = "it does not say when its rows were written, so nothing tells what was known of it";
                Err(Error::InvalidTable { table: self.name.clone(), reason: reason.to_owned() })
            }
        }
    }

    /// Binds the times that the cut is made at.
    pub(super) fn bind(&self, query: Query, until: Until) -> Query {
        let Some(time) = &self.time else { return query };
        let query = query.with_value(self.placeholder("until"), time.floor(until.latest));
        match (until.known, &self.created) {
            (Some(known), Some((_, time))) => query.with_value(self.placeholder("known"), time.floor(known)),
            _ => query,
        }
    }

    /// A name of its own: letters and digits of the table's name, told apart from others by its bytes.
    fn placeholder(&self, what: &str) -> String {
        let byte =
            |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("_{byte:02x}") };
        format!("vv_{what}_{}", self.name.bytes().map(byte).collect::<String>())
    }
}

/// The columns of a group, and the order of rows that restate each other: by the time of writing, the commit, and then by
/// their values, for the order within a commit is not known to a query.
fn restated(source: &SourceTable, table: &Table) -> Option<Restated> {
    let SourceTable::Group(group) = source else { return None };
    let schema = table.schema()?;
    let name_of = varvite_schema::TimeColumn::name;
    let keys = group.entity_keys().iter().map(|key| key.name().to_owned());
    let alike: Vec<String> = keys.chain(group.event_time().map(|time| name_of(time).to_owned())).collect();
    let columns: Vec<String> =
        schema.fields().iter().map(|field| field.name().clone()).filter(|name| name != COMMIT).collect();
    let created = group.created_time().map(|time| name_of(time).to_owned());
    let values = columns.iter().filter(|name| !alike.contains(name) && Some(*name) != created.as_ref());
    let by = created.iter().cloned().chain([COMMIT.to_owned()]).chain(values.cloned()).collect();
    Some(Restated { alike, by, columns })
}

fn stored(source: &SourceTable, store: &FeatureStore) -> Result<Table> {
    match source {
        SourceTable::Group(group) => Ok(store.history_of(group)?.dataset().clone().into()),
        SourceTable::Source(schema) => match schema.location() {
            Some(location) => Ok(location.parse::<FileTable>()?.into()),
            None => written(schema, store),
        },
    }
}

/// The rows of a source; none of the declared columns, as long as none were written.
fn written(schema: &SourceSchema, store: &FeatureStore) -> Result<Table> {
    let dataset = store.source(schema.name())?;
    let _ = dataset.refresh().map_err(Error::dataset(schema.name()))?;
    if dataset.schema().is_some() {
        return Ok(dataset.into());
    }
    if schema.is_open() {
        let reason = "it has no rows yet, and declares no columns: write rows, or declare them".to_owned();
        return Err(Error::InvalidTable { table: schema.name().to_owned(), reason });
    }
    let fields = schema.columns().iter().map(|column| Field::new(&column.name, column.data_type.to_arrow(), true));
    let columns = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    Ok(MemoryTable::from(RecordBatch::new_empty(columns)).into())
}

/// The type of an event time. The engine is asked about files whose columns are not declared.
fn time_type(name: &str, column: &str, table: &Table, executor: &dyn QueryExecutor) -> Result<TimeType> {
    let schema = match table.schema() {
        Some(schema) => schema,
        None => executor.plan(&Query::new("SELECT * FROM vv_table").with_table("vv_table", table.clone()))?.schema,
    };
    let refused = |reason| Error::InvalidTable { table: name.to_owned(), reason };
    let Ok(field) = schema.field_with_name(column) else {
        let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        return Err(refused(format!("it has no event time `{column}`: it has {}", known.join(", "))));
    };
    TimeType::of(field.data_type()).ok_or_else(|| {
        refused(format!("event time `{column}` is {}: a time is a timestamp or a date", field.data_type()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_between_two_values_of_a_column_lies_behind_the_earlier_one_s07() {
        let day = TimeType::of(&DataType::Date32).unwrap();
        let noon_before_1970 = Instant::from_ns(-43_200_000_000_000);
        assert_eq!(day.floor(noon_before_1970), Value::Date(-1));
        let second = TimeType::of(&DataType::Timestamp(ArrowUnit::Second, Some("UTC".into()))).unwrap();
        let expected = Value::Timestamp { ticks: 1, unit: TimeUnit::Second, zone: Some("UTC".to_owned()) };
        assert_eq!(second.floor(Instant::from_ns(1_999_999_999)), expected);
    }
}

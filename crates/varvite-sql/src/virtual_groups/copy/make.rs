//! Making copies.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, TimestampNanosecondArray, UInt64Array, new_empty_array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit as ArrowUnit};
use serde::Serialize;
use varvite_dataset::WriteOptions;
use varvite_feature::entity::{KeyNumbers, NONE};
use varvite_feature::{AsOf, FeatureStore, HistoricalOptions, SourceTable, VirtualRequest};
use varvite_schema::{FeatureView, VirtualSchema};
use varvite_time::{Instant, TimeUnit};

use super::choice::Copy;
use super::ledger::{self, Mark};
use super::rows::{AS_OF, Copies, at};
use crate::syntax::{Dialect, Select, quote_identifier};
use crate::virtual_groups::SqlFeatures;
use crate::virtual_groups::prepared::Prepared;
use crate::virtual_groups::tables::Until;
use crate::{Error, Result};

/// What materializing came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Materialized {
    /// Times whose copies were made.
    pub made: usize,
    /// Times whose copies stayed: they would be made the same.
    pub kept: usize,
    /// Rows that were written.
    pub rows: u64,
}

impl fmt::Display for Materialized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} made, {} kept, {} rows written", self.made, self.kept, self.rows)
    }
}

impl SqlFeatures {
    /// Writes down what a virtual group is as of each of these times, one commit a time. A copy stays that would be made the
    /// same: of sources that are ours, commits tell which times rows were written for since.
    ///
    /// # Errors
    /// [`Error::Feature`] for a group that is not registered, or is no virtual one; [`Error::InvalidTable`] for a time
    /// that nanoseconds since 1970 cannot count; whatever computing says. Copies of earlier times are kept then.
    pub fn materialize(&self, store: &FeatureStore, group: &str, times: &[Instant]) -> Result<Materialized> {
        let state = store.registry().state()?;
        let definitions = state.definitions();
        let group = match definitions.view(group, None).map_err(varvite_feature::Error::from)? {
            FeatureView::Virtual(group) => group,
            other => {
                let reason = format!("it is a {}, whose rows are not computed by a query", other.kind());
                return Err(Error::InvalidTable { table: other.id(), reason });
            }
        };
        let sources = group.sources().iter().map(|name| SourceTable::find(name, definitions));
        let sources = sources.collect::<varvite_feature::Result<Vec<_>>>()?;
        let mut done = Materialized::default();
        for time in times {
            match self.copy(store, group, &sources, *time)? {
                None => done.kept += 1,
                Some(rows) => {
                    done.made += 1;
                    done.rows += rows;
                }
            }
        }
        Ok(done)
    }

    /// Makes one copy; `None` if it stays.
    fn copy(
        &self,
        store: &FeatureStore,
        group: &VirtualSchema,
        sources: &[SourceTable],
        time: Instant,
    ) -> Result<Option<u64>> {
        let ticks = time.exactly(TimeUnit::Nanosecond).ok_or_else(|| Error::InvalidTable {
            table: group.id(),
            reason: format!("{time} is not counted by nanoseconds since 1970, as the times of copies are"),
        })?;
        let queries = self.prepare_all(group, sources, store)?;
        let copies = Copies::of(group, store)?;
        if copies.standing(self, group, &queries, time)? == Copy::Exact(time) {
            return Ok(None);
        }
        // What the tables are is noted before they are read: what comes in between makes the copy stale, not wrong.
        let tables = queries.iter().flat_map(|query| &query.tables);
        let marks: BTreeMap<String, Mark> =
            tables.map(|table| (table.name.clone(), Mark::of(&table.source.table))).collect();
        let rows = self.rows_at(group, sources, &queries, store, time)?;
        let written = rows.num_rows() as u64;
        let ledger = copies.ledger.clone().with(ticks, marks);
        let version = copies.dataset.snapshot().map(|snapshot| snapshot.version);
        let mut options = WriteOptions::default().with_metadata(ledger::KEY, ledger.to_text());
        options = options.with_expected_version(version);
        if version.is_none() {
            options.ordered_on = Some(AS_OF.into());
        }
        let _ = copies
            .dataset
            .replace_range(at(ticks), stamped(&rows, ticks)?, &options)
            .map_err(Error::dataset(group.name()))?;
        Ok(Some(written))
    }

    /// Every key that a query of the group gives as of a time, with all features.
    fn rows_at(
        &self,
        group: &VirtualSchema,
        sources: &[SourceTable],
        queries: &[Prepared],
        store: &FeatureStore,
        time: Instant,
    ) -> Result<RecordBatch> {
        let keys = self.keys_at(group, queries, time)?;
        let features: Vec<String> = group.features().iter().map(|feature| feature.name().to_owned()).collect();
        let options = HistoricalOptions::default();
        let request = VirtualRequest {
            group,
            sources,
            features: &features,
            keys: keys.clone(),
            times: AsOf::One(time),
            not_after: None,
            options: &options,
        };
        let values = if keys.num_rows() == 0 { nothing(group, &features) } else { self.compute(&request, store)? };
        let value_fields = features.iter().zip(&values);
        let value_fields = value_fields.map(|(name, value)| Field::new(name, value.data_type().clone(), true).into());
        let fields: Vec<_> = keys.schema().fields().iter().cloned().chain(value_fields).collect();
        let columns = keys.columns().iter().cloned().chain(values).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(Error::arrow("put a copy together"))
    }

    /// The keys that the queries give as of a time, each once, without those that have a null part (S06).
    fn keys_at(&self, group: &VirtualSchema, queries: &[Prepared], time: Instant) -> Result<RecordBatch> {
        let declared = |key: &varvite_schema::VirtualKey| {
            let data_type = key.data_type().map_or(DataType::Null, varvite_schema::DataType::to_arrow);
            Field::new(key.name(), data_type, true)
        };
        let schema = Arc::new(Schema::new(group.entity_keys().iter().map(declared).collect::<Vec<_>>()));
        let until = Until { latest: time, known: None };
        let mut found = Vec::new();
        for query in queries {
            let select = distinct_keys(group, &query.select.cut(&query.cuts(until)?)?)?;
            for batch in self.executor().execute(&query.bind(&select, until), self.limits())? {
                let batch = batch?;
                let typed = batch.columns().iter().zip(schema.fields());
                let typed = typed.map(|(column, field)| arrow::compute::cast(column, field.data_type()));
                let typed = typed.collect::<Result<Vec<_>, _>>().map_err(Error::arrow("take keys"))?;
                found.push(RecordBatch::try_new(schema.clone(), typed).map_err(Error::arrow("take keys"))?);
            }
        }
        let all = concat_batches(&schema, &found).map_err(Error::arrow("join keys"))?;
        let types: Vec<DataType> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
        let numbers = KeyNumbers::new(&types)?.insert(all.columns(), all.num_rows())?;
        let mut next = 0;
        let mut first = Vec::new();
        for (row, number) in (0_u64..).zip(numbers) {
            if number != NONE && number == next {
                first.push(row);
                next += 1;
            }
        }
        take_record_batch(&all, &UInt64Array::from(first)).map_err(Error::arrow("choose keys"))
    }
}

/// The keys of a query's rows, each once.
fn distinct_keys(group: &VirtualSchema, select: &Select) -> Result<Select> {
    let quoted = |key: &varvite_schema::VirtualKey| quote_identifier(Dialect::default(), key.name());
    let keys = group.entity_keys().iter().map(quoted).collect::<Result<Vec<_>>>()?;
    let query = select.unused_name("vv_query");
    Select::parse(&format!("SELECT DISTINCT {} FROM ({select}) AS {query}", keys.join(", ")))
}

/// No values of the features, in the types that were registered.
fn nothing(group: &VirtualSchema, features: &[String]) -> Vec<ArrayRef> {
    let type_of = |name: &String| {
        let declared = group.feature(name).and_then(varvite_schema::VirtualFeature::data_type);
        declared.map_or(DataType::Null, varvite_schema::DataType::to_arrow)
    };
    features.iter().map(|name| new_empty_array(&type_of(name))).collect()
}

/// The rows with the time of their copy.
fn stamped(rows: &RecordBatch, ticks: i64) -> Result<RecordBatch> {
    let time = DataType::Timestamp(ArrowUnit::Nanosecond, Some("UTC".into()));
    let times: ArrayRef = Arc::new(TimestampNanosecondArray::from_value(ticks, rows.num_rows()).with_timezone("UTC"));
    let fields: Vec<_> = std::iter::once(Arc::new(Field::new(AS_OF, time, false)))
        .chain(rows.schema().fields().iter().cloned())
        .collect();
    let columns = std::iter::once(times).chain(rows.columns().iter().cloned()).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(Error::arrow("stamp a copy"))
}

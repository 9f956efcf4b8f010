//! A query engine for two kinds of `SELECT`: aggregates by one key, and rows with a time of which the newest wins. It goes
//! through all rows for each entity row.

use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use varvite_dataset::ScanOptions;
use varvite_feature::{
    Error, FeatureStore, LineageNode, Result, SourceTable, VirtualDefinition, VirtualReader, VirtualRequest,
};
use varvite_schema::VirtualSchema;
use varvite_time::{Instant, TimeUnit};

#[derive(Debug, Default)]
pub(crate) struct Engine {
    /// How many rows each read asked for.
    pub(crate) asked: Mutex<Vec<usize>>,
    /// Makes every answer lack its last value.
    pub(crate) forgetful: bool,
}

/// `function(column) AS name`, or a plain column.
struct Item {
    function: Option<String>,
    column: String,
    name: String,
}

struct Select {
    items: Vec<Item>,
    table: String,
}

fn parse(group: &VirtualSchema, sql: &str) -> Result<Select> {
    let invalid =
        || Error::QueryInvalid { group: group.id(), reason: "this engine knows SELECT .. FROM ..".to_owned() };
    let rest = sql.strip_prefix("SELECT ").ok_or_else(invalid)?;
    let (items, rest) = rest.split_once(" FROM ").ok_or_else(invalid)?;
    let table = rest.split_whitespace().next().ok_or_else(invalid)?.to_owned();
    let item = |text: &str| {
        let (value, name) = text.split_once(" AS ").unwrap_or((text, text));
        match value.strip_suffix(')').and_then(|value| value.split_once('(')) {
            Some((function, column)) => {
                Item { function: Some(function.to_owned()), column: column.to_owned(), name: name.to_owned() }
            }
            None => Item { function: None, column: value.to_owned(), name: name.to_owned() },
        }
    };
    Ok(Select { items: items.split(", ").map(item).collect(), table })
}

impl Select {
    fn table<'a>(&self, group: &VirtualSchema, sources: &'a [SourceTable]) -> Result<&'a SourceTable> {
        sources.iter().find(|table| table.name() == self.table).ok_or_else(|| Error::QueryInvalid {
            group: group.id(),
            reason: format!("`{}` is none of its sources", self.table),
        })
    }
}

fn rows(table: &SourceTable, store: &FeatureStore) -> Result<Option<RecordBatch>> {
    let dataset = match table {
        SourceTable::Group(group) => store.history_of(group)?.dataset().clone(),
        SourceTable::Source(source) => store.source(source.name())?,
    };
    let failed = |source| Error::Dataset { name: table.name().to_owned(), source: Box::new(source) };
    if dataset.exists() { dataset.read(&ScanOptions::default()).map(Some).map_err(failed) } else { Ok(None) }
}

impl VirtualReader for Engine {
    fn define(
        &self,
        group: &VirtualSchema,
        sources: &[SourceTable],
        store: &FeatureStore,
    ) -> Result<VirtualDefinition> {
        let mut found = VirtualDefinition::default();
        for (sql, _) in group.queries() {
            let select = parse(group, sql)?;
            let table = select.table(group, sources)?;
            let schema = store.schema_of(table)?;
            for item in &select.items {
                let of_column = || {
                    let field = schema.field_with_name(&item.column).map_err(|_| Error::QueryInvalid {
                        group: group.id(),
                        reason: format!("`{}` has no column `{}`", table.name(), item.column),
                    });
                    field.map(|field| field.data_type().clone())
                };
                let data_type = match item.function.as_deref() {
                    Some("count") => DataType::Int64,
                    Some("sum") => DataType::Float64,
                    _ => of_column()?,
                };
                if group.entity_keys().iter().any(|key| key.name() == item.name) {
                    found.keys.push((item.name.clone(), data_type));
                } else if group.event_time() == Some(&item.name) {
                    found.event_time = Some(data_type);
                } else {
                    let node = format!("{}.{}", group.name(), item.name).parse::<LineageNode>();
                    let column = (item.column != "*").then(|| format!("{}.{}", table.name(), item.column));
                    let from = column.iter().map(|column| Ok(column.parse()?)).collect::<Result<_>>()?;
                    // What has no name of a feature is refused by it.
                    found.lineage.extend(node.ok().map(|node| (node, from)));
                    found.features.push((item.name.clone(), data_type));
                }
            }
        }
        Ok(found)
    }

    fn read(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> Result<Vec<ArrayRef>> {
        assert!(request.keys.columns().iter().all(|keys| keys.null_count() == 0), "null keys reach no engine");
        self.asked.lock().unwrap().push(request.num_rows());
        let mut answer = request.features.iter().map(|name| value(request, name, store)).collect::<Result<Vec<_>>>()?;
        if self.forgetful {
            answer = answer.iter().map(|array| array.slice(0, array.len() - 1)).collect();
        }
        Ok(answer)
    }

    fn explain(&self, request: &VirtualRequest<'_>, _: &FeatureStore) -> Result<String> {
        let sql: Vec<&str> = request.group.queries().into_iter().map(|(sql, _)| sql).collect();
        Ok(format!("every row of each source for each of {} rows\n{}", request.num_rows(), sql.join("\n")))
    }
}

/// One feature of each entity row.
fn value(request: &VirtualRequest<'_>, name: &str, store: &FeatureStore) -> Result<ArrayRef> {
    let select = parse(request.group, request.group.query_of(name).unwrap())?;
    let table = select.table(request.group, request.sources)?;
    let item = select.items.iter().find(|item| item.name == name).unwrap();
    let Some(rows) = rows(table, store)? else { return Ok(Arc::new(Int64Array::new_null(request.num_rows()))) };
    let event = rows.column_by_name(table.event_time().unwrap()).unwrap().as_primitive::<TimestampMicrosecondType>();
    let instant = |row: usize| Instant::new(event.value(row), TimeUnit::Microsecond);
    let key = request.group.entity_keys()[0].name();
    let stored = rows.column_by_name(key).unwrap().as_primitive::<Int64Type>();
    let asked = request.keys.column_by_name(key).unwrap().as_primitive::<Int64Type>();
    let seen: Vec<Vec<usize>> = request
        .latest()?
        .into_iter()
        .enumerate()
        .map(|(at, latest)| {
            let oldest = request.oldest_ns();
            let matches = |row: &usize| {
                let is_recent = |oldest| latest.unwrap().as_ns() - instant(*row).as_ns() <= i128::from(oldest);
                stored.value(*row) == asked.value(at)
                    && latest.is_some_and(|latest| instant(*row) <= latest)
                    && oldest.is_none_or(is_recent)
            };
            (0..rows.num_rows()).filter(matches).collect()
        })
        .collect();
    let double = |row: usize| rows.column_by_name(&item.column).unwrap().as_primitive::<Float64Type>().value(row);
    Ok(match item.function.as_deref() {
        Some("count") => {
            let count = |rows: &Vec<usize>| (!rows.is_empty()).then(|| i64::try_from(rows.len()).unwrap());
            Arc::new(seen.iter().map(count).collect::<Int64Array>())
        }
        Some("sum") => {
            let sum = |rows: &Vec<usize>| (!rows.is_empty()).then(|| rows.iter().map(|row| double(*row)).sum::<f64>());
            Arc::new(seen.iter().map(sum).collect::<Float64Array>())
        }
        _ => {
            let newest = |rows: &Vec<usize>| rows.iter().copied().max_by_key(|row| instant(*row)).map(|row| row as u64);
            let winners: UInt64Array = seen.iter().map(newest).collect();
            take(rows.column_by_name(&item.column).unwrap(), &winners, None).unwrap()
        }
    })
}

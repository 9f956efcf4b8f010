//! Rows by partition, each in order of time.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::DataType;

use super::super::key::label;
use super::rows::{GIVEN, arrow, first_null, ticks};
use crate::{Error, ModelSchema, Result};

/// The rows of one partition, in order of time; rows of one time stay in the order given.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) keys: Vec<(String, String)>,
    pub(crate) rows: RecordBatch,
    pub(crate) times: Vec<i64>,
}

impl Part {
    /// Which rows these are, for messages.
    pub(super) fn place(&self) -> String {
        match self.keys.as_slice() {
            [] => format!("{GIVEN}, in order of time"),
            keys => format!("the rows given of `{}`, in order of time", label(keys)),
        }
    }
}

/// The rows by the values of the partition keys, in order of those.
///
/// # Errors
/// [`Error::Decode`] for a row without a time or a key; [`Error::SchemaMismatch`] for a key column of a type that has no
/// text of its own.
pub(crate) fn split(schema: &ModelSchema, time: &str, rows: &RecordBatch) -> Result<Vec<Part>> {
    let column = |name: &str| {
        rows.column_by_name(name).ok_or_else(|| Error::SchemaMismatch {
            asset: schema.label(),
            reason: format!("there is no column `{name}`"),
        })
    };
    refuse_nulls(schema, time, rows)?;
    let times = ticks(column(time)?)?;
    let mut texts = Vec::with_capacity(schema.keys.len());
    for key in &schema.keys {
        refuse_nulls(schema, key, rows)?;
        texts.push((key.clone(), texts_of(schema, key, column(key)?.data_type(), rows)?));
    }
    let mut by_keys: BTreeMap<Vec<String>, Vec<u32>> = BTreeMap::new();
    if texts.is_empty() && rows.num_rows() > 0 {
        by_keys.insert(Vec::new(), (0..count(rows)?).collect());
    } else {
        for row in 0..count(rows)? {
            let values = texts.iter().map(|(_, texts)| texts.value(row as usize).to_owned()).collect();
            by_keys.entry(values).or_default().push(row);
        }
    }
    let named = |values: Vec<String>| schema.keys.iter().cloned().zip(values).collect();
    by_keys.into_iter().map(|(values, places)| part(named(values), places, rows, times.values())).collect()
}

fn part(keys: Vec<(String, String)>, mut places: Vec<u32>, rows: &RecordBatch, times: &[i64]) -> Result<Part> {
    let time = |place: &u32| times[*place as usize];
    let everything = places.len() == rows.num_rows();
    if everything && places.is_sorted_by_key(time) {
        return Ok(Part { keys, rows: rows.clone(), times: times.to_vec() });
    }
    places.sort_by_key(time);
    let times = places.iter().map(time).collect();
    let rows = take_record_batch(rows, &UInt32Array::from(places)).map_err(arrow("sort rows"))?;
    Ok(Part { keys, rows, times })
}

fn count(rows: &RecordBatch) -> Result<u32> {
    u32::try_from(rows.num_rows()).map_err(|_| Error::InvalidOption {
        option: "rows",
        reason: "one write takes at most 4,294,967,295 rows: write them in several".to_owned(),
    })
}

fn refuse_nulls(schema: &ModelSchema, name: &str, rows: &RecordBatch) -> Result<()> {
    match rows.column_by_name(name).and_then(first_null) {
        None => Ok(()),
        Some(row) => Err(Error::Decode {
            asset: schema.label(),
            column: name.to_owned(),
            row: row as u64,
            place: GIVEN.to_owned(),
            reason: "it is null: every row has a time and all partition keys".to_owned(),
        }),
    }
}

/// The values of a partition key as text that says all of them.
fn texts_of(schema: &ModelSchema, name: &str, data_type: &DataType, rows: &RecordBatch) -> Result<StringArray> {
    let refused = || Error::SchemaMismatch {
        asset: schema.label(),
        reason: format!("partition key `{name}` is {data_type}: keys are texts, integers, flags or dates"),
    };
    let simple = match data_type {
        DataType::Dictionary(_, values) => values,
        other => other,
    };
    let text = matches!(simple, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    if !(text || simple.is_integer() || matches!(simple, DataType::Boolean | DataType::Date32)) {
        return Err(refused());
    }
    let column = rows.column_by_name(name).ok_or_else(refused)?;
    let texts = cast(column, &DataType::Utf8).map_err(arrow("read partition keys as text"))?;
    Ok(texts.as_string::<i32>().clone())
}

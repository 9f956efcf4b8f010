//! `intersections.json`: walks over several datasets, several calls each.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::RecordBatch;
use serde_json::Value;
use varvite_dataset::{Dataset, KeyRange, Mode, Rows, WriteOptions};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_store::{IntersectionOptions, Intersections, NPrev};

use super::values::Columns;
use super::{Stop, check_kind};

/// Runs one case in memory.
///
/// # Errors
/// The first call that gives something else.
pub fn run(case: &Value) -> Result<(), Stop> {
    let columns = Columns::parse(&case["schema"])?;
    let storage = MemoryStorage::new();
    let mut datasets = Vec::new();
    for described in case["datasets"].as_array().context("a case has datasets")? {
        datasets.push(build(&storage, &columns, described)?);
    }
    for (at, call) in case["calls"].as_array().context("a case has calls")?.iter().enumerate() {
        self::call(&datasets, &columns, call).with_context(|| format!("call {at}: {}", call["args"]))?;
    }
    Ok(())
}

fn name(key: &Value) -> Result<String> {
    let values = key.as_array().context("a key is a list")?;
    let texts = values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    Ok(texts.collect::<Vec<_>>().join("-"))
}

/// Row group by row group, as given.
fn build(storage: &MemoryStorage, columns: &Columns, described: &Value) -> Result<(String, Dataset)> {
    let key = name(&described["key"])?;
    let ordered_on = described["ordered_on"].as_str().unwrap_or("t");
    let dataset = Dataset::at(Arc::new(storage.clone()), StoragePath::try_new(&key)?, None)?;
    let options = WriteOptions::ordered_on(ordered_on).with_mode(Mode::Append);
    for group in described["row_groups"].as_array().context("a dataset has row groups")? {
        let _ = dataset.write(rename(&columns.batch(group)?, ordered_on)?, &options)?;
    }
    if !dataset.exists() {
        let _ = dataset.write(Rows::none(), &options.with_metadata("made", "for this case"))?;
    }
    let count = dataset.snapshot().map_or(0, |snapshot| snapshot.files.len());
    ensure!(Some(count) == described["row_groups"].as_array().map(Vec::len), "row groups were joined");
    Ok((key, dataset))
}

/// The ordered column is listed as `t`, whatever it is called.
fn rename(batch: &RecordBatch, ordered_on: &str) -> Result<RecordBatch> {
    let fields: Vec<_> =
        batch
            .schema()
            .fields()
            .iter()
            .map(|field| {
                if field.name() == "t" { field.as_ref().clone().with_name(ordered_on) } else { field.as_ref().clone() }
            })
            .collect();
    Ok(RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), batch.columns().to_vec())?)
}

fn call(datasets: &[(String, Dataset)], columns: &Columns, call: &Value) -> Result<()> {
    let expected = &call["expect"];
    match (walk(datasets, columns, &call["args"])?, &expected["error"]) {
        (Ok(chunks), Value::Null) => compare(columns, &chunks, &expected["chunks"]),
        (Err(code), error) if !error.is_null() => check_kind(error, code),
        (Ok(_), error) => bail!("expected an error: {error}"),
        (Err(code), _) => bail!("unexpected error {code}"),
    }
}

type Chunks = Vec<BTreeMap<String, RecordBatch>>;

/// The chunks, or the code of the error.
fn walk(datasets: &[(String, Dataset)], columns: &Columns, args: &Value) -> Result<Result<Chunks, &'static str>> {
    let bound = |name: &str| -> Result<_> {
        if args[name].is_null() { Ok(None) } else { columns.bound("t", &args[name]).map(Some) }
    };
    let range = KeyRange { start: bound("start")?, end: bound("end_excl")? };
    let Some(n_prev) = n_prev(&args["n_prev"], args.get("n_prev").is_some()) else {
        return Ok(Err("a number of rows below zero, which has no type here"));
    };
    let options = IntersectionOptions::default().with_range(range).with_n_prev(n_prev);
    let found = |key: &Value| -> Result<(String, Dataset)> {
        let key = name(key)?;
        let (_, dataset) = datasets.iter().find(|(known, _)| *known == key).context("an unknown key")?;
        Ok((key, dataset.clone()))
    };
    let chosen = match args["keys"].as_array() {
        None => datasets.to_vec(),
        Some(keys) => keys.iter().map(found).collect::<Result<_>>()?,
    };
    let walk = match Intersections::over(chosen, &options) {
        Ok(walk) => walk,
        Err(error) => return Ok(Err(error.code())),
    };
    Ok(walk.map(|chunk| chunk.map(varvite_store::Chunk::into_rows).map_err(|error| error.code())).collect())
}

fn n_prev(value: &Value, given: bool) -> Option<NPrev<String>> {
    let count = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
    match value {
        Value::Null => (!given).then_some(NPrev::All(0)),
        Value::Array(counts) => counts.iter().map(count).collect::<Option<Vec<_>>>().map(NPrev::InOrder),
        number => count(number).map(NPrev::All),
    }
}

fn compare(columns: &Columns, chunks: &Chunks, expected: &Value) -> Result<()> {
    let expected = expected.as_array().context("chunks are a list")?;
    ensure!(chunks.len() == expected.len(), "{} chunks instead of {}", chunks.len(), expected.len());
    for (at, (chunk, expected)) in chunks.iter().zip(expected).enumerate() {
        let expected = expected.as_object().context("a chunk is an object")?;
        let keys: Vec<&String> = chunk.keys().collect();
        let mut wanted: Vec<&String> = expected.keys().collect();
        wanted.sort();
        ensure!(keys == wanted, "chunk {at} has keys {keys:?} instead of {wanted:?}");
        for (key, rows) in chunk {
            columns.compare(rows, &expected[key]).with_context(|| format!("chunk {at}, key {key}"))?;
        }
    }
    Ok(())
}

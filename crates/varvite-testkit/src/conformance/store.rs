//! `store.json`: datasets found in a tree of folders.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use serde_json::Value;
use varvite_dataset::{Dataset, WriteOptions};
use varvite_key::{FieldKind, FieldSchema, KeySchema, LevelSchema};
use varvite_store::Catalog;

use super::Stop;

/// Runs one case in a temporary folder.
///
/// # Errors
/// The first expectation that is not met.
pub fn run(case: &Value) -> Result<(), Stop> {
    match case["op"].as_str().unwrap_or_default() {
        "discover" => Ok(discover(case)?),
        "script" => Ok(script(case)?),
        other => Err(anyhow::anyhow!("unknown operation `{other}`").into()),
    }
}

/// The key type that a case describes. Keys are strict, as the seed's are.
///
/// # Errors
/// A description that the format does not know.
pub fn key_schema(schema: &Value) -> Result<KeySchema> {
    let levels = schema["levels"].as_array().context("a key has levels")?;
    let field = |field: &Value| -> Result<FieldSchema> {
        let kind = if field[1] == "int" { FieldKind::Integer } else { FieldKind::Text };
        Ok(FieldSchema { name: field[0].as_str().context("a field has a name")?.to_owned(), kind })
    };
    let level = |(at, fields): (usize, &Value)| -> Result<LevelSchema> {
        let mut level = LevelSchema::new(&format!("Level{at}"));
        level.fields = fields.as_array().context("a level has fields")?.iter().map(field).collect::<Result<_>>()?;
        Ok(level)
    };
    Ok(KeySchema {
        name: "Case".to_owned(),
        fields_sep: schema["field_sep"].as_str().unwrap_or("-").to_owned(),
        strict: true,
        levels: levels.iter().enumerate().map(level).collect::<Result<_>>()?,
    })
}

fn one_row(value: i64) -> Result<RecordBatch> {
    Ok(RecordBatch::try_from_iter([("t", Arc::new(Int64Array::from(vec![value])) as ArrayRef)])?)
}

fn discover(case: &Value) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let base = folder.path().join(case["base"].as_str().unwrap_or("base"));
    std::fs::create_dir_all(&base)?;
    for path in case["datasets"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let path = base.join(path);
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        let _ = Dataset::open_or_new(path)?.write(one_row(1)?, &WriteOptions::ordered_on("t"))?;
    }
    for path in case["extra_files"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let path = base.join(path);
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        std::fs::write(path, b"x")?;
    }
    compare(&keys(&base, &key_schema(&case["schema"])?)?, &case["expect"]["keys"])
}

/// The keys below `base`, each as its levels with their values.
fn keys(base: &Path, schema: &KeySchema) -> Result<Vec<Value>> {
    let entries = Catalog::open(base)?.entries_of(schema)?;
    Ok(entries.iter().map(|entry| levels(schema, &entry.fields)).collect())
}

fn levels(schema: &KeySchema, values: &[(String, String)]) -> Value {
    let mut values = values.iter();
    let level = |level: &LevelSchema| -> Value {
        let texts = level.fields.iter().zip(values.by_ref());
        texts
            .map(|(field, (_, text))| match field.kind {
                FieldKind::Integer => text.parse::<i64>().map_or_else(|_| text.as_str().into(), Value::from),
                _ => text.as_str().into(),
            })
            .collect()
    };
    schema.levels.iter().map(level).collect()
}

fn compare(found: &[Value], expected: &Value) -> Result<()> {
    let expected = expected.as_array().context("keys are a list")?;
    ensure!(found == expected, "keys are {found:?} instead of {expected:?}");
    Ok(())
}

/// A life of a store, step by step, on the paths that keys have.
fn script(case: &Value) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let base = folder.path().join(case["base"].as_str().unwrap_or("base"));
    std::fs::create_dir_all(&base)?;
    let schema = key_schema(&case["schema"])?;
    let mut opened: Option<Dataset> = None;
    let steps = case["steps"].as_array().or_else(|| case["script"].as_array()).context("a script has steps")?;
    for (at, step) in steps.iter().enumerate() {
        self::step(&base, &schema, step, &mut opened).with_context(|| format!("step {at}: {step}"))?;
    }
    Ok(())
}

fn step(base: &Path, schema: &KeySchema, step: &Value, opened: &mut Option<Dataset>) -> Result<()> {
    let expected = step.get("expect").unwrap_or(&Value::Null);
    let dataset = || -> Result<Dataset> {
        let path = base.join(path(schema, &step["key"])?);
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        Ok(Dataset::open_or_new(path)?)
    };
    let write = |dataset: &Dataset| -> Result<()> {
        let t = step["df"]["t"].as_array().and_then(|t| t.first()).and_then(Value::as_i64).unwrap_or(1);
        let _ = dataset.write(one_row(t)?, &WriteOptions::ordered_on("t"))?;
        Ok(())
    };
    let number = expected.as_u64().or_else(|| expected["len"].as_u64());
    let truth = expected.as_bool().or_else(|| expected["contains"].as_bool());
    match step["op"].as_str().unwrap_or_default() {
        "len" => {
            let len = keys(base, schema)?.len() as u64;
            ensure!(number.is_none_or(|number| number == len), "{len} keys instead of {number:?}");
        }
        "keys" => {
            let wanted = if expected.is_array() { expected } else { &expected["keys"] };
            compare(&keys(base, schema)?, wanted)?;
        }
        "write" => write(&dataset()?)?,
        "open" => *opened = Some(dataset()?),
        "write_opened" => write(opened.as_ref().context("nothing is open")?)?,
        "contains" => {
            let exists = dataset()?.exists();
            ensure!(truth.is_none_or(|truth| truth == exists), "contains is {exists}");
        }
        "read" => {
            let exists = dataset()?.exists();
            let missing = expected["rows"].is_null() && expected["df"].is_null();
            ensure!(missing || exists, "nothing to read");
        }
        "delete" => match (dataset()?.remove(), expected["error"].is_null()) {
            (Ok(()), true) | (Err(_), false) => {}
            (Ok(()), false) => anyhow::bail!("deleting should fail"),
            (Err(error), true) => return Err(error.into()),
        },
        // The seed's own files.
        "tree" => {}
        other => anyhow::bail!("unknown operation `{other}`"),
    }
    Ok(())
}

fn path(schema: &KeySchema, key: &Value) -> Result<String> {
    let levels = key.as_array().context("a key is a list of levels")?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = levels.iter().map(|level| level.as_array().map(|values| values.iter().map(text).collect()));
    let values: Vec<Vec<String>> = values.collect::<Option<_>>().context("a level is a list of values")?;
    Ok(schema.path_of(&values)?)
}

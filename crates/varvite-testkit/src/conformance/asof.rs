//! `asof.json`: sequences of as-of merges, with state carried between calls.
//!
//! The cases are of an implementation that gives 0 where nothing matches. Ours gives null; here it is told to fill with
//! zeros, and to let earlier rows go before later targets, as those cases do.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::{Array, ArrayRef, RecordBatch};
use serde_json::{Map, Value, json};
use varvite_ops::{AsofFrame, AsofMerge, AsofOptions, EarlierRows, Matching};

use super::Stop;
use super::values::Columns;

/// Runs one case; between any two calls the state is saved and loaded.
///
/// # Errors
/// The first call that gives something else.
pub fn run(case: &Value) -> Result<(), Stop> {
    let calls = case["calls"].as_array().context("a case has calls")?;
    let types = Types::of(case);
    let options = options(case, calls, &types)?;
    let mut merge = AsofMerge::try_new(options.clone())?;
    for (at, call) in calls.iter().enumerate() {
        self::call(&mut merge, &types, call).with_context(|| format!("call {at}"))?;
        let state = serde_json::from_value(serde_json::to_value(merge.state())?)?;
        merge = AsofMerge::restore(options.clone(), state)?;
    }
    Ok(())
}

/// Types by column: integers for the ordered one and floats for others, unless a case says otherwise.
struct Types {
    on: String,
    told: BTreeMap<String, Value>,
}

impl Types {
    fn of(case: &Value) -> Self {
        let told = case["types"].as_object().into_iter().flatten().map(|(name, told)| (name.clone(), told.clone()));
        Self { on: case["config"]["on"].as_str().unwrap_or("t").to_owned(), told: told.collect() }
    }

    fn of_column(&self, name: &str) -> Value {
        let otherwise = || json!(if name == self.on { "i64" } else { "f64" });
        self.told.get(name).cloned().unwrap_or_else(otherwise)
    }

    /// A batch of these columns, the ordered one first.
    fn batch(&self, columns: &Map<String, Value>) -> Result<RecordBatch> {
        let mut names: Vec<&String> = columns.keys().collect();
        names.sort_by_key(|name| **name != self.on);
        let schema: Vec<Value> = names.iter().map(|name| json!([name, self.of_column(name)])).collect();
        Columns::parse(&Value::Array(schema))?.batch(&Value::Object(columns.clone()))
    }
}

fn options(case: &Value, calls: &[Value], types: &Types) -> Result<AsofOptions> {
    let config = &case["config"];
    let known = [
        "on",
        "n_dfs_per_group",
        "prefixes",
        "allow_exact_matches",
        "n_prev",
        "n_prev_suffix_start",
        "fill_values_init",
    ];
    let unknown = config.as_object().context("a case has a config")?.keys().find(|key| !known.contains(&key.as_str()));
    ensure!(unknown.is_none(), "unknown argument {unknown:?}");
    let frames = usize::try_from(config["n_dfs_per_group"].as_u64().context("a number of frames")?)?;
    let first = &groups(&calls.first().context("a case has calls")?["groups"])?;
    let frame = |at: usize| -> Result<AsofFrame> {
        let exact = of_frame(&config["allow_exact_matches"], at);
        let matching = if exact.as_bool() == Some(true) { Matching::AtOrBefore } else { Matching::Before };
        let n_prev = usize::try_from(of_frame(&config["n_prev"], at).as_u64().unwrap_or(0))?;
        let fills = match fills(&config["fill_values_init"], at)? {
            told if told.is_empty() => {
                vec![zeros(first.first().and_then(|group| group.get(at)).context("a frame")?, types)?]
            }
            told => told.iter().map(|columns| types.batch(columns)).collect::<Result<_>>()?,
        };
        Ok(AsofFrame::new(matching).with_n_prev(n_prev).with_fills(fills))
    };
    let mut options = AsofOptions::new(&types.on, (0..frames).map(frame).collect::<Result<Vec<_>>>()?)
        .with_earlier_rows(EarlierRows::Precede);
    if let Some(prefixes) = config["prefixes"].as_array() {
        let texts =
            |of: &Value| of.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        options = options.with_prefixes(prefixes.iter().map(texts).collect::<Vec<Vec<String>>>());
    }
    if let Some(start) = config["n_prev_suffix_start"].as_u64() {
        options = options.with_suffix_start(usize::try_from(start)?);
    }
    Ok(options)
}

/// An argument that is one for all frames, or one a frame.
fn of_frame(argument: &Value, at: usize) -> &Value {
    if argument.is_array() { &argument[at] } else { argument }
}

type Frame = Map<String, Value>;

/// The columns that fill frame `at`, by group.
fn fills(argument: &Value, at: usize) -> Result<Vec<Frame>> {
    if argument.is_null() {
        return Ok(Vec::new());
    }
    groups(argument)?.iter().map(|group| group.get(at).cloned().context("a frame is filled")).collect()
}

fn zeros(frame: &Frame, types: &Types) -> Result<RecordBatch> {
    let zero = |name: &String| match types.of_column(name).as_str() {
        Some("ts") => json!(["1970-01-01T00:00:00"]),
        Some("str") => json!(["0"]),
        Some("bool") => json!([false]),
        _ => json!([0]),
    };
    let values = frame.keys().filter(|name| **name != types.on);
    types.batch(&values.map(|name| (name.clone(), zero(name))).collect())
}

/// Groups of frames; a flat list is one group.
fn groups(value: &Value) -> Result<Vec<Vec<Frame>>> {
    let frame = |frame: &Value| frame.as_object().cloned().context("a frame is columns");
    let listed = value.as_array().context("groups are a list")?;
    if listed.iter().all(Value::is_object) {
        return Ok(vec![listed.iter().map(frame).collect::<Result<_>>()?]);
    }
    let group = |group: &Value| group.as_array().context("a group is a list")?.iter().map(frame).collect();
    listed.iter().map(group).collect()
}

fn call(merge: &mut AsofMerge, types: &Types, call: &Value) -> Result<()> {
    let targets = types.batch(&[(types.on.clone(), call["main"].clone())].into_iter().collect())?;
    let of_group = |group: &Vec<Frame>| group.iter().map(|frame| types.batch(frame)).collect::<Result<Vec<_>>>();
    let groups = groups(&call["groups"])?.iter().map(of_group).collect::<Result<Vec<_>>>()?;
    let found = match call["combinations"].as_array() {
        None => merge.push(&targets, groups.first().context("a call has a group")?),
        Some(rows) => merge.push_groups(&targets, &groups, &chosen(rows, merge)?),
    };
    let expected = &call["expect"];
    match (found, expected.get("error")) {
        (Ok(found), None) => compare_columns(&found, expected),
        (Err(error), None) => Err(error.into()),
        (Ok(_), Some(error)) => bail!("expected an error: {error}"),
        (Err(_), Some(_)) => Ok(()),
    }
}

/// Choices by row, as one list a join position.
fn chosen(rows: &[Value], merge: &AsofMerge) -> Result<Vec<Vec<u32>>> {
    let positions = rows.first().and_then(Value::as_array).map_or_else(|| merge.options().num_positions(), Vec::len);
    let choice = |row: &Value, position: usize| {
        let group = row[position].as_u64().with_context(|| format!("no choice at {position} in {row}"))?;
        Ok(u32::try_from(group)?)
    };
    (0..positions).map(|position| rows.iter().map(|row| choice(row, position)).collect()).collect()
}

/// Compares columns by name, in any order.
pub(super) fn compare_columns(found: &RecordBatch, expected: &Value) -> Result<()> {
    let expected = expected.as_object().context("expected columns")?;
    ensure!(found.num_columns() == expected.len(), "{} columns instead of {}", found.num_columns(), expected.len());
    for (name, values) in expected {
        let column = found.column_by_name(name).with_context(|| format!("no column `{name}`"))?;
        let wanted = like(column, values).with_context(|| format!("column `{name}`"))?;
        ensure!(column == &wanted, "column `{name}` is {column:?} instead of {wanted:?}");
    }
    Ok(())
}

/// Values of JSON as a column of the type of `column`; whole numbers stand for zeros of any type.
fn like(column: &ArrayRef, values: &Value) -> Result<ArrayRef> {
    use arrow::datatypes::DataType;
    let code = match column.data_type() {
        DataType::Timestamp(..) => "ts",
        DataType::Utf8 => "str",
        DataType::Boolean => "bool",
        DataType::Int32 => "i32",
        DataType::Float32 => "f32",
        DataType::Float64 => "f64",
        DataType::Int64 => "i64",
        other => bail!("a column of {other}"),
    };
    let typed = |value: &Value| match (code, value) {
        ("ts", Value::Number(_)) => json!("1970-01-01T00:00:00"),
        ("str", Value::Number(number)) => json!(number.to_string()),
        _ => value.clone(),
    };
    let values = values.as_array().context("a column is a list")?.iter().map(typed).collect::<Vec<_>>();
    let batch = Columns::parse(&json!([["column", code]]))?.batch(&json!({ "column": values }))?;
    Ok(Arc::clone(batch.column(0)))
}

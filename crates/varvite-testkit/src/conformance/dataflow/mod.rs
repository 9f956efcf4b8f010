//! `dataflow.jsonl`: graphs of functions, built with closures, asked, and compared.

mod body;
mod build;
mod compare;
mod names;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;
use varvite_flow::{Dataflow, Observer, Outputs};

use super::Stop;

/// How often each function ran.
#[derive(Debug, Default)]
struct Calls(Mutex<BTreeMap<String, u64>>);

impl Calls {
    fn note(&self, function: &str) {
        let mut calls = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *calls.entry(function.to_owned()).or_default() += 1;
    }
}

/// Counts functions of rows, whose closures are called for each row: once a pass.
struct RowCalls {
    calls: Arc<Calls>,
    /// The function of each such node.
    functions: BTreeMap<String, String>,
}

impl Observer for RowCalls {
    fn node_finished(&self, node: &str) {
        if let Some(function) = self.functions.get(node) {
            self.calls.note(function);
        }
    }
}

/// The cases of files with one JSON object a line.
///
/// # Errors
/// A file that cannot be read, a line that is no case.
pub fn cases(files: &[PathBuf]) -> Result<Vec<Json>> {
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let case = serde_json::from_str(line).with_context(|| format!("{}, line {}", file.display(), at + 1))?;
            cases.push(case);
        }
    }
    Ok(cases)
}

/// Builds the graph of a case, asks it, and compares.
///
/// # Errors
/// What is not as expected; what belongs to compile time stops as skipped.
pub fn run(case: &Json) -> Result<(), Stop> {
    let expected = &case["varvite"];
    for reason in ["compile_time", "skip"] {
        if let Some(told) = expected.get(reason) {
            return Err(Stop::Skip(format!("{reason}: {told}")));
        }
    }
    let calls = Arc::new(Calls::default());
    let built = build::flow(case, &calls)?;
    let error = match expected {
        Json::Object(expected) if expected.contains_key("error") => Some(&expected["error"]),
        _ => case["hamilton"].get("error"),
    };
    if let Some(query) = case["query"].as_str() {
        return Ok(ask(&built.flow?, case, query)?);
    }
    if let Some(edges) = expected.get("edges") {
        return Ok(compare::edges(&built.flow?, edges)?);
    }
    let observer = RowCalls { calls: Arc::clone(&calls), functions: built.rows };
    let made = built.flow.and_then(|flow| request(case, &flow, Arc::new(observer)));
    match (made, error) {
        (Ok(outputs), None) => Ok(compare_outputs(case, &outputs, &calls)?),
        (Err(error), Some(expected)) => Ok(compare::error(&error, expected)?),
        (Ok(outputs), Some(expected)) => Err(anyhow::anyhow!("expected the error {expected}, got {outputs:?}").into()),
        (Err(error), None) => Err(anyhow::anyhow!("{}: {error}", error.kind().name()).into()),
    }
}

fn request(case: &Json, flow: &Dataflow, observer: Arc<dyn Observer>) -> varvite_flow::Result<Outputs> {
    let mut run = flow.run().observe(observer);
    for (name, value) in entries(&case["inputs"]) {
        run = run.input(name, names::value(value, names::declared(case, name).as_deref()));
    }
    for (name, value) in entries(&case["overrides"]) {
        run = run.replace_named(name, names::value(value, names::declared(case, name).as_deref()));
    }
    let request: Vec<&str> = case["request"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    run.get_named(&request)
}

fn compare_outputs(case: &Json, outputs: &Outputs, calls: &Calls) -> Result<()> {
    let expected = &case["varvite"];
    let wanted = expected.get("outputs").unwrap_or(&case["hamilton"]["outputs"]);
    let wanted = wanted.as_object().context("neither outputs nor an error is expected")?;
    ensure!(wanted.len() == outputs.iter().count(), "expected {} outputs", wanted.len());
    for (name, wanted) in wanted {
        let found = outputs.get(name).with_context(|| format!("there is no output `{name}`"))?;
        let found = names::json(found)?;
        ensure!(compare::same(&found, wanted), "`{name}` is {found}, expected {wanted}");
    }
    if expected.get("warnings").is_some() {
        ensure!(outputs.report().failed_checks().next().is_some(), "no check warned");
    }
    let is_same = expected["same"] == true && expected["calls"] != "free";
    let Some(wanted) = case["hamilton"].get("calls").filter(|_| is_same) else { return Ok(()) };
    let found = calls.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let found = serde_json::to_value(found)?;
    ensure!(&found == wanted, "functions ran {found}, expected {wanted}");
    Ok(())
}

fn ask(flow: &Dataflow, case: &Json, query: &str) -> Result<()> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let found: Vec<String> = match words[..] {
        ["tag", tag] => {
            let (key, value) = tag.split_once('=').map_or((tag, None), |(key, value)| (key, Some(value)));
            flow.tagged(key, value).into_iter().map(str::to_owned).collect()
        }
        ["upstream", name] => flow.upstream(name)?.into_iter().collect(),
        ["downstream", name] => flow.downstream(name)?.into_iter().collect(),
        ["path", from, to] => flow.view().between(from, to)?.names().map(str::to_owned).collect(),
        _ => bail!("unknown query `{query}`"),
    };
    let wanted = case["varvite"].get("names").unwrap_or(&case["hamilton"]["names"]);
    ensure!(compare::same_set(&found, wanted), "found {found:?}, expected {wanted}");
    Ok(())
}

/// The members of an object, in their order.
fn entries(object: &Json) -> impl Iterator<Item = (&String, &Json)> {
    object.as_object().into_iter().flatten()
}

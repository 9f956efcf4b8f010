//! Cases of features: a registry, writes, reads as of a point in time, online values; each a folder with tables.

mod definition;
mod errors;
mod online;
mod steps;
mod tables;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use varvite_feature::VirtualReader;

use super::Stop;
use steps::Runner;

/// What [`cases`] adds to a case: the folder that it stands in.
const FOLDER: &str = "__folder";

/// The cases of every `case.json` in or below some folders, in order of paths.
///
/// # Errors
/// A folder that cannot be listed, a file that is no case.
pub fn cases(folders: &[PathBuf]) -> anyhow::Result<Vec<Value>> {
    let mut cases = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().rev().cloned().collect();
    while let Some(folder) = waiting.pop() {
        let path = folder.join("case.json");
        if path.is_file() {
            let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let mut case: Value =
                serde_json::from_str(&text).with_context(|| format!("{} is no case", path.display()))?;
            case[FOLDER] = json!(folder);
            cases.push(case);
            continue;
        }
        let entries = std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))?;
        let mut below: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        below.retain(|path| path.is_dir());
        below.sort();
        waiting.extend(below.into_iter().rev());
    }
    Ok(cases)
}

/// Runs the steps of a case, in order, on one store; with the feature `sql` that has the embedded query engine.
///
/// # Errors
/// The first step whose outcome is another than expected; steps that cannot be expressed stop as skipped.
pub fn run(case: &Value) -> Result<(), Stop> {
    run_with(case, engine()?)
}

#[cfg(feature = "sql")]
fn engine() -> anyhow::Result<Option<Arc<dyn VirtualReader>>> {
    let executor = varvite_sql::DataFusionExecutor::try_new()?;
    Ok(Some(Arc::new(varvite_sql::SqlFeatures::new(Arc::new(executor)))))
}

#[cfg(not(feature = "sql"))]
#[allow(clippy::unnecessary_wraps, reason = "an engine may fail to begin")]
fn engine() -> anyhow::Result<Option<Arc<dyn VirtualReader>>> {
    Ok(None)
}

/// The same with a query engine, which virtual groups need: without one, cases that define some stop as skipped.
///
/// # Errors
/// As [`run`].
pub fn run_with(case: &Value, engine: Option<Arc<dyn VirtualReader>>) -> Result<(), Stop> {
    let folder = PathBuf::from(case[FOLDER].as_str().context("a case stands in a folder")?);
    let steps = case["steps"].as_array().context("a case has steps")?;
    let mut runner = Runner::new(folder, engine)?;
    for (at, step) in steps.iter().enumerate() {
        let name = step["op"].as_str().unwrap_or_default();
        runner.step(name, step).map_err(|stop| match stop {
            Stop::Fail(error) => Stop::Fail(anyhow!("step {at} ({name}): {error:#}")),
            skip @ Stop::Skip(_) => skip,
        })?;
    }
    Ok(())
}

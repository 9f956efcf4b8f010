//! Cases of assets: resolutions, ranges, plans, fetches, and what another system's layout holds; one JSON object a line.

mod catalog;
mod expect;
mod frame;
mod hyperion;
mod rows;
mod state;
mod time;

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::Stop;

/// The cases of files of lines, or of every `.jsonl` file in a folder, in order of paths.
///
/// # Errors
/// A file that cannot be read, a line that is no case.
pub fn cases(files: &[PathBuf]) -> Result<Vec<Value>> {
    let mut paths = Vec::new();
    for file in files {
        if !file.is_dir() {
            paths.push(file.clone());
            continue;
        }
        let entries = std::fs::read_dir(file).with_context(|| format!("listing {}", file.display()))?;
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        found.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        found.sort();
        paths.extend(found);
    }
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let case = serde_json::from_str(line);
            cases.push(case.with_context(|| format!("{}, line {}, is no case", path.display(), at + 1))?);
        }
    }
    Ok(cases)
}

/// Runs one case.
///
/// # Errors
/// The first expectation that is not met; what only a compiler or a reader can tell stops as skipped.
pub fn run(case: &Value) -> Result<(), Stop> {
    let (given, theirs, ours) = (&case["given"], &case["hyperion"], &case["varvite"]);
    match case["group"].as_str().unwrap_or_default() {
        "parse" => Ok(time::parse(given, ours)?),
        "bucket" => {
            time::bucket(given, ours)?;
            Ok(hyperion::bucket(given, theirs, ours)?)
        }
        "truncate" => {
            time::truncate(given, ours)?;
            Ok(hyperion::truncate(given, theirs)?)
        }
        "plan" => {
            let plans = catalog::plan(given, ours)?;
            Ok(hyperion::plan(given, theirs, ours, &plans)?)
        }
        "resolve" => Ok(time::resolve(given, ours)?),
        "path" => Ok(hyperion::path(given, theirs, ours)?),
        "datalake" => Ok(hyperion::datalake(given, ours)?),
        "fetch" => Ok(rows::fetch(given, ours)?),
        "latest" => Ok(rows::latest(given, ours)?),
        "repartition" => Ok(rows::repartition(given, ours)?),
        "state" => state::state(given, ours),
        "cache" => Ok(state::cache(given, ours)?),
        "frame" => frame::frame(given, ours),
        other => Err(anyhow!("unknown group `{other}`").into()),
    }
}

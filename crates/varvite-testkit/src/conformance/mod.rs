//! Conformance cases: plain data in, public API, plain data out.

pub mod asof;
pub mod asset;
pub mod dataflow;
pub mod dataset;
pub mod features;
pub mod indexer;
pub mod intersections;
pub mod segagg;
pub mod store;
pub mod values;

use serde::Serialize;
use serde_json::Value;

/// A file of cases.
#[derive(Debug, serde::Deserialize)]
pub struct CaseFile {
    /// The cases, as they stand in the file.
    pub cases: Vec<Value>,
}

/// What became of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", content = "reason", rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was as expected.
    Passed,
    /// The first thing that was not.
    Failed(String),
    /// The case asks for what an implementation may refuse.
    Skipped(String),
}

/// Why a case did not pass.
#[derive(Debug)]
pub enum Stop {
    /// Something was not as expected, or went wrong.
    Fail(anyhow::Error),
    /// The case asks for what an implementation may refuse.
    Skip(String),
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fail(error.into())
    }
}

/// Runs one case with `run`.
pub fn outcome(case: &Value, run: impl FnOnce(&Value) -> Result<(), Stop>) -> Outcome {
    match run(case) {
        Ok(()) => Outcome::Passed,
        Err(Stop::Skip(reason)) => Outcome::Skipped(reason),
        Err(Stop::Fail(error)) => Outcome::Failed(format!("{error:#}")),
    }
}

/// Compares an error with the kind that a case expects. Kinds that name what has no code of its own are met by any.
pub(crate) fn check_kind(expected: &Value, code: &str) -> anyhow::Result<()> {
    let kind = expected["kind"].as_str().unwrap_or_default();
    let codes: &[&str] = match kind {
        "unknown_column" => &["VV0106", "VV0107"],
        "n_prev_length" => &["VV0213"],
        "unordered" => &["VV0104"],
        "empty_value" => &["VV0001"],
        "forbidden_character" => &["VV0002"],
        _ => return Ok(()),
    };
    anyhow::ensure!(codes.contains(&code), "expected an error of kind `{kind}`, got {code}");
    Ok(())
}

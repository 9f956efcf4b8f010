//! Compares what came with what was expected.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;
use varvite_flow::{Dataflow, Error, Phase};

const TOLERANCE: f64 = 1e-12;

/// Whether two values are equal, floats within a relative tolerance.
pub(super) fn same(found: &Json, wanted: &Json) -> bool {
    match (found, wanted) {
        (Json::Number(found), Json::Number(wanted)) => {
            let (Some(found), Some(wanted)) = (found.as_f64(), wanted.as_f64()) else { return found == wanted };
            (found - wanted).abs() <= TOLERANCE * found.abs().max(wanted.abs())
        }
        (Json::Array(found), Json::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        (Json::Object(found), Json::Object(wanted)) => {
            let same = |(name, wanted): (&String, &Json)| found.get(name).is_some_and(|found| same(found, wanted));
            found.len() == wanted.len() && wanted.iter().all(same)
        }
        _ => found == wanted,
    }
}

/// Whether names are those of a list, in any order.
pub(super) fn same_set(found: &[String], wanted: &Json) -> bool {
    let wanted: BTreeSet<&str> = wanted.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    found.iter().map(String::as_str).collect::<BTreeSet<_>>() == wanted
}

/// Whether an error is the expected one.
pub(super) fn error(error: &Error, expected: &Json) -> Result<()> {
    let kind = expected["kind"].as_str().context("an error has a kind")?;
    let of_kind = error.problems.iter().find(|problem| problem.kind.name() == kind);
    let problem = of_kind.with_context(|| format!("expected {kind}, got {}: {error}", error.kind().name()))?;
    let phase = match error.phase {
        Phase::Build => "build",
        Phase::Plan => "plan",
        Phase::Run => "run",
    };
    if let Some(wanted @ ("build" | "plan" | "run")) = expected["phase"].as_str() {
        ensure!(phase == wanted, "expected phase {wanted}, got {phase}: {error}");
    }
    let names = &expected["names"];
    if names.as_array().is_some_and(|names| !names.is_empty()) {
        let of_kind = error.problems.iter().filter(|problem| problem.kind.name() == kind);
        let all: Vec<String> = of_kind.flat_map(|problem| problem.names.clone()).collect();
        ensure!(same_set(&all, names), "expected the names {names}, got {all:?}");
        if kind == "TypeMismatch" {
            let ordered = serde_json::to_value(&problem.names)?;
            ensure!(&ordered == names, "expected {names}: reader, then node; got {ordered}");
        }
    }
    if let Some(wanted) = expected["did_you_mean"].as_str() {
        let found = problem.did_you_mean.as_deref();
        ensure!(found == Some(wanted), "expected the suggestion `{wanted}`, got {found:?}");
    }
    Ok(())
}

/// Whether the arrows of a graph are the expected ones, in any order.
pub(super) fn edges(flow: &Dataflow, wanted: &Json) -> Result<()> {
    let found: BTreeSet<(String, String)> = flow.edges().into_iter().map(|edge| (edge.source, edge.reader)).collect();
    let wanted: BTreeSet<(String, String)> = serde_json::from_value(wanted.clone()).context("edges are pairs")?;
    ensure!(found == wanted, "the edges are {found:?}, expected {wanted:?}");
    Ok(())
}

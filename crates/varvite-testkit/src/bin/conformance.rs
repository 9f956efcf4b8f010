//! Runs conformance cases and tells which fail.
//!
//! ```text
//! conformance dataset|intersections|store|asof|segagg FILE.json... [--json]
//! conformance features FOLDER... [--json]
//! conformance asset FILE.jsonl... [--json]
//! conformance dataflow FILE.jsonl... [--json]
//! conformance indexer FILE.json        prints a test file
//! ```

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use varvite_testkit::conformance::{
    CaseFile, Outcome, Stop, asof, asset, dataflow, dataset, features, indexer, intersections, outcome, segagg, store,
};

/// Runs conformance cases and tells which fail: exit code 1 if one does.
#[derive(Parser)]
struct Arguments {
    /// What the cases are about.
    kind: Kind,
    /// Files of cases, or folders: then every `.json` file in them, `.jsonl` for assets, and every
    /// `case.json` below for features.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Prints one JSON object a case.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Sequences of writes.
    Dataset,
    /// Walks over several datasets.
    Intersections,
    /// Datasets found in a tree of folders.
    Store,
    /// Registries, histories and reads of features: folders with a `case.json`.
    Features,
    /// Resolutions, ranges and fetches of assets: files of lines.
    Asset,
    /// Graphs of functions: files with a case a line.
    Dataflow,
    /// Sequences of as-of merges.
    Asof,
    /// Segmented aggregations, at once and in chunks.
    Segagg,
    /// Keys: prints a Rust test file of the cases.
    Indexer,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool> {
    let cases = match arguments.kind {
        Kind::Features => features::cases(&arguments.files)?,
        Kind::Asset => asset::cases(&arguments.files)?,
        Kind::Dataflow => dataflow::cases(&arguments.files)?,
        _ => read(&arguments.files)?,
    };
    let run: fn(&Value) -> Result<(), Stop> = match arguments.kind {
        Kind::Dataset => dataset::run,
        Kind::Intersections => intersections::run,
        Kind::Store => store::run,
        Kind::Features => features::run,
        Kind::Asset => asset::run,
        Kind::Dataflow => dataflow::run,
        Kind::Asof => asof::run,
        Kind::Segagg => segagg::run,
        Kind::Indexer => {
            print!("{}", indexer::generate(&cases)?);
            return Ok(true);
        }
    };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut out = std::io::stdout().lock();
    for case in &cases {
        let outcome = outcome(case, run);
        let id = case["id"].as_str().unwrap_or("?");
        match &outcome {
            Outcome::Passed => passed += 1,
            Outcome::Failed(_) => failed += 1,
            Outcome::Skipped(_) => skipped += 1,
        }
        if arguments.json {
            let mut line = serde_json::to_value(&outcome)?;
            line["id"] = json!(id);
            writeln!(out, "{line}")?;
        } else {
            match outcome {
                Outcome::Passed => {}
                Outcome::Failed(reason) => writeln!(out, "FAILED  {id}: {reason}")?,
                Outcome::Skipped(reason) => writeln!(out, "skipped {id}: {reason}")?,
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")?;
    Ok(failed == 0)
}

fn read(files: &[PathBuf]) -> Result<Vec<Value>> {
    let mut cases = Vec::new();
    for file in files {
        let mut paths = vec![file.clone()];
        if file.is_dir() {
            paths = std::fs::read_dir(file)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
            paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
            paths.sort();
        }
        for path in paths {
            let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let file: CaseFile =
                serde_json::from_str(&text).with_context(|| format!("{} is no file of cases", path.display()))?;
            cases.extend(file.cases);
        }
    }
    Ok(cases)
}

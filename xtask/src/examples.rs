//! `examples`: every example of every crate runs to its end.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::check::FULL;
use crate::metadata::{self, Workspace};
use crate::run::{output, report, run};

/// An example, and what its crate must be built with.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    package: String,
    name: String,
    features: Vec<String>,
}

impl Example {
    fn needs_polars(&self) -> bool {
        self.features.iter().any(|feature| feature == "polars")
    }
}

/// Runs examples, those that were built as they are.
fn run_all(examples: &[Example], built: &[(String, PathBuf)]) -> Vec<String> {
    let mut failed = Vec::new();
    for example in examples {
        // Two crates may have an example of one name, but then only one executable is there.
        let mut same = built.iter().filter(|(name, _)| *name == example.name).map(|(_, executable)| executable);
        let executable = same.next().filter(|_| same.next().is_none());
        let ended = run(&mut command(example, executable.map(PathBuf::as_path)));
        failed.extend(ended.err().map(|error| format!("{}/{}: {error}", example.package, example.name)));
    }
    failed
}

/// All but those that need Polars: they run with its tests.
pub(crate) fn run_every() -> Result<()> {
    let mut examples = examples(&metadata::read()?);
    examples.retain(|example| !example.needs_polars());
    eprintln!("{} examples", examples.len());
    // With the features of the tests, so that no crate is built once more.
    report("examples", &run_all(&examples, &build(&["--workspace", "--features", FULL])?))
}

/// Those that need Polars, with the packages and features that its tests are built with.
pub(crate) fn run_with_polars(args: &[&str]) -> Result<()> {
    let mut examples = examples(&metadata::read()?);
    examples.retain(Example::needs_polars);
    report("polars", &run_all(&examples, &build(args)?))
}

fn examples(workspace: &Workspace) -> Vec<Example> {
    let of_package = |package: &metadata::Package| {
        let example = |target: &metadata::Target| Example {
            package: package.name.clone(),
            name: target.name.clone(),
            features: target.required_features.clone(),
        };
        package.targets.iter().filter(|target| target.is_example()).map(example).collect::<Vec<_>>()
    };
    workspace.packages.iter().flat_map(of_package).collect()
}

/// Builds all examples that can be built so, at once.
fn build(with: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let args = [&["build", "--examples", "--message-format=json-render-diagnostics"], with].concat();
    built(&output(Command::new("cargo").args(args))?)
}

/// The executables of examples in cargo's messages.
fn built(messages: &[u8]) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for line in messages.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")) {
        let message: Value = serde_json::from_slice(line).context("a message of cargo cannot be read")?;
        let is_example = message["target"]["kind"][0] == "example";
        if let (true, Some(name), Some(path)) =
            (is_example, message["target"]["name"].as_str(), message["executable"].as_str())
        {
            found.push((name.to_owned(), PathBuf::from(path)));
        }
    }
    Ok(found)
}

fn command(example: &Example, executable: Option<&Path>) -> Command {
    if let Some(executable) = executable {
        return Command::new(executable);
    }
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--package", &example.package, "--example", &example.name]);
    if !example.features.is_empty() {
        command.args(["--features", &example.features.join(",")]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str, features: &[&str]) -> Example {
        let features = features.iter().map(|feature| (*feature).to_owned()).collect();
        Example { package: "varvite".to_owned(), name: name.to_owned(), features }
    }

    #[test]
    fn examples_are_found_in_every_crate() {
        let json = r#"{"target_directory": "t", "packages": [
            {"name": "varvite", "dependencies": [], "features": {}, "targets": [
                {"name": "varvite", "kind": ["lib"]}, {"name": "01_write", "kind": ["example"]},
                {"name": "02_frame", "kind": ["example"], "required-features": ["polars"]}]}]}"#;
        let found = examples(&metadata::parse(json.as_bytes()).unwrap());
        assert_eq!(found, [example("01_write", &[]), example("02_frame", &["polars"])]);
    }

    #[test]
    fn executables_are_read_from_the_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"a","kind":["lib"]},"executable":null}
{"reason":"compiler-artifact","target":{"name":"01_write","kind":["example"]},"executable":"/t/01_write"}
{"reason":"build-finished","success":true}
"#;
        let found = built(messages.as_bytes()).unwrap();
        assert_eq!(found, [("01_write".to_owned(), PathBuf::from("/t/01_write"))]);
    }

    #[test]
    fn an_example_that_was_not_built_is_built_with_its_features() {
        let run = command(&example("02_frame", &["polars", "serde"]), None);
        let args: Vec<_> = run.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert_eq!(args.join(" "), "run --quiet --package varvite --example 02_frame --features polars,serde");
        assert_eq!(command(&example("01_write", &[]), Some(Path::new("/t/01_write"))).get_args().count(), 0);
    }

    #[test]
    fn polars_is_needed_by_feature() {
        assert!(example("02_frame", &["asset", "polars"]).needs_polars());
        assert!(!example("01_write", &["asset"]).needs_polars());
    }
}

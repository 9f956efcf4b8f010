//! What cargo tells about the workspace, as far as tasks need it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The crates of this repository.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) target_directory: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// A line of its dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev` or `build`; none for what the crate itself uses.
    pub(crate) kind: Option<String>,
    pub(crate) optional: bool,
}

impl Dependency {
    /// Whether users of the crate get it.
    pub(crate) fn is_shipped(&self) -> bool {
        self.kind.as_deref() != Some("dev")
    }
}

/// Something that cargo builds from a crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    #[serde(default, rename = "required-features")]
    pub(crate) required_features: Vec<String>,
}

impl Target {
    pub(crate) fn is_example(&self) -> bool {
        self.kind.iter().any(|kind| kind == "example")
    }
}

/// Asks cargo.
pub(crate) fn read() -> Result<Workspace> {
    parse(&crate::run::output(Command::new("cargo").args(["metadata", "--no-deps", "--format-version", "1"]))?)
}

pub(crate) fn parse(json: &[u8]) -> Result<Workspace> {
    serde_json::from_slice(json).context("`cargo metadata` prints something else than expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dev_dependencies_are_not_shipped() {
        let of_kind =
            |kind: Option<&str>| Dependency { name: "a".to_owned(), kind: kind.map(str::to_owned), optional: false };
        assert!(of_kind(None).is_shipped() && of_kind(Some("build")).is_shipped());
        assert!(!of_kind(Some("dev")).is_shipped());
    }

    #[test]
    fn examples_and_the_features_they_need_are_read() {
        let json = r#"{"target_directory": "t", "packages": [{"name": "a", "features": {},
            "dependencies": [{"name": "b", "kind": null, "optional": true}],
            "targets": [{"name": "a", "kind": ["lib"]},
                        {"name": "one", "kind": ["example"], "required-features": ["polars"]}]}]}"#;
        let workspace = parse(json.as_bytes()).unwrap();
        let examples: Vec<_> = workspace.packages[0].targets.iter().filter(|target| target.is_example()).collect();
        assert_eq!(examples.len(), 1);
        assert_eq!(examples[0].required_features, ["polars"]);
    }
}

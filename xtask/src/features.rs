//! `features`: each feature of each crate builds alone.

use anyhow::Result;

use crate::metadata::{self, Workspace};
use crate::run::{cargo, report};

pub(crate) fn check() -> Result<()> {
    let mut failed = Vec::new();
    for (package, feature) in alone(&metadata::read()?) {
        let checked = cargo(&["check", "--package", package, "--no-default-features", "--features", feature]);
        failed.extend(checked.err().map(|error| format!("{package}, feature `{feature}`: {error}")));
    }
    report("features", &failed)
}

/// Every crate with each of its features.
fn alone(workspace: &Workspace) -> impl Iterator<Item = (&str, &str)> {
    workspace.packages.iter().flat_map(|package| {
        let features = package.features.keys().filter(|feature| *feature != "default");
        features.map(|feature| (package.name.as_str(), feature.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_but_the_default_is_tried() {
        let json = r#"{"target_directory": "t", "packages": [
            {"name": "a", "dependencies": [], "targets": [], "features": {"default": ["x"], "x": [], "y": []}},
            {"name": "b", "dependencies": [], "targets": [], "features": {}}]}"#;
        let workspace = metadata::parse(json.as_bytes()).unwrap();
        assert_eq!(alone(&workspace).collect::<Vec<_>>(), [("a", "x"), ("a", "y")]);
    }
}

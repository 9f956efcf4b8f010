//! `conformance`: runs the known files of cases in a folder.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::run::{cargo, report};

/// Files and folders of cases, and the kind that each holds.
const FILES: [(&str, &str); 9] = [
    ("dataset", "dataset/write.json"),
    ("dataset", "dataset/write_fuzz.json"),
    ("intersections", "dataset/intersections.json"),
    ("store", "dataset/store.json"),
    ("asof", "dataset/asof.json"),
    ("segagg", "dataset/segagg.json"),
    ("features", "features"),
    ("asset", "asset"),
    ("dataflow", "dataflow/cases.jsonl"),
];

pub(crate) fn run(folder: &Path) -> Result<()> {
    let found = found(folder);
    ensure!(!found.is_empty(), "`{}` has none of {}", folder.display(), names());
    let mut failed = Vec::new();
    for (kind, file) in found {
        let file = file.to_string_lossy();
        let runner = ["run", "--release", "--package", "varvite-testkit", "--bin", "conformance", "--"];
        let ended = cargo(&[&runner[..], &[kind, &file]].concat());
        failed.extend(ended.err().map(|error| error.to_string()));
    }
    report("files of cases", &failed)
}

/// The files that `folder` has.
fn found(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let files = FILES.iter().map(|(kind, file)| (*kind, folder.join(file)));
    files.filter(|(_, file)| file.exists()).collect()
}

fn names() -> String {
    FILES.map(|(_, file)| file).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_cases_is_refused_by_naming_what_was_looked_for() {
        let error = run(Path::new("src")).unwrap_err().to_string();
        assert!(error.starts_with("`src` has none of dataset/write.json, "), "{error}");
    }
}

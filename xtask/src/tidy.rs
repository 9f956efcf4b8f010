//! Conventions that a machine can see: files open with `//!`, plans do no IO.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// What a module that plans must not mention.
const IO: [&str; 6] = ["std::fs", "std::net", "std::io", "varvite_storage", "std::env", "SystemTime"];

/// Checks every source file below the current folder.
pub(crate) fn check() -> Result<()> {
    let mut problems = Vec::new();
    for file in sources(Path::new("crates"))?.into_iter().chain(sources(Path::new("xtask"))?) {
        let text = std::fs::read_to_string(&file)?;
        problems.extend(problem(&file, &text).map(|problem| format!("{}: {problem}", file.display())));
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n"))
}

fn problem(file: &Path, text: &str) -> Option<String> {
    if !text.starts_with("//!") {
        return Some("a file opens with `//!` and what it is".to_owned());
    }
    let plans = file.file_stem().is_some_and(|stem| stem == "plan");
    let found = IO.iter().find(|io| plans && text.contains(**io))?;
    Some(format!("a plan does no IO, but mentions `{found}`"))
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("ui") && !path.ends_with("target") {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_heading_is_found() {
        assert!(problem(Path::new("a.rs"), "fn main() {}").is_some());
        assert!(problem(Path::new("a.rs"), "//! What it is.\n").is_none());
    }

    #[test]
    fn a_plan_that_does_io_is_found() {
        assert!(problem(Path::new("x/plan.rs"), "//! P.\nuse std::fs;\n").is_some());
        assert!(problem(Path::new("x/execute.rs"), "//! E.\nuse std::fs;\n").is_none());
    }
}

//! Conventions that a machine can see: headings, plans without IO, short files, no paths of one machine, layers.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{layers, metadata};

/// What a module that plans must not mention.
const IO: [&str; 6] = ["std::fs", "std::net", "std::io", "varvite_storage", "std::env", "SystemTime"];

/// Most lines of a file in `crates/*/src`.
const MAX_LINES: usize = 600;

/// Folders of people's files: paths that lead through them are of one machine.
const HOMES: [&str; 3] = ["home", "root", "Users"];

/// Folders that hold nothing of ours.
const SKIPPED: [&str; 4] = ["target", ".git", ".venv", "node_modules"];

pub(crate) fn check() -> Result<()> {
    let mut problems = layers::problems(&metadata::read()?.packages);
    for file in files(Path::new("."))? {
        let rules = rules(&file);
        if rules.is_empty() {
            continue;
        }
        let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let found = rules.iter().filter_map(|rule| rule(&text));
        problems.extend(found.map(|problem| format!("{}: {problem}", file.display())));
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n"))
}

/// Finds what is wrong with a file's text.
type Rule = fn(&str) -> Option<String>;

/// The rules for the file at `path`, which is relative to the root.
fn rules(path: &Path) -> Vec<Rule> {
    let has = |part: &str| path.iter().any(|name| name == part);
    let mut rules: Vec<Rule> = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("md") => rules.push(home),
        // Sources that must not compile; their errors are compared with their lines.
        Some("rs") if has("tests") && has("ui") => {}
        Some("rs") => {
            rules.push(heading);
            if path.file_stem().is_some_and(|stem| stem == "plan") {
                rules.push(io);
            }
            if path.starts_with("crates") && has("src") {
                rules.push(length);
            }
        }
        _ => {}
    }
    rules
}

fn heading(text: &str) -> Option<String> {
    (!text.starts_with("//!")).then(|| "a file opens with `//!` and what it is".to_owned())
}

fn io(text: &str) -> Option<String> {
    let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let found = code.find_map(|line| IO.iter().find(|io| line.contains(**io)))?;
    Some(format!("a plan does no IO, but mentions `{found}`"))
}

fn length(text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES).then(|| format!("{lines} lines: split what has more than {MAX_LINES}"))
}

fn home(text: &str) -> Option<String> {
    let leads_through =
        |line: &str, home: &str| ['/', '\\'].iter().any(|sep| line.contains(&format!("{sep}{home}{sep}")));
    let (number, found) = (1_usize..)
        .zip(text.lines())
        .find_map(|(number, line)| Some((number, HOMES.iter().find(|home| leads_through(line, home))?)))?;
    Some(format!("line {number} has a path of one machine, through `{found}`"))
}

/// All files below `folder`, without the `./` in front of them.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && !SKIPPED.iter().any(|name| path.ends_with(name)) {
            found.extend(files(&path)?);
        } else if kind.is_file() {
            found.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let found: Vec<String> = rules(Path::new(path)).iter().filter_map(|rule| rule(text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_without_a_heading_is_found() {
        check("xtask/src/a.rs", "fn main() {}", &["a file opens with `//!` and what it is"]);
        check("xtask/src/a.rs", "//! What it is.\n", &[]);
        check("crates/x/tests/ui/a.rs", "fn main() {}", &[]);
    }

    #[test]
    fn a_plan_that_does_io_is_found() {
        let text = "//! P.\nuse std::fs;\n";
        check("crates/x/src/plan.rs", text, &["a plan does no IO, but mentions `std::fs`"]);
        check("crates/x/src/execute.rs", text, &[]);
        check("crates/x/src/plan.rs", "//! Without `std::fs`.\n    // nor std::io\n", &[]);
    }

    #[test]
    fn a_long_source_is_found() {
        let text = "//! Long.\n".repeat(MAX_LINES + 1);
        check("crates/x/src/a.rs", &text, &["601 lines: split what has more than 600"]);
        check("crates/x/src/a.rs", &"//! Long.\n".repeat(MAX_LINES), &[]);
        check("crates/x/tests/a.rs", &text, &[]);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = format!("# Title\nsee /{}/me/data\n", HOMES[0]);
        check("docs/guide/a.md", &text, &["line 2 has a path of one machine, through `home`"]);
        let text_of_windows = format!("C:\\{}\\me\n", HOMES[2]);
        check("docs/guide/a.md", &text_of_windows, &["line 1 has a path of one machine, through `Users`"]);
        check("docs/guide/a.md", "see ~/data\n", &[]);
        check("data/a.csv", &text, &[]);
    }
}

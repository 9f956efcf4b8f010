//! What only happens on terminals: colours, tables that are cut. Needs `script` of util-linux, else it tests nothing.

#![cfg(target_os = "linux")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::with_day;

/// What `line` shows on a terminal of 60 columns.
fn on_terminal(folder: &Path, line: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_varvite");
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &format!("stty cols 60 && '{program}' {line}"), "/dev/null"])
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output();
    let output = output.ok().filter(|output| output.status.success() || output.status.code() == Some(1))?;
    Some(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

#[test]
fn tables_are_cut() {
    let folder = with_day();
    let Some(out) = on_terminal(folder.path(), "dataset info day") else { return };
    assert!(out.contains("coverage") && out.contains("not shown: file"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 62), "{out}");
}

#[test]
fn errors_have_colour() {
    let folder = with_day();
    let Some(out) = on_terminal(folder.path(), "dataset log dya") else { return };
    let expected =
        "\x1b[1;31merror[VV0101]\x1b[0m: there is no dataset at `dya`\n  \x1b[36mhelp\x1b[0m     did you mean `day`?\n";
    assert_eq!(out, expected);
    let plain = on_terminal(folder.path(), "dataset log dya --json").unwrap_or_default();
    assert!(plain.starts_with("{\"error\":"), "{plain}");
}

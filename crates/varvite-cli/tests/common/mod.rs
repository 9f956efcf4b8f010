//! Runs the program in a folder of its own.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

pub use tempfile::TempDir;

pub mod assets;
pub mod features;
#[cfg(feature = "sql")]
pub mod sql;

/// Nine rows of a day, every third hour; `volume` misses one value.
pub const DAY_CSV: &str = "\
ts,symbol,price,volume
2024-03-01T00:00:00Z,A,1.5,10
2024-03-01T03:00:00Z,B,2.5,20
2024-03-01T06:00:00Z,A,3.25,
2024-03-01T09:00:00Z,\"C, \"\"D\"\"\",4,40
2024-03-01T12:00:00Z,A,5,50
2024-03-01T15:00:00Z,B,6,60
2024-03-01T18:00:00Z,A,7,70
2024-03-01T21:00:00Z,,8,80
2024-03-02T00:00:00Z,A,9.125,90
";

/// What a run of the program left.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// The output, if all went well and nothing was said on stderr.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// The message, if the command was refused and printed nothing.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{}", self.err);
        self.err
    }

    /// The output as JSON, if all went well.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).unwrap()
    }
}

pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A folder with `day.csv` and, out of it, the dataset `day`.
pub fn with_day() -> TempDir {
    let folder = folder();
    std::fs::write(folder.path().join("day.csv"), DAY_CSV).unwrap();
    varvite(folder.path(), "dataset write day day.csv --ordered-on ts --duplicates-on ts").ok();
    folder
}

/// Runs `varvite` with the words of `line`, in `folder`.
pub fn varvite(folder: &Path, line: &str) -> Run {
    with_input(folder, line, b"")
}

/// Runs `varvite` with `input` as its standard input.
pub fn with_input(folder: &Path, line: &str, input: &[u8]) -> Run {
    let mut child =
        command(folder, line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input is fine.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varvite"));
    command.current_dir(folder).args(line.split_whitespace()).env_remove("RUST_LOG");
    command
}

/// `text` with what differs from run to run, or with the encoder, replaced: names of data files, sizes, times.
pub fn redact(text: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_end();
        let end = &word[bare.len()..];
        if bare.starts_with("file_") && bare.ends_with(".parquet") {
            shown.push(format!("[file]{end}"));
        } else if bare.starts_with("20") && bare.ends_with('Z') && bare.len() == 24 {
            shown.push(format!("[when]{end}"));
        } else if bare == "kB" {
            shown.pop();
            shown.push(format!("[size]{end}"));
        } else {
            shown.push(word.to_owned());
        }
    }
    shown.concat()
}

/// Every file below `folder` with its bytes.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

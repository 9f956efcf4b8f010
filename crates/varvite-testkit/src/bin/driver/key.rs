//! `key` and `keys`: datasets by the fields of their keys, one key type for each number of fields.

use std::io::BufRead;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::json;
use varvite_dataset::{Rows, WriteOptions};
use varvite_key::{Key, toplevel};
use varvite_store::Store;
use varvite_testkit::workload::ORDERED_ON;

use crate::exit::Failure;
use crate::line::put;

#[derive(Args)]
pub(crate) struct Root {
    /// The store's root.
    #[arg(long)]
    root: PathBuf,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    root: Root,
    /// Makes a dataset for each key: the one thing that can be done so far.
    #[arg(long, required = true)]
    create: bool,
}

#[derive(Deserialize)]
struct Line {
    fields: Vec<String>,
}

#[toplevel]
struct Fields1 {
    a: String,
}

#[toplevel]
struct Fields2 {
    a: String,
    b: String,
}

#[toplevel]
struct Fields3 {
    a: String,
    b: String,
    c: String,
}

#[toplevel]
struct Fields4 {
    a: String,
    b: String,
    c: String,
    d: String,
}

/// Each key is answered on a line of its own: a refusal is an answer.
pub(crate) fn create(arguments: &Arguments) -> Result<(), Failure> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let Line { fields } =
            serde_json::from_str(&line).map_err(|error| Failure::usage(format!("`{line}`: {error}")))?;
        let answer = match dataset_of(&arguments.root, &fields) {
            Ok(path) => json!({"ok": true, "path": path}),
            Err(refusal) => json!({"ok": false, "error": refusal.to_string()}),
        };
        put(answer)?;
    }
    Ok(())
}

pub(crate) fn list(root: &Root) -> Result<(), Failure> {
    for fields in [keys::<Fields1>(root)?, keys::<Fields2>(root)?, keys::<Fields3>(root)?, keys::<Fields4>(root)?] {
        for fields in fields {
            put(json!(fields))?;
        }
    }
    Ok(())
}

fn keys<K: Key>(root: &Root) -> Result<Vec<Vec<String>>, Failure> {
    let keys = Store::<K>::open(&root.root)?.keys()?;
    Ok(keys.iter().map(|key| key.fields().into_iter().map(|(_, value)| value).collect()).collect())
}

/// Makes an empty dataset for the key of these fields, and tells its path.
fn dataset_of(root: &Root, fields: &[String]) -> Result<String, Box<dyn std::error::Error>> {
    match fields {
        [a] => make(root, &Fields1::new(a)?),
        [a, b] => make(root, &Fields2::new(a, b)?),
        [a, b, c] => make(root, &Fields3::new(a, b, c)?),
        [a, b, c, d] => make(root, &Fields4::new(a, b, c, d)?),
        other => Err(format!("{} fields: keys have 1 to 4", other.len()).into()),
    }
}

fn make<K: Key>(root: &Root, key: &K) -> Result<String, Box<dyn std::error::Error>> {
    let dataset = Store::<K>::open(&root.root)?.dataset(key)?;
    if !dataset.exists() {
        let _ = dataset.write(Rows::none(), &WriteOptions::ordered_on(ORDERED_ON))?;
    }
    Ok(key.to_path())
}

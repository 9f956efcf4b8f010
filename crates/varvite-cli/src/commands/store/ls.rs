//! `varvite store ls ROOT`

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use varvite::dataset::Snapshot;
use varvite::key::KeySchema;
use varvite::store::{Catalog, CatalogEntry, KeyFilter};

use super::{Outcome, open};
use crate::error::{Error, Failure, Result, similar};
use crate::output::format::{bytes, count, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Lists the datasets below a root
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite store ls prices
  varvite store ls prices --filter venue=XNAS --filter resolution=1min

JSON: {\"root\", \"datasets\": [{\"path\", \"key_type\", \"key\": {field: value}, \"rows\", \"row_groups\", \"min\", \"max\",
\"bytes\", \"version\", \"error\"}]}; `error` is null unless the dataset cannot be opened (exit code 1)")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// Only keys whose field has this value; several have to hold all
    #[arg(long, value_name = "FIELD=VALUE", value_parser = field_value)]
    filter: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Line {
    path: String,
    key_type: Option<String>,
    key: serde_json::Map<String, serde_json::Value>,
    #[serde(skip)]
    fields: Vec<(String, String)>,
    #[serde(flatten)]
    facts: Facts,
    error: Option<serde_json::Value>,
    #[serde(skip)]
    failure: Option<Failure>,
}

#[derive(Default, Serialize)]
struct Facts {
    rows: u64,
    row_groups: usize,
    min: Option<String>,
    max: Option<String>,
    bytes: u64,
    version: Option<u64>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let catalog = open(&args.root)?;
    args.check_fields(&catalog)?;
    let filter = args.filter.iter().fold(KeyFilter::default(), |filter, (field, value)| filter.with(field, value));
    let wanted = catalog.entries()?.into_iter().filter(|entry| filter.matches(&entry.fields));
    let lines: Vec<Line> = wanted.map(|entry| line(&catalog, entry)).collect();
    if as_json {
        print_json(&json!({"root": args.root, "datasets": lines}))?;
    } else {
        print(&format!("{}\n{}", table(&lines).to_text(), plural(lines.len() as u64, "dataset")))?;
        for failure in lines.iter().filter_map(|line| line.failure.as_ref()) {
            failure.report(false);
        }
    }
    let sound = lines.iter().all(|line| line.failure.is_none());
    Ok(if sound { Outcome::Done } else { Outcome::Refused })
}

impl Args {
    /// Refuses a field that no key below the root has.
    fn check_fields(&self, catalog: &Catalog) -> Result<()> {
        let types = catalog.key_types()?;
        let mut known: Vec<&str> = Vec::new();
        for name in types.iter().flat_map(KeySchema::field_names) {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let Some((field, _)) = self.filter.iter().find(|(field, _)| !known.contains(&field.as_str())) else {
            return Ok(());
        };
        let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        Err(Error::UnknownField {
            root: self.root.display().to_string(),
            field: field.clone(),
            known: if names.is_empty() { "no fields".to_owned() } else { names.join(", ") },
            suggestion: similar(field, known),
        }
        .into())
    }
}

fn line(catalog: &Catalog, entry: CatalogEntry) -> Line {
    let opened = catalog.dataset(&entry.path).map_err(|error| Failure::from(error).about(&entry.path));
    let (facts, failure) = match opened {
        Ok(dataset) => (dataset.snapshot().map(|snapshot| facts(&snapshot)).unwrap_or_default(), None),
        Err(failure) => (Facts::default(), Some(failure)),
    };
    let key = entry.fields.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let error = failure.as_ref().map(|failure| failure.to_json()["error"].clone());
    Line { path: entry.path, key_type: entry.key_type, key, fields: entry.fields, facts, error, failure }
}

fn facts(snapshot: &Snapshot) -> Facts {
    let ordered = snapshot.ordered_type.as_ref();
    let text = |value: Option<&varvite::dataset::OrderedValue>| Some(ordered?.format(value?));
    Facts {
        rows: snapshot.num_rows(),
        row_groups: snapshot.files.len(),
        min: text(snapshot.files.first().map(|file| &file.min)),
        max: text(snapshot.files.last().map(|file| &file.max)),
        bytes: snapshot.total_bytes(),
        version: Some(snapshot.version),
    }
}

fn table(lines: &[Line]) -> Table {
    let mut fields: Vec<&str> = Vec::new();
    for (name, _) in lines.iter().flat_map(|line| &line.fields) {
        if !fields.contains(&name.as_str()) {
            fields.push(name);
        }
    }
    let mut table = fields.iter().fold(Table::new(), |table, field| table.left(*field));
    table = table.left("path").right("rows").right("row groups").left("min").left("max").right("bytes");
    table = table.right("version");
    for line in lines {
        let value = |field: &&str| {
            line.fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let facts = &line.facts;
        let version = match facts.version {
            _ if line.failure.is_some() => "cannot be opened".to_owned(),
            version => version.map(|version| version.to_string()).unwrap_or_default(),
        };
        table.row(fields.iter().map(value).chain([
            line.path.clone(),
            count(facts.rows),
            facts.row_groups.to_string(),
            facts.min.clone().unwrap_or_default(),
            facts.max.clone().unwrap_or_default(),
            bytes(facts.bytes),
            version,
        ]));
    }
    table
}

fn field_value(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((field.to_owned(), value.to_owned())),
        _ => Err("write FIELD=VALUE".to_owned()),
    }
}

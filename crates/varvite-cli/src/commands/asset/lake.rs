//! Files of a lake asset: listed, or one of them written as it is.

use serde_json::{Value, json};
use varvite::asset::{FetchPlan, LakeEntry, PartSource};

use super::fetch::Args;
use super::name::Found;
use super::options::usage;
use crate::error::Result;
use crate::output::file::write_bytes;
use crate::output::format::{bytes, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

pub(super) fn show(args: &Args, found: &Found, root: &str, plan: &FetchPlan, as_json: bool) -> Result<()> {
    let parts = plan.fields.iter().flat_map(|field| &field.parts);
    let files: Vec<&LakeEntry> = parts
        .filter_map(|part| match &part.source {
            PartSource::Lake(entry) => Some(entry),
            PartSource::Dataset { .. } => None,
        })
        .collect();
    if let Some(path) = args.to.file() {
        let [only] = files[..] else {
            let reason = format!("-o writes one file, and there are {}: name it by --range or --latest", files.len());
            return Err(usage(reason));
        };
        write_bytes(path, &found.catalog.read_lake(only)?)?;
        return match as_json {
            _ if path == std::path::Path::new("-") => Ok(()),
            true => print_json(&found.json(json!({"root": root, "file": path, "bytes": only.bytes}))),
            false => print(&format!("{} ({})", path.display(), bytes(only.bytes))),
        };
    }
    if as_json {
        let files: Vec<Value> = files.iter().map(|entry| json(entry)).collect();
        return print_json(&found.json(json!({"root": root, "files": files})));
    }
    let mut table = Table::new().left("date").left("format").right("bytes").left("path");
    for entry in &files {
        table.row([entry.date.to_string(), entry.format.clone(), bytes(entry.bytes), entry.path.to_string()]);
    }
    print(&format!("{}\n{}", table.to_text(), plural(files.len() as u64, "file")))
}

fn json(entry: &LakeEntry) -> Value {
    json!({"date": entry.date.to_string(), "format": entry.format, "bytes": entry.bytes,
        "path": entry.path.to_string()})
}

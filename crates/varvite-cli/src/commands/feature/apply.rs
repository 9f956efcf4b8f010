//! `varvite feature apply ROOT FILE...`

use std::path::{Path, PathBuf};

use serde_json::json;
use varvite::feature::RegistryChange;
use varvite::schema::{DefinitionParts, Definitions, Format};

use super::{Outcome, open_or_new};
use crate::error::{About, Error, Result};
use crate::output::{print, print_json};

/// Applies files of definitions: shows what differs, then takes all of it or nothing
///
/// FILE is YAML, TOML or JSON; `-` is YAML or JSON on standard input. What the files do not mention stays as it is. A
/// change that a version does not allow is refused (exit code 1), and then nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature apply features users.yaml orders.toml --dry-run
  varvite feature apply features users.yaml --author ada --message \"ages in years\"

JSON: {\"store\", \"dry_run\", \"applied\", \"refused\", \"revision\", \"steps\"}; `revision` is the one that stands afterwards")]
pub(crate) struct Args {
    /// The store's folder; it is made where there is none
    root: PathBuf,

    /// Files of definitions
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Shows what differs, and changes nothing
    #[arg(long)]
    dry_run: bool,

    /// Who makes the change, for the log
    #[arg(long, value_name = "NAME")]
    author: Option<String>,

    /// Why, for the log
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    apply(args, as_json).about_write_to_a("store", &args.root.display().to_string())
}

fn apply(args: &Args, as_json: bool) -> Result<Outcome> {
    let wanted = read_all(&args.files)?;
    let store = open_or_new(&args.root)?;
    let base = store.registry().state()?;
    let plan = base.plan(&wanted);
    if !as_json {
        print(plan.to_string().trim_end())?;
    }
    let change = store.plan_change(&base, &wanted);
    // What was shown is done, or nothing: whoever was faster is not overruled.
    let (revision, refused) = match change {
        Ok(change) if !args.dry_run => (store.registry().commit(&base, args.signed(change))?.revision(), None),
        planned => (base.revision(), planned.err()),
    };
    let applied = revision > base.revision();
    if as_json {
        print_json(&json!({"store": args.root, "dry_run": args.dry_run, "applied": applied,
            "refused": refused.as_ref().map(ToString::to_string), "revision": revision, "steps": plan.steps()}))?;
        return Ok(if refused.is_some() { Outcome::Refused } else { Outcome::Done });
    }
    if let Some(error) = refused {
        return Err(error.into());
    }
    print(&match (args.dry_run, applied) {
        (true, _) => "dry run: nothing was changed".to_owned(),
        (false, true) => format!("revision {revision}"),
        (false, false) => format!("nothing changed, the registry stays at revision {revision}"),
    })?;
    Ok(Outcome::Done)
}

impl Args {
    /// The change with the words about it.
    fn signed(&self, mut change: RegistryChange) -> RegistryChange {
        if let Some(author) = &self.author {
            change = change.with_author(author);
        }
        match &self.message {
            Some(message) => change.with_message(message),
            None => change,
        }
    }
}

/// The definitions of all files; what is defined in two of them is refused.
fn read_all(files: &[PathBuf]) -> Result<Definitions> {
    let mut all = DefinitionParts::default();
    for file in files {
        let shown = file.display().to_string();
        let parts = read(file).about_a("file", &shown)?.into_parts();
        all.sources.extend(parts.sources);
        all.groups.extend(parts.groups);
        all.windows.extend(parts.windows);
        all.virtual_groups.extend(parts.virtual_groups);
        all.on_demand.extend(parts.on_demand);
        all.services.extend(parts.services);
    }
    Ok(Definitions::from_parts(all)?)
}

fn read(file: &Path) -> Result<Definitions> {
    let path = file.display().to_string();
    let (text, format) = if file == Path::new("-") {
        (std::io::read_to_string(std::io::stdin()), Some(Format::Yaml))
    } else {
        let extension = file.extension().and_then(std::ffi::OsStr::to_str);
        (std::fs::read_to_string(file), extension.and_then(Format::of_extension))
    };
    let text = text.map_err(|source| Error::Open { path: path.clone(), source })?;
    let Some(format) = format else {
        return Err(Error::Usage(format!("`{path}` is no file of definitions: name it .yaml, .toml or .json")).into());
    };
    Ok(Definitions::read(&text, format)?)
}

//! `varvite demo [DIR]`: the main job on real data, offline.
//!
//! One file a part. Parts print what they do as they do it, and return the same as facts for `--json`.

#[cfg(feature = "asset")]
mod assets;
mod elsewhere;
#[cfg(feature = "feature")]
mod features;
#[cfg(feature = "feature")]
mod functions;
mod gaps;
mod keys;
mod late;
mod missing;
#[cfg(feature = "sql")]
mod queries;
mod walk;
mod weather;
mod write;

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;
use varvite::store::Store;

use crate::commands::Outcome;
use crate::error::{Error, Result};
use crate::output::table::terminal_width;
use crate::output::{print, print_json};
use keys::Station;
use weather::Weather;

/// Shows the main job on real data: the weather of three New York airports in 2013
///
/// Everything happens offline, in DIR or in a temporary folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite demo
  varvite demo weather      keeps the files in `weather`

JSON: {\"folder\", \"kept\", \"num_rows\", \"seconds\", \"parts\": [{\"name\", \"title\", \"seconds\", \"facts\"}]}")]
pub(crate) struct Args {
    /// A new or an empty folder, which is kept; else a temporary one is used
    dir: Option<PathBuf>,
}

/// What the parts share.
struct Demo {
    folder: PathBuf,
    kept: bool,
    store: Store<Station>,
    weather: Weather,
    as_json: bool,
}

/// A part of the demo: prints, and returns facts.
struct Part {
    name: &'static str,
    title: &'static str,
    run: fn(&Demo) -> Result<Value>,
}

const PARTS: &[Part] = &[
    Part { name: "store", title: "Typed keys and a store", run: write::run },
    Part { name: "late", title: "Rows written twice, late rows, corrected rows", run: late::run },
    Part { name: "missing", title: "What is missing", run: missing::run },
    Part { name: "walk", title: "Three stations in lock step", run: walk::run },
    #[cfg(feature = "feature")]
    Part { name: "features", title: "Features, as they were known when a flight left", run: features::run },
    #[cfg(feature = "sql")]
    Part { name: "queries", title: "Features that SQL computes when they are asked for", run: queries::run },
    #[cfg(feature = "asset")]
    Part { name: "assets", title: "What a program needs, as a struct that is fetched", run: assets::run },
    Part { name: "elsewhere", title: "The files, read with any other tool", run: elsewhere::run },
];

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let started = Instant::now();
    let temporary = match &args.dir {
        Some(dir) => {
            make_empty(dir)?;
            None
        }
        None => Some(temporary_folder()?),
    };
    let folder = args.dir.as_deref().or(temporary.as_ref().map(TempDir::path)).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(|source| unusable(folder, source))?;
    let store = Store::open(&folder)?;
    let demo = Demo { folder, kept: args.dir.is_some(), store, weather: Weather::load()?, as_json };
    let parts = demo.run_parts()?;
    if as_json {
        print_json(&json!({
            "folder": demo.folder,
            "kept": demo.kept,
            "num_rows": demo.weather.num_rows(),
            "seconds": seconds(started),
            "parts": parts,
        }))?;
    }
    demo.say(&format!("\nDone in {:.1} s.{}", seconds(started), demo.farewell()))?;
    if let Some(temporary) = temporary {
        let path = temporary.path().to_owned();
        temporary.close().map_err(|source| unusable(&path, source))?;
    }
    Ok(Outcome::Done)
}

impl Demo {
    fn run_parts(&self) -> Result<Vec<Value>> {
        self.say(&format!(
            "The hourly weather of three New York airports in 2013: {} rows, with real\n\
             gaps and real nulls.\n\
             Folder: {}{}",
            crate::output::format::count(self.weather.num_rows()),
            self.folder.display(),
            if self.kept { "" } else { " (temporary)" },
        ))?;
        let mut facts = Vec::with_capacity(PARTS.len());
        for (number, part) in (1..).zip(PARTS) {
            self.say(&format!("\n{}\n", heading(&format!("{number}. {}", part.title))))?;
            let started = Instant::now();
            let found = (part.run)(self)?;
            let seconds = seconds(started);
            self.say(&format!("   ({seconds:.2} s)"))?;
            facts.push(json!({"name": part.name, "title": part.title, "seconds": seconds, "facts": found}));
        }
        Ok(facts)
    }

    /// Prints a paragraph, unless JSON was asked for.
    fn say(&self, text: &str) -> Result<()> {
        if self.as_json { Ok(()) } else { print(text) }
    }

    /// Prints a paragraph of a part.
    fn tell(&self, text: &str) -> Result<()> {
        self.say(
            &text.split('\n').map(|line| format!("   {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n"),
        )
    }

    fn farewell(&self) -> String {
        if self.kept {
            format!(" The files stay in {}.", self.folder.display())
        } else {
            " The temporary folder is removed now; `varvite demo DIR` keeps the files.".to_owned()
        }
    }
}

/// Bold on terminals, unless `NO_COLOR` is set.
fn heading(text: &str) -> String {
    let bold = terminal_width().is_some() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if bold { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

fn seconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
}

fn temporary_folder() -> Result<TempDir> {
    let made = tempfile::Builder::new().prefix("varvite-demo-").tempdir();
    made.map_err(|source| unusable(&std::env::temp_dir(), source))
}

/// Makes the folder at `dir`, or takes it if it is empty.
fn make_empty(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).map_err(|source| unusable(dir, source))?;
    let mut entries = std::fs::read_dir(dir).map_err(|source| unusable(dir, source))?;
    if entries.next().is_some() {
        return Err(Error::DemoFolder { path: dir.display().to_string() }.into());
    }
    Ok(())
}

fn unusable(path: &Path, source: std::io::Error) -> crate::error::Failure {
    Error::Write { path: path.display().to_string(), source: source.into() }.into()
}

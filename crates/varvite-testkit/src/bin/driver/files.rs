//! `files`: the files of a version and what the engine says of each.
//!
//! A file that a newer version replaced is among the replaced ones. As writers may move files at any time, a reader that
//! opens them by name needs `--pin`: then each file gets a second name in a folder of its own, which nobody moves.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use varvite_dataset::{DataFile, Dataset, OrderedValue, Snapshot};

use crate::OneVersion;
use crate::exit::Failure;
use crate::line::put;

/// How long pinned files stay: longer than any reader takes.
const PINNED_FOR: Duration = Duration::from_secs(120);

/// How often a version is looked at anew whose files vanish while they are listed.
const ATTEMPTS: usize = 20;

pub(crate) fn run(one: &OneVersion, pin: bool) -> Result<(), Failure> {
    let folder = &one.which.dataset;
    let mut dataset = one.open()?;
    let pins = pin.then(|| Pins::new(folder)).transpose()?;
    for _ in 0..ATTEMPTS {
        let snapshot = newest(&dataset)?;
        if let Some(listing) = listing(&snapshot, folder, pins.as_ref())? {
            return Ok(put(listing)?);
        }
        // Vacuum may have taken them, and newer versions have others.
        dataset = one.open()?;
    }
    Err(Failure::damage("files of the version are missing"))
}

fn newest(dataset: &Dataset) -> Result<std::sync::Arc<Snapshot>, Failure> {
    dataset.snapshot().ok_or_else(|| Failure::gone("nothing is stored"))
}

/// The files of a version; `None` if one of them is in neither place.
fn listing(snapshot: &Snapshot, folder: &Path, pins: Option<&Pins>) -> Result<Option<Value>, Failure> {
    let mut files = Vec::new();
    for file in &snapshot.files {
        let found = match pins {
            Some(pins) => pins.pin(folder, &file.name)?,
            None => places(folder, &file.name).into_iter().find(|place| place.exists()),
        };
        let Some(path) = found else { return Ok(None) };
        files.push(describe(file, &path, folder));
    }
    Ok(Some(json!({
        "version": snapshot.version,
        "ordered_on": snapshot.settings.ordered_on.to_string(),
        "files": files,
    })))
}

fn describe(file: &DataFile, path: &Path, folder: &Path) -> Value {
    let relative = path.strip_prefix(parent(folder)).unwrap_or(path);
    let value = |value: &OrderedValue| match value {
        OrderedValue::Int(value) => json!(value),
        other => json!(format!("{other:?}")),
    };
    json!({"path": relative, "rows": file.num_rows, "min": value(&file.min), "max": value(&file.max)})
}

/// Where a file of a version may be; the first place is looked at twice, as files are moved away, and rarely back.
fn places(folder: &Path, name: &str) -> [PathBuf; 3] {
    let here = folder.join(name);
    [here.clone(), beside(folder, "_opdmd").join("replaced").join(name), here]
}

fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    parent(folder).join(format!("{name}{suffix}"))
}

fn parent(folder: &Path) -> &Path {
    folder.parent().unwrap_or(Path::new(""))
}

/// A folder beside the dataset in which files have second names.
struct Pins {
    folder: PathBuf,
}

impl Pins {
    /// A new folder; those of earlier calls that are old by now are removed.
    fn new(dataset: &Path) -> Result<Self, Failure> {
        let all = beside(dataset, "_pinned");
        std::fs::create_dir_all(&all)?;
        for entry in std::fs::read_dir(&all)? {
            let entry = entry?;
            let age =
                entry.metadata().and_then(|found| found.modified()).map(|made| SystemTime::now().duration_since(made));
            if matches!(age, Ok(Ok(age)) if age > PINNED_FOR) {
                let _ = std::fs::remove_dir_all(entry.path()); // another call may be faster
            }
        }
        let folder = all.join(std::process::id().to_string());
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Gives a file its second name; `None` if it is in neither place.
    fn pin(&self, dataset: &Path, name: &str) -> Result<Option<PathBuf>, Failure> {
        let pinned = self.folder.join(name);
        for place in places(dataset, name) {
            match std::fs::hard_link(place, &pinned) {
                Ok(()) => return Ok(Some(pinned)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(Some(pinned)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

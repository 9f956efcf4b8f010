//! What is on the disk after a phase, seen by who opens it then.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_storage::sim::SimStorage;

use super::caller::{Outcome, Reading, open, read};
use super::chronicle::{Chronicle, records};
use crate::shape::Shape;

/// Who comes after all others. Callers that were killed have smaller numbers.
const LATER: u32 = 1_000_000;

/// How many writes have to tidy up.
const FEW: i64 = 4;

/// Which commits must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Survivors {
    All,
    /// At least those that were acknowledged.
    OfPowerCut,
}

impl Survivors {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::All => "after all callers ended",
            Self::OfPowerCut => "after the power cut",
        }
    }
}

/// Compares the disk with the chronicle, which then ends where the disk does.
pub(super) fn inspect(
    storage: &SimStorage,
    chronicle: &mut Chronicle,
    shape: Shape,
    survivors: Survivors,
    seed: u64,
) -> Result<()> {
    let len = check_prefix(storage, chronicle, survivors)?;
    chronicle.cut_to(len);
    let dataset = open(&storage.client(LATER)).context("it does not open")?;
    match chronicle.current() {
        None => ensure!(!dataset.exists(), "there is a dataset without a commit"),
        Some(current) => {
            let newest = current.commits.last().context("a dataset without a commit")?;
            let Outcome::Read(reading) = read(&dataset, shape, None)? else { bail!("there is no dataset") };
            let Reading { dataset_id, version, entry, rows, .. } = reading;
            ensure!(dataset_id == current.id && version + 1 == len as u64, "version {version} of {len} opens");
            ensure!(entry == newest.state.entry, "the entry is {entry:?}, not {:?}", newest.state.entry);
            let same = newest.state.has_rows(&rows, shape.same);
            ensure!(same, "version {version} is {:?}, read was {rows:?}", newest.state.rows);
            let report = dataset.check(true).context("the check fails")?;
            ensure!(report.is_ok(), "{report}");
            ensure!(dataset.log()?.len() == len, "the log has {} commits", dataset.log()?.len());
        }
    }
    drop(dataset);
    // On a copy, so that the next callers find what this phase left behind.
    check_writable(&storage.fork(seed), shape).context("it is not writable")
}

/// The records on the disk are the first ones of the dataset, byte for byte; how many there are.
fn check_prefix(storage: &SimStorage, chronicle: &Chronicle, survivors: Survivors) -> Result<usize> {
    let found = records(storage);
    let commits = chronicle.current().map_or(&[][..], |current| &current.commits);
    for ((version, bytes), expected) in found.iter().zip(0..) {
        ensure!(*version == expected as u64, "there is no record of version {expected}, but one of {version}");
        let commit = commits.get(expected).with_context(|| format!("version {version} never was"))?;
        ensure!(commit.bytes == *bytes, "the record of version {version} is another");
    }
    let lost = &commits[found.len()..];
    ensure!(survivors == Survivors::OfPowerCut || lost.is_empty(), "{} commits are gone", lost.len());
    if let Some(at) = lost.iter().rposition(|commit| commit.acknowledged) {
        bail!("version {} was acknowledged and is gone", found.len() + at);
    }
    Ok(found.len())
}

/// A write works at once, and a few leave nothing in the folders that is not the newest version's.
fn check_writable(storage: &SimStorage, shape: Shape) -> Result<()> {
    let dataset = open(storage)?;
    let before = dataset.snapshot().map_or(0, |snapshot| snapshot.num_rows());
    for (written, t) in (1..).zip(1_000_000..1_000_000 + FEW) {
        let options = WriteOptions::ordered_on("t").with_metadata("probe", t.to_string());
        let report = dataset.write(shape.batch(&[(t, 0, 0)]), &options)?;
        ensure!(report.inserted == 1, "{report}");
        let fresh = open(storage)?;
        ensure!(fresh.snapshot().is_some_and(|snapshot| snapshot.num_rows() == before + written), "rows are missing");
        if leftovers(storage, &dataset).is_empty() {
            return Ok(());
        }
    }
    bail!("{:?} are left", leftovers(storage, &dataset));
}

/// Files that no version names. Those that were written for a version that was lost are taken for those of a writer
/// at work, until there is that version.
fn leftovers(storage: &SimStorage, dataset: &Dataset) -> Vec<String> {
    let named = names_of(dataset);
    let files = storage.files().into_iter().map(|(path, _)| path.to_string());
    let found: BTreeSet<String> = files.collect();
    let missing = named.iter().map(|name| format!("d/{name}")).filter(|path| !found.contains(path));
    let missing = missing.map(|path| format!("{path} (missing)"));
    let is_left = |path: &&String| match path.strip_prefix("d/") {
        Some(name) => !named.contains(name),
        None => path.contains("/.tmp-"),
    };
    found.iter().filter(is_left).cloned().chain(missing).collect()
}

fn names_of(dataset: &Dataset) -> BTreeSet<String> {
    let snapshot = dataset.snapshot();
    snapshot.iter().flat_map(|snapshot| &snapshot.files).map(|file| file.name.clone()).collect()
}

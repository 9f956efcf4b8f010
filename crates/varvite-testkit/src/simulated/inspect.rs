//! What is on the disk after a phase, seen by who opens it then.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_storage::sim::SimStorage;

use super::caller::{Reading, open, read};
use super::chronicle::{Chronicle, Generation, OnDisk};
use super::state::once;
use crate::model::Row;
use crate::shape::{Columns, Shape};

/// Who comes after all others. Callers that were killed have smaller numbers.
const LATER: u32 = 1_000_000;

/// How many writes have to tidy up: what may be of a writer at work goes with the second.
const FEW: i64 = 2;

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
    let on_disk = chronicle.on_disk(storage);
    let left = find(&on_disk, chronicle, survivors)?;
    chronicle.cut_to(left, on_disk.floor, survivors == Survivors::OfPowerCut);
    let dataset = open(&storage.client(LATER)).context("it does not open")?;
    match chronicle.current().filter(|current| !current.is_dropped()) {
        None => ensure!(!dataset.exists(), "there is a dataset that was never committed, or is gone"),
        Some(current) => {
            check_versions(&dataset, current, shape, seed)?;
            let report = dataset.check(true).context("the check fails")?;
            ensure!(report.is_ok(), "{report}");
            let logged = dataset.log()?.len();
            ensure!(logged == on_disk.records.len(), "the log has {logged} commits, not {}", on_disk.records.len());
        }
    }
    drop(dataset);
    // On a copy, so that the next callers find what this phase left behind.
    check_writable(&storage.fork(seed), shape).context("it is not writable")
}

/// The newest version, and a few older ones, are what the model says.
fn check_versions(dataset: &Dataset, current: &Generation, shape: Shape, seed: u64) -> Result<()> {
    let snapshot = dataset.snapshot().context("there is no dataset")?;
    let newest = current.commits.len() as u64 - 1;
    ensure!(snapshot.dataset_id == current.id && snapshot.version == newest, "{snapshot:?} opens, not {newest}");
    let last = &current.commits[current.commits.len() - 1];
    ensure!(snapshot.tags == last.tags, "names of versions are {:?}, not {:?}", snapshot.tags, last.tags);
    let kept: Vec<u64> = (0..newest).filter(|version| last.keeps(*version)).collect();
    let some = kept.iter().skip(usize::try_from(seed % 3)?).step_by(1 + kept.len() / 3).copied();
    for version in some.chain(last.tags.values().copied()).chain([newest]) {
        let of_version = dataset.version(version).with_context(|| format!("version {version} of {newest}"))?;
        let reading = read(&of_version, shape, None).with_context(|| format!("version {version} of {newest}"))?;
        let Reading { entry, rows, .. } = reading.context("there is no dataset")?;
        let state = &current.commits[usize::try_from(version)?].state;
        ensure!(entry == state.entry, "the entry of version {version} is {entry:?}, not {:?}", state.entry);
        let same = state.has_rows(&rows, shape.same);
        ensure!(same, "version {version} is {:?}, read was {rows:?}", state.rows);
    }
    Ok(())
}

/// Which dataset is on the disk, and how many commits of it: records are there byte for byte and without a gap.
fn find(on_disk: &OnDisk, chronicle: &Chronicle, survivors: Survivors) -> Result<Option<(usize, usize)>> {
    let generations = &chronicle.generations;
    let newest = on_disk.records.last().and_then(|(version, bytes)| {
        let version = usize::try_from(*version).ok()?;
        let is_of = |generation: &Generation| generation.commits.get(version).is_some_and(|one| one.bytes == *bytes);
        generations.iter().position(is_of)
    });
    let Some(at) = newest else {
        ensure!(on_disk.records.is_empty(), "the newest record, of version {:?}, is nobody's", on_disk.records.last());
        // Nothing is left of a dataset that was dropped, or never acknowledged.
        let dropped = generations.iter().rposition(Generation::is_dropped);
        check_lost(generations, dropped.map_or(0, |at| at + 1), 0, survivors)?;
        return Ok(None);
    };
    let len = on_disk.records.last().map_or(0, |(version, _)| version + 1);
    let len = usize::try_from(len)?;
    check_lost(generations, at, len, survivors)?;
    let commits = &generations[at].commits[..len];
    if commits.last().is_some_and(|commit| commit.state.dropped) {
        return Ok(Some((at, len))); // records before it may be gone already
    }
    let first = on_disk.floor.map_or(0, |floor| floor + 1);
    for ((version, bytes), expected) in on_disk.records.iter().zip(first..) {
        ensure!(*version == expected, "there is no record of version {expected}, but one of {version}");
        ensure!(commits[usize::try_from(expected)?].bytes == *bytes, "the record of version {version} is another");
    }
    let kept = |version: u64| commits.last().is_some_and(|newest| newest.keeps(version));
    ensure!(!(0..first).any(kept), "a version below {first} can be read, but its record is void");
    Ok(Some((at, len)))
}

/// Of the commits from `len` of generation `at` on, which are gone, nobody was told that they stand.
fn check_lost(generations: &[Generation], at: usize, len: usize, survivors: Survivors) -> Result<()> {
    let mut first = len;
    for generation in generations.iter().skip(at) {
        let lost = &generation.commits[first..];
        let all = lost.is_empty() || survivors == Survivors::OfPowerCut;
        ensure!(all, "{} commits of {} are gone", lost.len(), generation.id);
        if let Some(lost) = lost.iter().rposition(|commit| commit.acknowledged) {
            bail!("version {} of {} was acknowledged and is gone", first + lost, generation.id);
        }
        first = 0;
    }
    Ok(())
}

/// A write works at once, and a few leave nothing in the folders that is not the newest version's.
fn check_writable(storage: &SimStorage, shape: Shape) -> Result<()> {
    let dataset = open(storage)?;
    let rows = |dataset: &Dataset| -> Result<Vec<Row>> {
        Ok(read(dataset, shape, None)?.map_or_else(Vec::new, |reading| reading.rows))
    };
    let mut expected = rows(&dataset)?;
    for t in 1_000_000..1_000_000 + FEW {
        let options = WriteOptions::ordered_on("t").with_evolution(shape.evolves).with_metadata("probe", t.to_string());
        let report = dataset.write(shape.batch(&[(t, 0, 0)], Columns::PLAIN), &options)?;
        ensure!(report.inserted == 1, "{report}");
        let fresh = open(storage)?;
        expected.push((t, 0, 0));
        let found = rows(&fresh)?;
        // Doubles that appends stored may go where a write repairs row groups.
        ensure!(once(&found, shape.same) == once(&expected, shape.same), "{found:?} are there, not {expected:?}");
        if leftovers(storage, &dataset).is_empty() {
            return Ok(());
        }
    }
    bail!("{:?} are left", leftovers(storage, &dataset));
}

/// Files that no version names. Those that were written for the next version are taken for those of a writer at work,
/// until there is that version.
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

//! [`probe`]: everything that can be asked of a damaged dataset, and what the answers may be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use varvite_dataset::{Dataset, Error, ScanOptions};

use super::columns::TICKS;
use super::shape::{Shape, State, some_rows};
use super::tree::{Files, Kind, Place, version_in};
use crate::model::Row;

/// What became of opening the dataset and reading all of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// An error said so: its code.
    Reported(&'static str),
    /// The rows of the newest version.
    Newest,
    /// The rows of an older version: nothing is left that names a newer one.
    Older,
    /// The rows of another dataset, whose whole log stands there now.
    Other,
    /// There is no dataset: nothing is left that names a version.
    Nothing,
}

/// Errors that say that something is wrong with the files. All others would be wrong answers, too: they blame the
/// caller, or show that bytes were decoded that should not have been.
const REPORTS: [&str; 6] = [
    "VV0101", // not found
    "VV0110", // belongs to another key
    "VV0130", // damaged
    "VV0132", // too large
    "VV0133", // removed
    "VV0140", // a link, a folder, an error of the storage
];

/// A version that is newer than all that the log knows of.
const UNKNOWN_VERSION: &str = "VV0116";
/// A version of which the log says that it is not kept any more.
const EXPIRED: &str = "VV0117";

/// Asks everything of the dataset in `place`, whose sound files were those of the newest state; `damage` puts others in
/// their place, which are `files` as far as they can be read. The first of the shapes is the dataset's, others lent files.
///
/// # Errors
/// The first answer that is neither true nor an error that says so.
pub fn probe(
    [shape, others @ ..]: [&Shape; 3],
    place: &Place,
    damage: impl FnOnce() -> Result<()>,
    files: &Files,
    random: &mut Rng,
) -> Result<Outcome> {
    let sound = shape.newest();
    place.put(&sound.files)?;
    let before = shape.open(place)?.context("opening what is sound")?;
    damage()?;
    Probe { shape, others, place, files, before }.run(random)
}

struct Probe<'a> {
    shape: &'a Shape,
    others: [&'a Shape; 2],
    place: &'a Place,
    files: &'a Files,
    /// A handle from before the damage.
    before: Dataset,
}

impl Probe<'_> {
    fn run(&self, random: &mut Rng) -> Result<Outcome> {
        let outcome = self.look(random)?;
        self.write(&outcome, random).context("a write")?;
        Ok(outcome)
    }

    /// All that only reads.
    fn look(&self, random: &mut Rng) -> Result<Outcome> {
        let (outcome, state) = self.read_all()?;
        // A handle from before has its own version, and nothing else.
        let kept = guarded(|| self.before.read(&ScanOptions::default()))?;
        if let Some(batch) = reported(kept).context("a read of a handle from before")? {
            let sound = self.shape.newest();
            ensure!(batch == sound.columns.batch(&sound.rows.0)?, "a handle from before reads other rows");
        }
        self.check(&outcome)?;
        self.versions(random)?;
        let Some((dataset, state)) = state else { return Ok(outcome) };
        self.info(&dataset, state)?;
        Self::parts(&dataset, state, random)?;
        Ok(outcome)
    }

    /// Opens and reads everything, and finds the state that the rows are of.
    fn read_all(&self) -> Result<(Outcome, Option<(Dataset, &State)>)> {
        let dataset = match guarded(|| flatten(self.shape.open(self.place)))? {
            Ok(dataset) => dataset,
            Err(error) => return Ok((Outcome::Reported(code(&error).context("opening")?), None)),
        };
        if !dataset.exists() {
            ensure!(
                self.newest_named().is_none(),
                "there is no dataset, but version {:?} is named",
                self.newest_named()
            );
            return Ok((Outcome::Nothing, None));
        }
        let snapshot = dataset.snapshot().context("it exists")?;
        let state = self.state_of(snapshot.version, &snapshot.head);
        let state = state.with_context(|| format!("there never was this version {}", snapshot.version))?;
        let is_ours = self.shape.states.iter().any(|ours| std::ptr::eq(ours, state));
        let is_newest = std::ptr::eq(state, self.shape.newest());
        if !is_newest && self.newest_named() != Some(state.version) {
            bail!("version {} is read, but {:?} is named", state.version, self.newest_named());
        }
        let read = guarded(|| dataset.read(&ScanOptions::default()))?;
        match read {
            Err(error) => Ok((Outcome::Reported(code(&error)?), Some((dataset, state)))),
            Ok(batch) => {
                ensure!(batch == state.columns.batch(&state.rows.0)?, "WRONG ROWS of version {}", state.version);
                let outcome = match (is_newest, is_ours) {
                    (true, _) => Outcome::Newest,
                    (false, true) => Outcome::Older,
                    (false, false) => Outcome::Other,
                };
                Ok((outcome, Some((dataset, state))))
            }
        }
    }

    /// The newest version that a record or a witness names.
    fn newest_named(&self) -> Option<u64> {
        let named = self.files.keys().filter(|path| matches!(Kind::of(path), Kind::Record | Kind::Witness));
        named.filter_map(|path| version_in(path)).max()
    }

    /// The state after the commit with this hash. Versions are counted anew after a removal, hashes are not.
    fn state_of(&self, version: u64, head: &str) -> Option<&State> {
        let states = [self.shape].into_iter().chain(self.others).flat_map(|shape| &shape.states);
        states.filter(|state| state.version == version).find(|state| {
            let record = state
                .files
                .iter()
                .find(|(path, _)| Kind::of(path) == Kind::Record && version_in(path) == Some(version));
            record.is_some_and(|(_, bytes)| bytes.ends_with(format!("\n{head}\n").as_bytes()))
        })
    }

    /// The shape that a state belongs to.
    fn owner_of(&self, state: Option<&State>) -> &Shape {
        let has = |shape: &&Shape| state.is_some_and(|state| shape.states.iter().any(|own| std::ptr::eq(own, state)));
        [self.shape].into_iter().chain(self.others).find(has).unwrap_or(self.shape)
    }

    /// What reading finds, a check finds, too.
    fn check(&self, outcome: &Outcome) -> Result<()> {
        let report = match guarded(|| self.before.check(true))? {
            Ok(report) => report,
            Err(error) => return code(&error).map(|_| ()).context("a check"),
        };
        let unread = matches!(outcome, Outcome::Reported(_));
        ensure!(!(unread && report.is_ok()), "reading says {outcome:?}, but a check finds nothing: {report}");
        Ok(())
    }

    /// Older versions are what they were, too.
    fn versions(&self, random: &mut Rng) -> Result<()> {
        let state = &self.shape.states[random.usize(..self.shape.states.len())];
        let older = guarded(|| self.before.version(state.version)?.read(&ScanOptions::default()))?;
        let is_behind = self.newest_named().is_some_and(|named| named < state.version);
        let batch = match older {
            Err(error) if error.code() == EXPIRED && self.shape.expires() => return Ok(()),
            Err(error) if error.code() == UNKNOWN_VERSION && is_behind => return Ok(()),
            older => reported(older).context("a read of an older version")?,
        };
        let of_version = self.shape.states.iter().filter(|other| other.version == state.version);
        let expected = of_version.map(|state| state.columns.batch(&state.rows.0)).collect::<Result<Vec<_>>>()?;
        ensure!(batch.is_none_or(|batch| expected.contains(&batch)), "WRONG ROWS of older version {}", state.version);
        Ok(())
    }

    fn info(&self, dataset: &Dataset, state: &State) -> Result<()> {
        let snapshot = dataset.snapshot().context("it exists")?;
        ensure!(snapshot.key_value_metadata == state.entries, "the metadata differ");
        ensure!(snapshot.num_rows() == state.rows.0.len() as u64, "the number of rows differs");
        let counts = snapshot.row_groups().iter().map(|group| group.num_rows).sum::<u64>();
        ensure!(counts == snapshot.num_rows() && self.keys(snapshot.key.as_ref()), "the summaries differ");
        reported(guarded(|| dataset.log())?).context("the log")?;
        reported(guarded(|| dataset.refresh())?).context("a refresh")?;
        Ok(())
    }

    fn keys(&self, found: Option<&String>) -> bool {
        [self.shape].into_iter().chain(self.others).any(|shape| shape.key() == found)
    }

    /// A range, the rows before it, some columns, small batches.
    fn parts(dataset: &Dataset, state: &State, random: &mut Rng) -> Result<()> {
        let (start, n_prev) = (random.i64(0..=TICKS), random.usize(..4));
        let end = start + random.i64(0..30);
        let range = state.columns.bound(start)..state.columns.bound(end);
        let options = ScanOptions::default().with_range(range).with_n_prev(n_prev).with_batch_size(random.usize(1..50));
        let rows: Vec<Row> = state.rows.scan(start, end, n_prev).to_vec();
        let expected = state.columns.batch(&rows)?;
        if let Some(batch) = reported(guarded(|| dataset.read(&options))?).context("a range")? {
            ensure!(batch == expected, "WRONG ROWS of {start}..{end} with {n_prev} before");
        }
        let mut names = state.columns.names();
        random.shuffle(&mut names);
        names.truncate(random.usize(1..=names.len()));
        let positions = names.iter().map(|name| expected.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
        if let Some(batch) =
            reported(guarded(|| dataset.read(&options.with_columns(names)))?).context("some columns")?
        {
            ensure!(batch == expected.project(&positions)?, "WRONG ROWS of some columns");
        }
        Ok(())
    }

    /// A merge either says what is wrong and changes nothing, or it is a merge into what was there.
    fn write(&self, outcome: &Outcome, random: &mut Rng) -> Result<()> {
        let Ok(Ok(dataset)) = self.shape.open(self.place) else { return Ok(()) };
        let seen = dataset.snapshot();
        let state = seen.as_ref().map(|seen| self.state_of(seen.version, &seen.head).context("a state")).transpose()?;
        let columns = &state.unwrap_or(self.shape.newest()).columns;
        let count = random.usize(1..5);
        let incoming = some_rows(random, count, random.clone().i64(0..TICKS), columns.evolved);
        let batch = columns.batch(&incoming)?;
        // A dataset that stands here with its whole log brings its settings along.
        let owner = self.owner_of(state);
        let written = guarded(|| dataset.write(batch, &owner.options()))?;
        let mut rows = state.map(|state| state.rows.clone()).unwrap_or_default();
        if reported(written)?.is_some() {
            rows.merge(&incoming, owner.same());
        }
        let again = match guarded(|| flatten(self.shape.open(self.place))?.read(&ScanOptions::default()))? {
            Ok(batch) => batch,
            Err(error) => return code(&error).map(|_| ()).context("reading after it"),
        };
        let unread = matches!(outcome, Outcome::Reported(_));
        // What could not be read before cannot be read now, unless the write found it whole or did not need it.
        ensure!(again == columns.batch(&rows.0)?, "WRONG ROWS after a write, which was {unread:?} before");
        Ok(())
    }
}

fn flatten(opened: Result<varvite_dataset::Result<Dataset>>) -> varvite_dataset::Result<Dataset> {
    opened.unwrap_or_else(|error| unreachable!("the place can be opened: {error}"))
}

fn guarded<T>(ask: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(ask)).map_err(|_| anyhow::anyhow!("PANIC"))
}

/// The code of an error, if it is one that says that something is wrong with the files.
fn code(error: &Error) -> Result<&'static str> {
    let code = error.code();
    ensure!(REPORTS.contains(&code), "an unexpected error: {code}: {error}: {error:?}");
    Ok(code)
}

/// The answer; `None` if there was an error that says what is wrong.
fn reported<T>(answer: varvite_dataset::Result<T>) -> Result<Option<T>> {
    answer.map(Some).or_else(|error| code(&error).map(|_| None))
}

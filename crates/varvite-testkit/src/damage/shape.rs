//! [`Shape`]: a dataset written in some way, with every state that its files have been in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use varvite_dataset::{
    Compact, Compression, Dataset, Duplicates, Mode, Retention, ScanOptions, VacuumOptions, WriteOptions,
};
use varvite_storage::{MemoryStorage, Storage, StoragePath};

use super::columns::{Columns, ORDERED_TYPES, TICKS};
use super::tree::{DATASET, Files, Place};
use crate::model::{Row, Rows, Same};

/// How many shapes there are: each ordered type in two datasets.
pub const SHAPES: usize = 2 * ORDERED_TYPES;

/// More random bits than a dataset takes.
const NAMES: usize = 10_000;

/// What distinguishes a dataset from others.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each trait is there or not, whatever the others are")]
pub struct Traits {
    compression: Compression,
    /// Rows of a row group.
    target: u64,
    same: Same,
    /// Enough commits for a checkpoint or two.
    commits: usize,
    /// A write of many pages and blocks.
    big: bool,
    key: Option<String>,
    /// The dataset gets columns in the middle.
    evolves: bool,
    /// Old records and files are removed.
    expires: bool,
    /// The dataset was removed once and written anew.
    anew: bool,
}

/// A dataset with its history.
#[derive(Debug)]
pub struct Shape {
    /// What it is like.
    pub traits: Traits,
    /// After each commit, the first one first.
    pub states: Vec<State>,
}

/// The files after a commit, and what they hold.
#[derive(Debug, Clone)]
pub struct State {
    /// All files.
    pub files: Files,
    /// The version committed last.
    pub version: u64,
    /// Its rows.
    pub rows: Rows,
    /// The columns that they have.
    pub columns: Columns,
    /// The metadata.
    pub entries: BTreeMap<String, String>,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let newest = self.newest();
        let (traits, columns) = (&self.traits, newest.columns.names().join(" "));
        write!(f, "ordered on {}, columns {columns}, {} files, ", newest.columns.ordered(), newest.files.len())?;
        write!(f, "{} rows, version {}, {traits:?}", newest.rows.0.len(), newest.version)
    }
}

impl Traits {
    fn new(number: usize, random: &mut Rng) -> Self {
        let compressions = [Compression::None, Compression::Snappy, Compression::Lz4, Compression::Zstd];
        let (many, big) = (random.bool(), number % 13 == 5);
        Self {
            compression: compressions[random.usize(..4)],
            target: match (many, random.u64(2..9)) {
                (false, _) => 1 << 20,
                (true, _) if big => 10_000,
                (true, few) => few,
            },
            same: [Same::Never, Same::Time, Same::TimeAndKey][random.usize(..3)],
            commits: match number % 9 {
                2 if number.is_multiple_of(2) => 130,
                2 => 67,
                _ => random.usize(1..9),
            },
            big,
            key: random.bool().then(|| format!("Station:x/d{}", number % 3)),
            evolves: number % 5 == 1,
            expires: number % 10 == 3 || number == 20,
            anew: number % 17 == 4,
        }
    }
}

impl Shape {
    /// Builds shape `number`. Its `twin` is like it, but holds other rows.
    ///
    /// # Errors
    /// If the engine does not store what it is given.
    pub fn build(seed: u64, number: usize, twin: bool) -> Result<Self> {
        let mut random = Rng::with_seed(seed ^ (number as u64) << 32);
        let traits = Traits::new(number, &mut random);
        let columns = Columns::new(number, &mut random);
        random = if twin { Rng::with_seed(random.u64(..)) } else { random };
        let mut builder = Builder::new(traits, columns, random, (2 * number + usize::from(twin)) * NAMES);
        builder.run().with_context(|| format!("building shape {number}"))?;
        Ok(Self { traits: builder.traits, states: builder.states })
    }

    /// The last state.
    pub fn newest(&self) -> &State {
        self.states.last().unwrap_or_else(|| unreachable!("a shape has at least one commit"))
    }

    /// Opens the dataset.
    ///
    /// # Errors
    /// As the engine says.
    pub fn open(&self, place: &Place) -> Result<varvite_dataset::Result<Dataset>> {
        open(place, self.traits.key.as_ref())
    }

    /// The key that the dataset belongs to.
    pub fn key(&self) -> Option<&String> {
        self.traits.key.as_ref()
    }

    /// Whether old versions go.
    pub fn expires(&self) -> bool {
        self.traits.expires
    }

    /// What counts as the same row.
    pub fn same(&self) -> Same {
        self.traits.same
    }

    /// How its rows are written.
    pub fn options(&self) -> WriteOptions {
        let options = WriteOptions::ordered_on("t")
            .with_row_group_target_size(self.traits.target)
            .with_compression(self.traits.compression);
        match self.traits.same {
            Same::Time => options.with_duplicates_on(Duplicates::on(["t"])),
            Same::TimeAndKey => options.with_duplicates_on(Duplicates::on(["k"])),
            _ => options,
        }
    }
}

fn open(place: &Place, key: Option<&String>) -> Result<varvite_dataset::Result<Dataset>> {
    Ok(Dataset::at(place.storage()?, StoragePath::try_new(DATASET)?, key.cloned()))
}

/// Rows at ticks from `first` on, in order; odd values are of columns that came later.
pub fn some_rows(random: &mut Rng, count: usize, first: i64, later: bool) -> Vec<Row> {
    let value = |random: &mut Rng| 2 * random.i64(0..500_000) + i64::from(later);
    let mut rows: Vec<Row> = (0..count).map(|_| (random.i64(first..=TICKS), random.i64(0..4), value(random))).collect();
    rows.sort_by_key(|row| row.0);
    rows
}

struct Builder {
    traits: Traits,
    random: Rng,
    storage: MemoryStorage,
    shape: Shape,
    states: Vec<State>,
    rows: Rows,
    columns: Columns,
    entries: BTreeMap<String, String>,
}

impl Builder {
    fn new(traits: Traits, columns: Columns, mut random: Rng, first_name: usize) -> Self {
        let storage = MemoryStorage::new();
        // The storage's own randomness is the same in each run: no two datasets shall have the same names.
        for _ in 0..first_name + usize::from(random.u8(1..50)) {
            let _ = storage.random();
        }
        let shape = Shape { traits: traits.clone(), states: Vec::new() };
        let (rows, entries) = (Rows::default(), BTreeMap::new());
        Self { traits, random, storage, shape, states: Vec::new(), rows, columns, entries }
    }

    fn open(&self) -> Result<Dataset> {
        Ok(open(&Place::Memory(self.storage.clone()), self.traits.key.as_ref())??)
    }

    fn run(&mut self) -> Result<()> {
        let mut dataset = self.open()?;
        self.write(&dataset, Mode::Merge)?;
        if self.traits.anew {
            dataset.remove()?;
            (self.rows, self.entries) = (Rows::default(), BTreeMap::new());
            dataset = self.open()?;
            self.write(&dataset, Mode::Merge)?;
        }
        for commit in 1..self.traits.commits {
            if self.random.u8(..4) == 0 {
                dataset = self.open()?;
            }
            if self.traits.evolves && commit == self.traits.commits.div_ceil(2) {
                self.columns.evolved = true;
                self.write(&dataset, Mode::Merge)?;
            }
            self.commit(&dataset)?;
        }
        if self.traits.expires {
            let vacuum = VacuumOptions::default().with_retention(Retention::NEWEST).with_log_expiry(true);
            let _ = dataset.vacuum(&vacuum)?;
            self.note(&dataset)?;
            self.write(&dataset, Mode::Merge)?;
        }
        self.compare(&dataset)
    }

    fn commit(&mut self, dataset: &Dataset) -> Result<()> {
        match self.random.u8(..16) {
            0 => self.write(dataset, Mode::Append),
            1 if !self.traits.big => self.write(dataset, Mode::Overwrite),
            2 => {
                let (start, end) = self.range();
                let range = self.columns.bound(start)..self.columns.bound(end);
                self.rows.0.retain(|row| row.0 < start || row.0 >= end);
                let _ = dataset.delete_range(range, &WriteOptions::default())?;
                self.note(dataset)
            }
            3 => {
                let _ = dataset.compact(Compact::Everything, &WriteOptions::default())?;
                self.note(dataset)
            }
            4 => {
                dataset.tag(format!("tag{}", self.random.u8(..3)), None)?;
                self.note(dataset)
            }
            5 => {
                let (name, value) = (format!("entry{}", self.random.u8(..3)), self.random.u64(..).to_string());
                let _ =
                    dataset.write(self.columns.batch(&[])?, &WriteOptions::default().with_metadata(&name, &value))?;
                self.entries.insert(name, value);
                self.note(dataset)
            }
            6 => self.replace(dataset),
            7 => self.delete_keys(dataset),
            8 => {
                let _ = dataset.compact(Compact::OffTarget, &WriteOptions::default())?;
                self.note(dataset)
            }
            9 if self.traits.expires => {
                let _ = dataset.vacuum(&VacuumOptions::default().with_retention(Retention::NEWEST))?;
                self.note(dataset)
            }
            _ => self.write(dataset, Mode::Merge),
        }
    }

    fn replace(&mut self, dataset: &Dataset) -> Result<()> {
        let (start, end) = self.range();
        let (end, count) = (end + 1, self.random.usize(0..8));
        let mut rows = some_rows(&mut self.random, count, start, self.columns.evolved);
        rows.retain(|row| row.0 < end);
        let range = self.columns.bound(start)..self.columns.bound(end);
        let _ = dataset.replace_range(range, self.columns.batch(&rows)?, &self.shape.options())?;
        self.rows.replace(start, end, &rows, self.traits.same);
        self.note(dataset)
    }

    /// Some of the stored rows, and one that is not stored.
    fn delete_keys(&mut self, dataset: &Dataset) -> Result<()> {
        let mut doomed = some_rows(&mut self.random, 1, 0, self.columns.evolved);
        let random = &mut self.random;
        doomed.extend(self.rows.0.iter().copied().filter(|_| random.u8(..6) == 0));
        doomed.sort_by_key(|row| row.0);
        let keys = self.columns.batch(&doomed)?.project(&[0, 1])?;
        let _ = dataset.delete_keys(keys, &WriteOptions::default())?;
        let doomed: BTreeSet<(i64, i64)> = doomed.iter().map(|row| (row.0, row.1)).collect();
        self.rows.0.retain(|row| !doomed.contains(&(row.0, row.1)));
        self.note(dataset)
    }

    fn range(&mut self) -> (i64, i64) {
        let start = self.random.i64(0..TICKS);
        (start, start + self.random.i64(0..10))
    }

    fn write(&mut self, dataset: &Dataset, mode: Mode) -> Result<()> {
        let same = self.traits.same;
        let first = match self.rows.0.last() {
            Some(newest) if mode == Mode::Append => newest.0 + i64::from(same != Same::Never),
            _ => 0,
        };
        if first > TICKS {
            return Ok(());
        }
        let is_big = self.traits.big && self.states.is_empty();
        let count = if is_big { 30_000 } else { self.random.usize(1..25) };
        let rows = some_rows(&mut self.random, count, first, self.columns.evolved);
        let batch = self.columns.batch(&rows)?;
        let options = self.shape.options().with_mode(mode).with_evolution(self.columns.evolved);
        let _ = dataset.write(batch, &options)?;
        match mode {
            Mode::Merge => drop(self.rows.merge(&rows, same)),
            Mode::Append => self.rows.append(&rows, same),
            _ => self.rows.overwrite(&rows, same),
        }
        self.note(dataset)
    }

    /// Compares what is stored with the model.
    fn compare(&self, dataset: &Dataset) -> Result<()> {
        let found = dataset.read(&ScanOptions::default())?;
        let expected = self.columns.batch(&self.rows.0)?;
        let differs = |at: &usize| found.column(*at) != expected.column(*at);
        if found != expected {
            let first = (0..found.num_columns().min(expected.num_columns())).find(differs);
            let counts = (found.num_rows(), expected.num_rows());
            bail!("the dataset and the model differ: {counts:?} rows, column {first:?} of {}", found.schema());
        }
        Ok(())
    }

    /// Keeps the state that the files are in.
    fn note(&mut self, dataset: &Dataset) -> Result<()> {
        let snapshot = dataset.snapshot().context("nothing is stored")?;
        let files = self.storage.files().into_iter().map(|(path, bytes)| (path.to_string(), bytes)).collect();
        // What changed nothing was not committed.
        self.states.pop_if(|before| before.version == snapshot.version && before.files == files);
        self.states.push(State {
            files,
            version: snapshot.version,
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            entries: self.entries.clone(),
        });
        Ok(())
    }
}

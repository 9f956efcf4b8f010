//! Random sequences of writes: what to write, how, and what the dataset must be afterwards.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampSecondArray};
use arrow::datatypes::{Int64Type, TimestampSecondType};
use proptest::prelude::*;
use varvite_dataset::{
    Dataset, Duplicates, Mode, OrderedValue, RowGroupTarget, ScanOptions, Snapshot, WriteOptions, WriteReport,
};
use varvite_storage::{MemoryStorage, StoragePath};

use crate::model::{Row, Rows, Same};

/// A sequence of writes to one dataset.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// Whether the ordered column is a timestamp, so that row groups may be periods.
    pub temporal: bool,
    /// What counts as the same row, in every write.
    pub same: Same,
    /// The writes.
    pub writes: Vec<OneWrite>,
    /// Start, end and earlier rows of a scan at the end.
    pub scan: (i64, i64, usize),
}

/// One write of a sequence.
#[derive(Debug, Clone)]
pub struct OneWrite {
    /// How rows meet stored ones.
    pub mode: Mode,
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// Rows a row group aims for, or quarters of a day.
    pub target: u64,
    /// Whether the target is a period.
    pub by_period: bool,
    /// How many row groups off target are tolerated.
    pub max_n_off_target: Option<usize>,
    /// An entry of the metadata to set or remove.
    pub metadata: Option<Option<String>>,
    /// Whether the rows come in batches of this size.
    pub batch_rows: usize,
    /// Whether the dataset is opened anew before.
    pub reopen: bool,
}

/// Sequences with many ties, late and repeated rows.
pub fn sequences() -> impl Strategy<Value = Sequence> {
    let same = prop_oneof![Just(Same::Never), Just(Same::Time), Just(Same::TimeAndKey), Just(Same::All)];
    (any::<bool>(), same, prop::collection::vec(write(), 1..7), (-1..26_i64, -1..26_i64, 0..6_usize))
        .prop_map(|(temporal, same, writes, scan)| Sequence { temporal, same, writes, scan })
}

fn write() -> impl Strategy<Value = OneWrite> {
    let mode = prop_oneof![8 => Just(Mode::Merge), 2 => Just(Mode::Append), 1 => Just(Mode::Overwrite)];
    let row = (0..24_i64, 0..3_i64, 0..3_i64);
    let rows = prop::collection::vec(row, 0..14).prop_map(|mut rows: Vec<Row>| {
        rows.sort_by_key(|row| row.0);
        rows
    });
    let metadata = prop::option::weighted(0.2, prop::option::of("[ab]?"));
    (mode, rows, 1..7_u64, any::<bool>(), prop::option::of(0..3_usize), metadata, 1..6_usize, any::<bool>()).prop_map(
        |(mode, rows, target, by_period, max_n_off_target, metadata, batch_rows, reopen)| OneWrite {
            mode,
            rows,
            target,
            by_period,
            max_n_off_target,
            metadata,
            batch_rows,
            reopen,
        },
    )
}

/// Six hours: four values of `t` make a day.
const STEP_SECONDS: i64 = 6 * 3600;

impl Sequence {
    /// Writes everything to a dataset in memory and compares it with the model after every step.
    ///
    /// # Errors
    /// The first difference.
    pub fn run(&self) -> Result<()> {
        let storage = MemoryStorage::new();
        let open = || Dataset::at(Arc::new(storage.clone()), StoragePath::try_new("d")?, None).context("opening");
        let mut dataset = open()?;
        let mut model = Rows::default();
        let mut metadata: Option<String> = None;
        for (at, write) in self.writes.iter().enumerate() {
            if write.reopen {
                dataset = open()?;
            }
            self.step(&dataset, write, &mut model, &mut metadata).with_context(|| format!("write {at}"))?;
        }
        self.scan(&dataset, &model)?;
        ensure!(dataset.check(true)?.is_ok(), "the check finds damage");
        Ok(())
    }

    fn step(&self, dataset: &Dataset, write: &OneWrite, model: &mut Rows, metadata: &mut Option<String>) -> Result<()> {
        let before = dataset.snapshot();
        let rows = self.incoming(write, model);
        let options = self.options(write).with_mode(write.mode);
        let batches: Vec<RecordBatch> = rows.chunks(write.batch_rows).map(|rows| self.batch(rows)).collect();
        let batches = if batches.is_empty() { vec![self.batch(&[])] } else { batches };
        let report = dataset.write(batches, &options)?;
        if let Some(change) = &write.metadata {
            metadata.clone_from(change);
        }
        self.expect(&report, write.mode, &rows, model)?;
        let after = dataset.snapshot().context("nothing is stored")?;
        ensure!(after.key_value_metadata.get("entry") == metadata.as_ref(), "the metadata differ");
        ensure!(self.rows(&dataset.read(&ScanOptions::default())?) == model.0, "rows differ: {:?}", model.0);
        Self::layout(before.as_deref(), &after, &report, &options)
    }

    /// The rows of a write; those of an append are moved behind the newest stored one, or up to it where nothing counts
    /// as the same: an append does not look for duplicates among stored rows.
    fn incoming(&self, write: &OneWrite, model: &Rows) -> Vec<Row> {
        let newest = model.0.last().map_or(0, |row| row.0 + i64::from(self.same != Same::Never));
        let moved = if write.mode == Mode::Append { newest } else { 0 };
        write.rows.iter().map(|row| (row.0 + moved, row.1, row.2)).collect()
    }

    /// Brings the model up to date and compares the report with what it says.
    fn expect(&self, report: &WriteReport, mode: Mode, rows: &[Row], model: &mut Rows) -> Result<()> {
        let sum = report.inserted + report.updated + report.identical + report.dropped;
        ensure!(report.rows_in == rows.len() as u64 && report.rows_in == sum, "counts do not add up: {report:?}");
        match mode {
            Mode::Merge => {
                let counts = model.merge(rows, self.same);
                let found = (report.inserted, report.updated, report.identical, report.dropped, report.late);
                let wanted = (counts.inserted, counts.updated, counts.identical, counts.dropped, counts.late);
                ensure!(found == wanted, "reported {found:?} instead of {wanted:?}");
            }
            Mode::Append => model.append(rows, self.same),
            _ => model.overwrite(rows, self.same),
        }
        Ok(())
    }

    /// Row groups partition the rows in order, keep to the target that they were written with, and stay where nothing
    /// was written.
    fn layout(before: Option<&Snapshot>, after: &Snapshot, report: &WriteReport, options: &WriteOptions) -> Result<()> {
        let old: Vec<&str> =
            before.map_or(Vec::new(), |before| before.files.iter().map(|file| file.name.as_str()).collect());
        let is_new = |name: &str| !old.contains(&name);
        for file in &after.files {
            ensure!(file.num_rows > 0 && file.min <= file.max, "{} is empty or upside down", file.name);
            match options.row_group_target_size {
                _ if !is_new(&file.name) => {}
                Some(RowGroupTarget::Rows(rows)) => ensure!(file.num_rows <= rows, "{} is too large", file.name),
                Some(RowGroupTarget::Period(period)) => {
                    let tile = |value: &OrderedValue| {
                        after.ordered_type.as_ref().and_then(|ordered| ordered.tile(period, value))
                    };
                    ensure!(tile(&file.min) == tile(&file.max), "{} crosses a period", file.name);
                }
                None => {}
            }
        }
        let in_order = after.files.iter().is_sorted_by(|a, b| a.name < b.name && a.max <= b.min);
        ensure!(in_order, "row groups overlap");
        let new = after.files.iter().filter(|file| is_new(&file.name)).count() as u64;
        let kept = after.files.len() as u64 - new;
        ensure!(report.row_groups_new == new && report.row_groups_kept == kept, "{report:?}: {new} new, {kept} kept");
        ensure!(report.row_groups_rewritten == old.len() as u64 - kept, "{report:?}: rewritten");
        Ok(())
    }

    fn scan(&self, dataset: &Dataset, model: &Rows) -> Result<()> {
        let (start, end, n_prev) = self.scan;
        let unit = if self.temporal { STEP_SECONDS } else { 1 };
        let options =
            ScanOptions::default().with_range(start * unit..end * unit).with_n_prev(n_prev).with_batch_size(3);
        let found = self.rows(&dataset.read(&options)?);
        let wanted = model.scan(start, end, n_prev);
        ensure!(
            found == wanted,
            "a scan of {start}..{end} with {n_prev} earlier rows gives {found:?} instead of {wanted:?}"
        );
        let columns = dataset.read(&options.with_columns(["v", "t"]))?;
        ensure!(columns.num_rows() == wanted.len(), "a scan of some columns gives other rows");
        Ok(())
    }

    fn options(&self, write: &OneWrite) -> WriteOptions {
        let target = if write.by_period && self.temporal {
            varvite_time::Period::try_new(6 * write.target, varvite_time::PeriodUnit::Hour).map(RowGroupTarget::Period)
        } else {
            Ok(RowGroupTarget::Rows(write.target))
        };
        let duplicates = match self.same {
            Same::Never => Duplicates::KeepAll,
            Same::Time => Duplicates::on(["t"]),
            Same::TimeAndKey => Duplicates::on(["k"]),
            Same::All => Duplicates::AllColumns,
        };
        let options = WriteOptions::ordered_on("t")
            .with_row_group_target_size(target.unwrap_or_default())
            .with_duplicates_on(duplicates)
            .with_max_n_off_target_rgs(write.max_n_off_target);
        match &write.metadata {
            None => options,
            Some(None) => options.without_metadata("entry"),
            Some(Some(value)) => options.with_metadata("entry", value),
        }
    }

    fn batch(&self, rows: &[Row]) -> RecordBatch {
        let column = |get: fn(&Row) -> i64| Arc::new(rows.iter().map(get).collect::<Int64Array>()) as ArrayRef;
        let t: ArrayRef = if self.temporal {
            Arc::new(rows.iter().map(|row| Some(row.0 * STEP_SECONDS)).collect::<TimestampSecondArray>())
        } else {
            column(|row| row.0)
        };
        let columns = [("t", t), ("k", column(|row| row.1)), ("v", column(|row| row.2))];
        RecordBatch::try_from_iter(columns).unwrap_or_else(|error| unreachable!("equal lengths: {error}"))
    }

    fn rows(&self, batch: &RecordBatch) -> Vec<Row> {
        let ints = |at: usize| batch.column(at).as_primitive::<Int64Type>().values().to_vec();
        if batch.num_columns() == 0 {
            return Vec::new();
        }
        let t: Vec<i64> = if self.temporal {
            batch.column(0).as_primitive::<TimestampSecondType>().values().iter().map(|t| t / STEP_SECONDS).collect()
        } else {
            ints(0)
        };
        let (k, v) = (ints(1), ints(2));
        (0..batch.num_rows()).map(|row| (t[row], k[row], v[row])).collect()
    }
}

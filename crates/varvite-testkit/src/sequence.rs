//! Random sequences of writes: what to write, how, and what the dataset must be afterwards.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arrow::array::RecordBatch;
use proptest::prelude::*;
use varvite_dataset::{Dataset, Mode, OrderedValue, RowGroupTarget, ScanOptions, Snapshot, WriteOptions, WriteReport};
use varvite_storage::{MemoryStorage, StoragePath};

use crate::model::{Row, Rows};
use crate::shape::{Columns, Shape, shapes};

/// A sequence of writes to one dataset.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// What stays the same in all writes.
    pub shape: Shape,
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
    (shapes(), prop::collection::vec(write(), 1..7), (-1..26_i64, -1..26_i64, 0..6_usize))
        .prop_map(|(shape, writes, scan)| Sequence { shape, writes, scan })
}

/// Writes of up to 13 rows.
pub(crate) fn write() -> impl Strategy<Value = OneWrite> {
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
        let options = self.shape.options(write).with_mode(write.mode);
        let batches: Vec<RecordBatch> =
            rows.chunks(write.batch_rows).map(|rows| self.shape.batch(rows, Columns::PLAIN)).collect();
        let batches = if batches.is_empty() { vec![self.shape.batch(&[], Columns::PLAIN)] } else { batches };
        let report = dataset.write(batches, &options)?;
        if let Some(change) = &write.metadata {
            metadata.clone_from(change);
        }
        self.expect(&report, write.mode, &rows, model)?;
        let after = dataset.snapshot().context("nothing is stored")?;
        ensure!(after.key_value_metadata.get("entry") == metadata.as_ref(), "the metadata differ");
        ensure!(self.shape.rows(&dataset.read(&ScanOptions::default())?) == model.0, "rows differ: {:?}", model.0);
        Self::layout(before.as_deref(), &after, &report, &options)
    }

    /// The rows of a write; those of an append are moved behind the newest stored one, or up to it where nothing counts
    /// as the same: an append does not look for duplicates among stored rows.
    fn incoming(&self, write: &OneWrite, model: &Rows) -> Vec<Row> {
        let newest = model.0.last().map_or(0, |row| row.0 + self.shape.least_step());
        let moved = if write.mode == Mode::Append { newest } else { 0 };
        write.rows.iter().map(|row| (row.0 + moved, row.1, row.2)).collect()
    }

    /// Brings the model up to date and compares the report with what it says.
    fn expect(&self, report: &WriteReport, mode: Mode, rows: &[Row], model: &mut Rows) -> Result<()> {
        let sum = report.inserted + report.updated + report.identical + report.dropped;
        ensure!(report.rows_in == rows.len() as u64 && report.rows_in == sum, "counts do not add up: {report:?}");
        match mode {
            Mode::Merge => {
                let counts = model.merge(rows, self.shape.same);
                let found = (report.inserted, report.updated, report.identical, report.dropped, report.late);
                let wanted = (counts.inserted, counts.updated, counts.identical, counts.dropped, counts.late);
                ensure!(found == wanted, "reported {found:?} instead of {wanted:?}");
            }
            Mode::Append => model.append(rows, self.shape.same),
            _ => model.overwrite(rows, self.shape.same),
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
        let options =
            ScanOptions::default().with_range(self.shape.range(start, end)).with_n_prev(n_prev).with_batch_size(3);
        let found = self.shape.rows(&dataset.read(&options)?);
        let wanted = model.scan(start, end, n_prev);
        ensure!(
            found == wanted,
            "a scan of {start}..{end} with {n_prev} earlier rows gives {found:?} instead of {wanted:?}"
        );
        let columns = dataset.read(&options.with_columns(["v", "t"]))?;
        ensure!(columns.num_rows() == wanted.len(), "a scan of some columns gives other rows");
        Ok(())
    }
}

//! Runs become files: reads what is stored, merges, cuts, encodes, and puts each file under its final name.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::cut::{Cutter, Group};
use super::duplicates::DuplicateKey;
use super::incoming::Incoming;
use super::keep::Keep;
use super::merge::{Merge, StoredRows, Tally};
use super::origins::Origins;
use super::plan::Run;
use super::put_away::PutAway;
use crate::file::{self, CurrentFile, EncodeRequest, Portions};
use crate::log::{Log, data_file_name, order_between};
use crate::{ColumnPath, Compression, DataFile, Files, Ordered, Result, RowGroupTarget, Snapshot};

/// All that executing needs, decided before.
pub(crate) struct Execution<'a> {
    pub(crate) log: &'a Log,
    pub(crate) dataset_id: &'a str,
    /// How many versions there were when the plan was made.
    pub(crate) base: u64,
    pub(crate) snapshot: Option<&'a Snapshot>,
    pub(crate) files: &'a Files,
    pub(crate) schema: &'a arrow::datatypes::SchemaRef,
    pub(crate) ordered_on: &'a ColumnPath,
    pub(crate) key: Option<&'a DuplicateKey>,
    pub(crate) target: RowGroupTarget,
    pub(crate) compression: Compression,
    /// Which stored rows of the runs stay.
    pub(crate) keep: Keep<'a>,
}

/// What executing left in the data folder, invisible to readers until it is committed.
#[derive(Debug, Default)]
pub(crate) struct Executed {
    pub(crate) added: Vec<Arc<DataFile>>,
    /// Names of those that are durable already.
    pub(crate) durable: Vec<String>,
    pub(crate) removed: Vec<String>,
    pub(crate) tally: Tally,
    pub(crate) rewritten: u64,
    pub(crate) coalesced: u64,
    pub(crate) bytes_read: u64,
    /// Whether every run holds the rows that were stored there, in the same order.
    pub(crate) unchanged: bool,
}

impl Execution<'_> {
    /// Carries out `runs`. On an error every file written so far is removed again.
    pub(crate) fn execute(&self, runs: &[Run], incoming: &Incoming) -> Result<Executed> {
        let mut executed = Executed { unchanged: true, ..Executed::default() };
        match self.execute_runs(runs, incoming, &mut executed) {
            Ok(durable) => Ok(Executed { durable, ..executed }),
            Err(error) => {
                discard(self.log, &executed.added);
                Err(error)
            }
        }
    }

    /// Carries out `runs`, and tells which files are durable already.
    fn execute_runs(&self, runs: &[Run], incoming: &Incoming, executed: &mut Executed) -> Result<Vec<String>> {
        let mut put_away = PutAway::new(self.log);
        for run in runs {
            self.execute_run(run, incoming, executed, &mut put_away)?;
        }
        put_away.finish()
    }

    fn execute_run(
        &self,
        run: &Run,
        incoming: &Incoming,
        executed: &mut Executed,
        put_away: &mut PutAway<'_>,
    ) -> Result<()> {
        let files = self.files;
        let read = run.row_groups.clone().filter(|at| !self.keep.drops_all_of(&files[*at]));
        executed.bytes_read += read.clone().map(|at| files[at].len).sum::<u64>();
        let stored = read.flat_map(|at| self.read_row_group(at));
        let slices = incoming.slices(run.rows.clone());
        let mut merge = Merge::new(self.schema, self.ordered_on, self.key, stored, slices)?;
        let mut output = Output::new(self, run, executed, put_away);
        let mut cutter = Cutter::new(self.target);
        while let Some(merged) = merge.next()? {
            output.follow(&merged.origins);
            for group in cutter.push(&merged) {
                output.put(&group)?;
            }
        }
        if let Some(group) = cutter.finish() {
            output.put(&group)?;
        }
        output.finish();
        executed.tally.inserted += merge.tally.inserted;
        executed.tally.updated += merge.tally.updated;
        executed.tally.identical += merge.tally.identical;
        Ok(())
    }

    /// The stored rows of a row group that stay.
    fn read_row_group(&self, at: usize) -> Box<dyn Iterator<Item = Result<StoredRows>> + '_> {
        let mut first_row = 0;
        match self.open(at) {
            Err(error) => Box::new(std::iter::once(Err(error))),
            Ok(batches) => Box::new(batches.flat_map(move |batch| {
                let rows = batch.and_then(|batch| self.kept(at, first_row, &batch));
                match rows {
                    Err(error) => vec![Err(error)],
                    Ok((read, kept)) => {
                        first_row += read;
                        kept.into_iter().map(Ok).collect()
                    }
                }
            })),
        }
    }

    fn open(&self, at: usize) -> Result<Box<dyn Iterator<Item = Result<RecordBatch>> + Send>> {
        let Some(snapshot) = self.snapshot else { return Ok(Box::new(std::iter::empty())) };
        let stored = self.log.stored_file(&snapshot.files[at].name)?;
        CurrentFile::open(stored, &snapshot.files[at], snapshot, self.schema)?.batches(None, None, Portions::default())
    }

    /// The rows of a batch that stay, and how many it had.
    fn kept(&self, row_group: usize, first_row: u64, batch: &RecordBatch) -> Result<(u64, Vec<StoredRows>)> {
        let place = |rows: Range<usize>| StoredRows {
            batch: batch.slice(rows.start, rows.len()),
            row_group,
            first_row: first_row + rows.start as u64,
        };
        let kept = match &self.keep {
            Keep::All => vec![place(0..batch.num_rows())],
            keep => {
                let ordered = Ordered::unchecked(batch, self.ordered_on)?;
                keep.stretches(batch, &ordered)?.into_iter().map(place).collect()
            }
        };
        Ok((batch.num_rows() as u64, kept))
    }

    fn write_file(
        &self,
        group: &Group,
        left: Option<&str>,
        right: Option<&str>,
        put_away: &mut PutAway<'_>,
    ) -> Result<Arc<DataFile>> {
        let Some((min, max)) = group.bounds.clone() else {
            unreachable!("a row group that is written has rows");
        };
        let encoded = file::encode(&EncodeRequest {
            schema: self.schema,
            ordered_on: self.ordered_on,
            compression: self.compression,
            dataset_id: self.dataset_id,
            batches: &group.batches,
        })?;
        let order = order_between(left, right, min.image());
        let name = data_file_name(&order, self.base, self.log.storage().random());
        let file = Arc::new(DataFile {
            name,
            len: encoded.len,
            end: encoded.end,
            tail: encoded.tail,
            sum: encoded.sum,
            num_rows: group.num_rows,
            min,
            max,
        });
        put_away.put(&file.name, encoded.bytes)?;
        Ok(file)
    }
}

/// Removes files that no commit names, as far as that is possible.
pub(crate) fn discard(log: &Log, files: &[Arc<DataFile>]) {
    for file in files {
        let removed = log.data_path(&file.name).map(|path| log.storage().delete(&path));
        if !matches!(removed, Ok(Ok(()))) {
            log.expect_leftovers();
            tracing::warn!(file = file.name, "a file that no version needs could not be removed");
        }
    }
}

/// The row groups of one run, as they are written or found to be stored already.
struct Output<'a, 'b> {
    execution: &'a Execution<'a>,
    run: &'a Run,
    executed: &'a mut Executed,
    put_away: &'a mut PutAway<'b>,
    reused: Vec<usize>,
    /// Name of the file before the next one.
    left: Option<String>,
    /// The first stored row group of which no row was seen yet.
    unseen: usize,
    /// The place that the next row has if nothing changed.
    expected: (usize, u64),
    unchanged: bool,
}

impl<'a, 'b> Output<'a, 'b> {
    fn new(
        execution: &'a Execution<'a>,
        run: &'a Run,
        executed: &'a mut Executed,
        put_away: &'a mut PutAway<'b>,
    ) -> Self {
        let before = run.row_groups.start.checked_sub(1).and_then(|at| execution.files.get(at));
        Self {
            execution,
            run,
            executed,
            put_away,
            reused: Vec::new(),
            left: before.map(|file| file.name.clone()),
            unseen: run.row_groups.start,
            expected: (run.row_groups.start, 0),
            unchanged: true,
        }
    }

    /// Compares the places of the next rows with those of an unchanged run.
    fn follow(&mut self, origins: &Origins) {
        for (first, rows) in origins.stretches(0..origins.len()) {
            self.unchanged &= first == Some(self.expected);
            let Some((group, row)) = first else { continue };
            let next = row + rows as u64;
            let num_rows = self.execution.files.get(group).map_or(0, |file| file.num_rows);
            self.expected = if next >= num_rows { (group + 1, 0) } else { (group, next) };
            self.unseen = self.unseen.max(group + 1);
        }
    }

    fn put(&mut self, group: &Group) -> Result<()> {
        let files = self.execution.files;
        let stored = group.equals(|at| files.get(at).map(|file| file.num_rows));
        // Equal rows that changed places may ask for stored row groups in another order: those are written anew.
        let follows = |at: &usize| self.left.as_ref().is_none_or(|left| *left < files[*at].name);
        if let Some(at) = stored.filter(follows) {
            self.left = Some(files[at].name.clone());
            self.reused.push(at);
            return Ok(());
        }
        // Files of which no row stays are no neighbours.
        while self.unseen < self.run.row_groups.end && self.execution.keep.drops_all_of(&files[self.unseen]) {
            self.unseen += 1;
        }
        let right = files.get(self.unseen).map(|file| file.name.as_str());
        let file = self.execution.write_file(group, self.left.as_deref(), right, self.put_away)?;
        self.left = Some(file.name.clone());
        self.executed.added.push(file);
        Ok(())
    }

    fn finish(self) {
        let run_coalesced = self.run.coalesced.saturating_sub(self.reused.len()) as u64;
        let files = self.execution.files;
        let removed = self.run.row_groups.clone().filter(|at| self.reused.binary_search(at).is_err());
        let names: Vec<String> = removed.map(|at| files[at].name.clone()).collect();
        self.executed.rewritten += names.len() as u64;
        self.executed.coalesced += run_coalesced;
        self.executed.removed.extend(names);
        self.executed.unchanged &= self.unchanged && self.expected == (self.run.row_groups.end, 0);
    }
}

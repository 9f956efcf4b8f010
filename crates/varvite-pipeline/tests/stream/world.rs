//! What the tests share: datasets of numbers, a running sum, bins, and what they come to at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampSecondArray};
use arrow::datatypes::{Int64Type, TimestampSecondType};
use serde::{Deserialize, Serialize};
use varvite_dataset::{Dataset, Duplicates, ScanOptions, VacuumOptions, WriteOptions};
use varvite_pipeline::{Scope, Stateful, StepError, StreamJob};
use varvite_storage::{MemoryStorage, Storage, StoragePath};

/// Seconds of a bin.
pub(crate) const BIN: i64 = 60;

pub(crate) type Row = (i64, i64);

/// Input and output in memory.
pub(crate) struct World {
    pub(crate) storage: MemoryStorage,
    pub(crate) input: Dataset,
    pub(crate) output: Dataset,
}

pub(crate) fn dataset(storage: impl Storage + 'static, name: &str) -> Dataset {
    Dataset::at(Arc::new(storage), StoragePath::try_new(name).unwrap(), None).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(MemoryStorage::new())
    }

    pub(crate) fn on(storage: MemoryStorage) -> Self {
        let (input, output) = (dataset(storage.clone(), "input"), dataset(storage.clone(), "output"));
        Self { storage, input, output }
    }

    pub(crate) fn append(&self, rows: &[Row]) {
        let _ = self.input.write(batch(rows), &input_options()).unwrap();
    }

    pub(crate) fn sums(&self) -> StreamJob {
        StreamJob::new("sums", "input", &self.input, &self.output, WriteOptions::ordered_on("at"))
    }

    pub(crate) fn bins(&self) -> StreamJob {
        StreamJob::new("bins", "input", &self.input, &self.output, bin_options())
    }

    pub(crate) fn stored(&self) -> Vec<Row> {
        self.output.refresh().unwrap();
        rows_of(&self.output)
    }
}

pub(crate) fn input_options() -> WriteOptions {
    WriteOptions::ordered_on("at").with_row_group_target_size(20)
}

/// Removes files that only earlier versions need, with which those become unreadable.
pub(crate) fn forget(dataset: &Dataset) {
    let _ = dataset.vacuum(&VacuumOptions::default()).unwrap();
}

pub(crate) fn bin_options() -> WriteOptions {
    let key: [&str; 0] = [];
    WriteOptions::ordered_on("at").with_duplicates_on(Duplicates::on(key)).with_row_group_target_size(20)
}

pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let at = TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0));
    let n = Int64Array::from_iter_values(rows.iter().map(|row| row.1));
    RecordBatch::try_from_iter([("at", Arc::new(at) as ArrayRef), ("n", Arc::new(n))]).unwrap()
}

pub(crate) fn rows(batch: &RecordBatch) -> Vec<Row> {
    let at = batch.column_by_name("at").unwrap().as_primitive::<TimestampSecondType>();
    let n = batch.column_by_name("n").unwrap().as_primitive::<Int64Type>();
    at.values().iter().copied().zip(n.values().iter().copied()).collect()
}

fn rows_of(output: &Dataset) -> Vec<Row> {
    if output.schema().is_none() { Vec::new() } else { rows(&output.read(&ScanOptions::default()).unwrap()) }
}

/// Each row gets the sum of all rows until it.
pub(crate) fn running_sum() -> Stateful<i64> {
    Stateful::new("running-sum", 1, 0_i64, |sum, given: RecordBatch| {
        let add = |(at, n): Row| {
            *sum += n;
            (at, *sum)
        };
        Ok::<_, StepError>(batch(&rows(&given).into_iter().map(add).collect::<Vec<_>>()))
    })
}

pub(crate) fn summed(given: &[Row]) -> Vec<Row> {
    let add = |sum: &mut i64, &(at, n): &Row| {
        *sum += n;
        Some((at, *sum))
    };
    given.iter().scan(0, add).collect()
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Open {
    bin: Option<i64>,
    sum: i64,
}

/// Each minute gets the sum of its rows; the open one is written as far as it is known.
pub(crate) fn minute_sums() -> Stateful<Open> {
    let step = Stateful::new("minute-sums", 1, Open::default(), |open: &mut Open, given: RecordBatch| {
        let mut made: Vec<Row> = Vec::new();
        for (at, n) in rows(&given) {
            let bin = at.div_euclid(BIN) * BIN;
            if open.bin != Some(bin) {
                made.extend(open.bin.map(|bin| (bin, open.sum)));
                *open = Open { bin: Some(bin), sum: 0 };
            }
            open.sum += n;
        }
        made.extend(open.bin.map(|bin| (bin, open.sum)));
        Ok::<_, StepError>(batch(&made))
    });
    step.with_scope(Scope::Tile("1m".parse().unwrap()))
}

pub(crate) fn binned(given: &[Row]) -> Vec<Row> {
    let mut bins = BTreeMap::new();
    for &(at, n) in given {
        *bins.entry(at.div_euclid(BIN) * BIN).or_insert(0) += n;
    }
    bins.into_iter().collect()
}

/// Rows at these times, numbered.
pub(crate) fn numbered(times: impl IntoIterator<Item = i64>) -> Vec<Row> {
    (1..).zip(times).map(|(n, at)| (at, n)).collect()
}

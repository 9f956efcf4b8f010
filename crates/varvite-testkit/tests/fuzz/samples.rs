//! Sound datasets, edits of their bytes, and all that is asked of the result.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use varvite_dataset::{Compression, Dataset, Result, ScanOptions, WriteOptions};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_testkit::damage::{Files, Place};

/// The files of a dataset.
pub(crate) type Sample = Files;

fn rows(first: i64) -> RecordBatch {
    let t: ArrayRef = Arc::new((first..first + 8).collect::<Int64Array>());
    let s: StringArray = (0..8).map(|at| [Some("one"), None, Some("two")][at % 3]).collect();
    let f: Float64Array = (0..8).map(|at| Some(f64::from(at) / 7.0)).collect();
    let l = ListArray::from_iter_primitive::<Int32Type, _, _>((0..8).map(|at| (at % 4 > 0).then(|| vec![Some(at); 2])));
    let columns: [(&str, ArrayRef, bool); 4] =
        [("t", t, false), ("s", Arc::new(s), true), ("f", Arc::new(f), true), ("l", Arc::new(l), true)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn open(storage: &MemoryStorage) -> Result<Dataset> {
    Dataset::at(Arc::new(storage.clone()), StoragePath::try_new("x/d").unwrap(), None)
}

/// Sample `number`: three commits, of which the first has the settings and the columns; of the last sample enough for a
/// checkpoint.
pub(crate) fn dataset(number: usize) -> Sample {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let compression = [Compression::None, Compression::Zstd, Compression::Snappy, Compression::Lz4][number];
    let options = WriteOptions::ordered_on("t").with_compression(compression).with_row_group_target_size(8);
    for first in [0, 8, 16] {
        let _ = dataset.write(rows(first), &options).unwrap();
    }
    for commit in 3..if number == 3 { 66 } else { 3 } {
        let options = WriteOptions::default().with_metadata("commit", commit.to_string());
        let _ = dataset.write(rows(0).slice(0, 0), &options).unwrap();
    }
    storage.files().into_iter().map(|(path, bytes)| (path.to_string(), bytes)).collect()
}

/// `bytes` after the edits of a script: four bytes each, a place in two, what to do, and with what.
pub(crate) fn edited(bytes: &[u8], script: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in script.chunks_exact(4) {
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]]));
        let at = place % (bytes.len() + 1);
        let value = edit[3];
        match edit[2] % 8 {
            0 if at < bytes.len() => bytes[at] ^= 1 << (value % 8),
            1 if at < bytes.len() => bytes[at] = value,
            2 => bytes.insert(at, value),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            4 => bytes.truncate(at.max(bytes.len() / 2)),
            5 => drop(bytes.splice(at..at, vec![value; 9])),
            6 => {
                let end = (at + usize::from(value)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            // The largest number of ten bytes, as Thrift writes it.
            _ => {
                let end = (at + 1).min(bytes.len());
                drop(bytes.splice(at..end, [0xff, 0xff, 0xff, 0xff, 0x0f]));
            }
        }
    }
    bytes
}

/// Asks everything that reads. Errors are fine; panics and hangs are not.
pub(crate) fn look(files: &Files) {
    let place = Place::new(false).unwrap();
    place.put(files).unwrap();
    let Place::Memory(storage) = place else { unreachable!() };
    let Ok(dataset) = open(&storage) else { return };
    let _ = dataset.snapshot().map(|snapshot| (snapshot.num_rows(), snapshot.total_bytes(), snapshot.row_groups()));
    let _ = dataset.read(&ScanOptions::default());
    let _ = dataset.read(&ScanOptions::default().with_range(5..18).with_n_prev(2).with_columns(["l", "t"]));
    let _ = dataset.check(true);
    let _ = dataset.log();
}

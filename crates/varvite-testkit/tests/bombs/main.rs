//! Small forged files that claim to be enormous: refused, or read within a stated limit of memory.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod checkpoints;
mod footers;
mod pages;
mod records;
mod schemas;
mod wide;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type};
use peak_alloc::PeakAlloc;
use varvite_dataset::{Compression, Dataset, Result, ScanOptions, WriteOptions};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_testkit::damage::{DATA, Files, Place};
use varvite_testkit::forge::log::put_file;
use varvite_testkit::forge::parquet::{Lie, Parts};
use varvite_testkit::forge::thrift::Thrift;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;
const ROWS: i64 = 100;

const DAMAGED: Option<&str> = Some("VV0130");
const TOO_LARGE: Option<&str> = Some("VV0132");

/// Files, and what becomes of asking everything of them.
struct Bomb {
    name: &'static str,
    files: Files,
    /// The code of the first error; `None` if all goes well.
    code: Option<&'static str>,
    /// Most memory that may be taken.
    memory: usize,
    /// Whether rows are merged in as well: that takes the memory of a row group, whatever its rows are.
    merge: bool,
}

fn bomb(name: &'static str, code: Option<&'static str>, memory: usize, files: Files) -> Bomb {
    Bomb { name, files, code, memory, merge: true }
}

fn open(storage: &MemoryStorage) -> Result<Dataset> {
    Dataset::at(Arc::new(storage.clone()), StoragePath::try_new("x/d").unwrap(), None)
}

fn rows(first: i64) -> RecordBatch {
    let t: ArrayRef = Arc::new((first..first + ROWS).collect::<Int64Array>());
    let s: StringArray = (0..ROWS).map(|at| Some(["one", "two"][usize::from(at % 2 == 0)])).collect();
    let l = ListArray::from_iter_primitive::<Int32Type, _, _>((0..100).map(|at| Some(vec![Some(at), None])));
    let texts = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    let texts = arrow::compute::cast(&l, &texts).unwrap();
    let columns: [(&str, ArrayRef, bool); 4] =
        [("t", t, false), ("s", Arc::new(s), true), ("l", Arc::new(l), true), ("texts", texts, true)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn files_of(storage: &MemoryStorage) -> Files {
    storage.files().into_iter().map(|(path, bytes)| (path.to_string(), bytes)).collect()
}

/// A dataset of one file, and so many commits of no rows, for a checkpoint.
fn dataset(compression: Compression, commits: usize) -> Files {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let options = WriteOptions::ordered_on("t").with_compression(compression);
    let _ = dataset.write(rows(0), &options).unwrap();
    for commit in 1..commits {
        let options = WriteOptions::default().with_metadata("commit", commit.to_string());
        let _ = dataset.write(rows(0).slice(0, 0), &options).unwrap();
    }
    files_of(&storage)
}

/// The dataset with its file changed.
fn forged(compression: Compression, change: impl FnOnce(&mut Parts)) -> Files {
    let mut files = dataset(compression, 1);
    let path = files.keys().find(|path| path.starts_with(DATA)).unwrap().clone();
    let mut parts = Parts::read(&files[&path]).unwrap();
    change(&mut parts);
    put_file(&mut files, path.strip_prefix(DATA).unwrap(), &parts.assemble()).unwrap();
    files
}

fn lying(path: &[i16], value: Thrift) -> Files {
    forged(Compression::Zstd, |parts| parts.lies.push(Lie::Footer(path.to_vec(), value)))
}

/// A list that claims to be longer than it is.
fn claiming(kind: u8, len: usize) -> Thrift {
    Thrift::List(kind, len, vec![])
}

fn ask(storage: &MemoryStorage, merge: bool) -> Result<()> {
    let dataset = open(storage)?;
    let _ = dataset.snapshot().map(|snapshot| (snapshot.num_rows(), snapshot.total_bytes(), snapshot.row_groups()));
    // One batch at a time: all rows of a bomb may be far more than fit.
    let mut scan = dataset.scan(&ScanOptions::default())?;
    while scan.next_batch()?.is_some() {}
    drop(scan);
    let _ = dataset.read(&ScanOptions::default().with_range(10..20).with_n_prev(3).with_columns(["t", "l"]))?;
    let _ = dataset.check(true)?;
    if merge {
        let _ = dataset.write(rows(7).slice(0, 3), &WriteOptions::default())?;
    }
    Ok(())
}

/// What became of it, in words; the most memory that it took.
fn set_off(bomb: &Bomb) -> (Option<&'static str>, usize, String) {
    let place = Place::new(false).unwrap();
    place.put(&bomb.files).unwrap();
    let Place::Memory(storage) = place else { unreachable!() };
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let answer = ask(&storage, bomb.merge);
    let memory = ALLOCATOR.peak_usage().saturating_sub(before);
    let words = answer.as_ref().err().map_or("rows".to_owned(), ToString::to_string);
    (answer.err().map(|error| error.code()), memory, words)
}

#[test]
fn bombs_do_not_go_off() {
    std::panic::set_hook(Box::new(|_| {})); // of decoders that panic and are caught
    let bombs: Vec<Bomb> = footers::bombs()
        .into_iter()
        .chain(pages::bombs())
        .chain(schemas::bombs())
        .chain(wide::bombs())
        .chain(records::bombs())
        .chain(checkpoints::bombs())
        .collect();
    let count = bombs.len();
    let (tell, hear) = mpsc::channel();
    std::thread::spawn(move || {
        for bomb in bombs {
            let outcome = std::panic::catch_unwind(|| set_off(&bomb)).ok();
            tell.send((bomb.name, bomb.code, bomb.memory, outcome)).unwrap();
        }
    });
    let mut wrong = Vec::new();
    for at in 0..count {
        let Ok((name, code, limit, outcome)) = hear.recv_timeout(Duration::from_secs(120)) else {
            wrong.push(format!("bomb {at} hangs"));
            break;
        };
        let Some((found, memory, words)) = outcome else {
            wrong.push(format!("{name}: PANIC"));
            continue;
        };
        println!("{:>5} MiB  {name}: {words}", memory.div_ceil(MIB));
        if found != code || memory > limit {
            wrong.push(format!("{name}: {found:?} in {memory} bytes instead of {code:?} in {limit}: {words}"));
        }
    }
    let _ = std::panic::take_hook();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

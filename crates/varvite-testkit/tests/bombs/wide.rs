//! Many columns that are decoded side by side: together they take no more than one reader may.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use varvite_dataset::{Compression, WriteOptions};
use varvite_storage::MemoryStorage;
use varvite_testkit::damage::{DATA, Files};
use varvite_testkit::forge::log::put_file;
use varvite_testkit::forge::parquet::Parts;

use super::pages::{levels, one_text, page, run};
use super::{Bomb, MIB, bomb, files_of, open};

/// As many as are worth several threads.
const ROWS: u32 = 1 << 14;
const COLUMNS: usize = 32;
const DICTIONARY: i64 = 8;

/// Columns of texts, each of which is one text of so many bytes again and again.
fn texts(len: usize) -> Files {
    let t: ArrayRef = Arc::new((0..i64::from(ROWS)).collect::<Int64Array>());
    let texts: ArrayRef = Arc::new((0..ROWS).map(|_| Some("x")).collect::<StringArray>());
    let columns = std::iter::once("l".to_owned()).chain((1..COLUMNS).map(|at| format!("s{at}")));
    let columns = columns.map(|name| (name, texts.clone(), true));
    let columns = std::iter::once(("t".to_owned(), t, false)).chain(columns);
    let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let storage = MemoryStorage::new();
    let options = WriteOptions::ordered_on("t").with_compression(Compression::None);
    let _ = open(&storage).unwrap().write(rows, &options).unwrap();
    let mut files = files_of(&storage);
    let path = files.keys().find(|path| path.starts_with(DATA)).unwrap().clone();
    let mut parts = Parts::read(&files[&path]).unwrap();
    let all = u64::from(ROWS);
    let values = [levels(&[run(all, 1)]), vec![1], run(all, 0)].concat();
    for chunk in parts.chunks.iter_mut().skip(1) {
        *chunk = vec![one_text(len), page(Some(0), i64::from(ROWS), DICTIONARY, values.clone())];
    }
    put_file(&mut files, path.strip_prefix(DATA).unwrap(), &parts.assemble()).unwrap();
    files
}

pub(crate) fn bombs() -> Vec<Bomb> {
    vec![Bomb { merge: false, ..bomb("32 columns of texts of 4 KB that are one", None, 800 * MIB, texts(4000)) }]
}

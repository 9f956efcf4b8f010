//! [`Reader`]: reads snapshots while others write, and compares each with what the log says it holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use varvite_dataset::{Dataset, Error, ScanOptions};
use varvite_testkit::workload::{CommitRow, Workload, from_batch};

/// A thread that opens, refreshes and reads.
pub(crate) struct Reader {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Reader {
    pub(crate) fn start(dataset: &Path, workload: &Workload) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, path, workload) = (Arc::clone(&stop), dataset.to_owned(), *workload);
        let thread = std::thread::spawn(move || read_on(&path, &workload, &stopped));
        Self { stop, thread }
    }

    /// Ends the thread; how many snapshots it read.
    pub(crate) fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Opens the dataset anew each other time, and else refreshes a handle.
fn read_on(path: &PathBuf, workload: &Workload, stop: &AtomicBool) -> usize {
    let mut handle = None;
    let (mut reads, mut newest) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        let dataset = match (reads % 2, handle.take()) {
            (1, Some(dataset)) => {
                Dataset::refresh(&dataset).unwrap();
                dataset
            }
            _ => match Dataset::open(path) {
                Err(Error::NotFound { .. }) => continue,
                opened => opened.unwrap(),
            },
        };
        let version = verify(&dataset, workload);
        assert!(version >= newest, "a reader went back from version {newest} to {version}");
        (newest, reads) = (version, reads + 1);
        handle = Some(dataset);
        // Most of the time belongs to writers, however much there is to read.
        std::thread::sleep(Duration::from_millis(20) + start.elapsed() * 2);
    }
    reads
}

/// The version that a handle sees holds exactly what its log says; its number.
pub(crate) fn verify(dataset: &Dataset, workload: &Workload) -> u64 {
    let version = dataset.snapshot().unwrap().version;
    let rows = from_batch(&dataset.read(&ScanOptions::default()).unwrap()).unwrap();
    assert!(rows.is_sorted_by_key(|row| row.0), "version {version} is not in order");
    let until = commits(dataset).into_iter().take_while(|(at, _)| *at <= version).map(|(_, commit)| commit);
    compare(version, rows, &workload.replay(until));
    version
}

fn compare(version: u64, mut rows: Vec<CommitRow>, expected: &[CommitRow]) {
    rows.sort_unstable();
    let differs = rows.iter().zip(expected).find(|(row, expected)| row != expected);
    assert_eq!((differs, rows.len()), (None, expected.len()), "version {version} holds other rows than its log says");
}

/// The versions with the writer and the number of the commit that each holds.
pub(crate) fn commits(dataset: &Dataset) -> Vec<(u64, (u16, u64))> {
    let commit = |app: Option<(String, u64)>| {
        let (id, k) = app?;
        Some((id.strip_prefix("writer-")?.parse().ok()?, k))
    };
    let log = dataset.log().unwrap().into_iter();
    log.filter_map(|info| Some((info.version, commit(info.app)?))).collect()
}

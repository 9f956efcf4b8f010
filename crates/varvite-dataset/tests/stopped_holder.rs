//! Another process holds the lock and is stopped: a write waits for it once, not each time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::{Duration, Instant};

use common::{open, path, rows, stored, tens};
use varvite_dataset::WriteOptions;
use varvite_storage::Storage;

#[test]
fn only_the_first_write_waits_for_seconds() {
    let (storage, _) = stored();
    let held = storage.lock(&path("d.lock"), Duration::ZERO).unwrap().unwrap();
    let dataset = open(&storage).unwrap();
    let took = |t: i64| {
        let start = Instant::now();
        let _ = dataset.write(tens([t]), &WriteOptions::default()).unwrap();
        start.elapsed()
    };
    assert!((4..7).contains(&took(7).as_secs()));
    for t in 8..11 {
        assert!(took(t) < Duration::from_secs(2));
    }
    drop(held);
    let _ = took(11);
    // Whoever holds it now is waited for again, and longer than a moment.
    let held = storage.lock(&path("d.lock"), Duration::ZERO).unwrap().unwrap();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1500));
        drop(held);
    });
    assert!(took(12) >= Duration::from_millis(500));
    other.join().unwrap();
    assert_eq!(rows(&dataset).len(), 12);
}

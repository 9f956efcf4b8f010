//! One job for every key of a store.

use std::collections::BTreeMap;
use std::sync::Mutex;

use varvite_key::toplevel;
use varvite_pipeline::{Error, StreamJob, for_each_key};
use varvite_store::Store;

use crate::world::{batch, input_options, numbered, rows, running_sum, summed};

#[toplevel]
struct Series {
    symbol: String,
}

#[test]
fn every_key_is_done_once_and_failures_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let input = Store::<Series>::open(folder.path().join("input")).unwrap();
    let output = Store::<Series>::open(folder.path().join("output")).unwrap();
    let key = |n: usize| Series::new(format!("S{n:02}")).unwrap();
    for n in 0..20 {
        let _ = input.dataset(&key(n)).unwrap().write(batch(&numbered(0..=n as i64)), &input_options()).unwrap();
    }
    let calls = Mutex::new(BTreeMap::new());
    let run = |broken: Option<usize>| {
        for_each_key(&input, 4, |one, dataset| {
            *calls.lock().unwrap().entry(one.clone()).or_insert(0) += 1;
            if broken.map(key).as_ref() == Some(one) {
                return Err(Error::InvalidName { name: "x".to_owned(), reason: "a test" });
            }
            let output = output.dataset(one).map_err(Error::keys)?;
            StreamJob::new("sums", "input", dataset, &output, input_options()).run(running_sum())
        })
        .unwrap()
    };
    let report = run(Some(7));
    assert_eq!((report.done.len(), report.failed.len()), (19, 1));
    assert!(report.done.iter().map(|(key, _)| key).is_sorted());
    assert!(report.to_string().starts_with("19 keys: 202 rows in, 202 out\nS07 failed: "), "{report}");
    let report = run(None);
    assert_eq!((report.done.len(), report.failed.len()), (20, 0));
    assert!(calls.lock().unwrap().values().all(|&calls| calls == 2));
    for n in 0..20 {
        let stored = output.get(&key(n)).unwrap().unwrap().read(&varvite_dataset::ScanOptions::default()).unwrap();
        assert_eq!(rows(&stored), summed(&numbered(0..=n as i64)));
    }
}

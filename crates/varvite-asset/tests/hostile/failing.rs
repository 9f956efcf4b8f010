//! A storage that fails at any one call of a fetch, listing and planning included.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use varvite_asset::{Collection, Error, FetchOptions, Interval, Retries, Shared};
use varvite_storage::{FailingStorage, Failure, MemoryStorage};

use super::world::{Reading, all, block_on, catalog_on, everything, fetch, once, rows_of, write};

fn failing() -> FailingStorage {
    let failing = FailingStorage::new(Arc::new(MemoryStorage::new()));
    write(&catalog_on(&failing), &all(1));
    failing
}

#[test]
fn whichever_call_fails_there_are_all_rows_or_an_error() {
    let failing = failing();
    for kind in 0..4 {
        let mut errors = 0;
        for nth in 1.. {
            assert!(nth < 500, "a fetch makes fewer calls");
            let mut failure = Failure::at_call(nth);
            if kind % 2 == 1 {
                failure = failure.after_effect();
            }
            if kind >= 2 {
                failure = failure.from_then_on();
            }
            // A catalog of its own: nothing is remembered of the last attempt.
            let catalog = catalog_on(&failing);
            failing.arm(failure);
            let outcome = fetch(&catalog);
            let failed = failing.failed();
            failing.disarm();
            match outcome {
                Ok(found) => assert_eq!(*found, all(1), "call {nth}, kind {kind}"),
                Err(error) => {
                    errors += 1;
                    assert!(failed > 0, "call {nth}, kind {kind}: {error}");
                    let source = std::error::Error::source(&error).map(ToString::to_string);
                    let text = format!("{error}: {source:?}");
                    assert!(text.contains("readings") || text.contains("features"), "it names the asset: {text}");
                    assert!(!error.code().is_empty());
                }
            }
            assert_eq!(*fetch(&catalog).unwrap(), all(1), "the next fetch works");
            if failed == 0 {
                assert!(nth > 8, "a fetch makes calls");
                break;
            }
        }
        assert!(errors > 5, "{errors} errors");
    }
}

#[test]
fn what_passes_is_tried_again_wherever_it_was() {
    let failing = failing();
    let options = FetchOptions::default().with_retries(Retries {
        attempts: 2,
        first_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(1),
    });
    for nth in 1.. {
        assert!(nth < 500);
        let catalog = catalog_on(&failing);
        failing.arm(Failure::at_call(nth).transient());
        let found = block_on(catalog.fetch_rows::<Reading>(everything(), &options));
        let failed = failing.failed();
        failing.disarm();
        assert_eq!(*found.unwrap_or_else(|error| panic!("call {nth}: {error:?}")), all(1), "call {nth}");
        if failed == 0 {
            break;
        }
    }
}

/// One field fails: all other fields have their values, whichever call it was that failed.
#[test]
fn with_collect_all_the_other_fields_are_whole() {
    let failing = failing();
    for nth in 1.. {
        assert!(nth < 500);
        let catalog = catalog_on(&failing);
        let mut collection = Collection::new();
        let range = |text: &str| text.parse::<varvite_asset::Span>().unwrap();
        let one = collection.rows::<Reading>("one", range("2025-01-01..2025-01-03")).unwrap();
        let two = collection.add::<BTreeMap<Interval, Vec<Reading>>>("two", range("2025-01-03..2025-01-05")).unwrap();
        failing.arm(Failure::at_call(nth));
        let outcome = block_on(catalog.fetch_outcomes(collection, &once().with_max_concurrent(2)));
        let failed = failing.failed();
        failing.disarm();
        if let Ok(mut got) = outcome {
            let (one, two) = (got.take(one).unwrap(), got.take(two).unwrap());
            assert!(u64::from(one.is_err()) + u64::from(two.is_err()) <= failed, "call {nth}");
            if let Ok(rows) = one {
                assert_eq!(rows, [rows_of(0, 1), rows_of(1, 1)].concat(), "call {nth}");
            }
            if let Ok(map) = two {
                assert_eq!(map.into_values().collect::<Vec<_>>(), [rows_of(2, 1), rows_of(3, 1)], "call {nth}");
            }
        } else {
            assert!(failed > 0, "call {nth}");
        }
        if failed == 0 {
            break;
        }
    }
}

/// A refresh that fails leaves the old value, whichever call it was.
#[test]
fn a_refresh_that_fails_leaves_the_old_value() {
    #[derive(varvite_asset::AssetCollection)]
    struct Report {
        #[fetch(start = "2025-01-01", end = "2025-02-01")]
        rows: Vec<Reading>,
    }
    let failing = failing();
    for nth in 1.. {
        assert!(nth < 500);
        let catalog = catalog_on(&failing);
        write(&catalog, &all(1));
        let shared = Shared::<Report>::new();
        let old = block_on(shared.get(&catalog)).unwrap();
        write(&catalog, &all(2));
        failing.arm(Failure::at_call(nth));
        let refreshed = block_on(shared.refresh(&catalog));
        let failed = failing.failed();
        failing.disarm();
        let there = shared.peek().unwrap();
        match refreshed {
            Ok(new) => {
                assert!(Arc::ptr_eq(&there, &new));
                assert_eq!(new.rows, all(2), "call {nth}");
            }
            Err(error) => {
                assert!(Arc::ptr_eq(&there, &old), "call {nth}: {error}");
                assert!(!matches!(error, Error::Cancelled), "call {nth}");
            }
        }
        assert_eq!(old.rows, all(1));
        if failed == 0 {
            break;
        }
    }
}

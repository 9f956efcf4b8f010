//! Fuzz targets: records, checkpoints, footers, pages and keys, each with hashes that fit.
//!
//! An input is a script: its first byte chooses a sound sample, the rest are edits of it. So also a fuzzer that knows
//! nothing of the code comes deep. `cargo test` runs the corpus and random inputs, for two seconds each. For longer:
//!
//! ```text
//! BOLERO_RANDOM_TEST_TIME_MS=600000 cargo test --release -p varvite-testkit --test fuzz footer -- --nocapture
//! ```
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod keys;
mod samples;

use std::time::Duration;

use bolero::check;
use samples::{Sample, dataset, edited, look};
use varvite_testkit::damage::{DATA, Kind};
use varvite_testkit::forge::log::{line, put_checkpoint, put_file, put_line};
use varvite_testkit::forge::parquet::{Assembled, Parts};

const BRIEFLY: Duration = Duration::from_secs(2);
const MAX_SCRIPT: usize = 64;

/// The first line of a record, with the hash that it needs.
#[test]
fn record() {
    let samples: Vec<Sample> = (0..3).map(dataset).collect();
    check!().with_test_time(BRIEFLY).with_max_len(MAX_SCRIPT).for_each(|script: &[u8]| {
        let Some((chosen, script)) = script.split_first() else { return };
        let mut files = samples[usize::from(*chosen) % samples.len()].clone();
        let version = u64::from(chosen / 64) % 3;
        let edited = edited(line(&files, version).unwrap().as_bytes(), script);
        // A record is text: what is none is refused before its hash is looked at.
        if put_line(&mut files, version, &String::from_utf8_lossy(&edited)).is_ok() {
            look(&files);
        }
    });
}

/// A checkpoint under the name that its hash gives it.
#[test]
fn checkpoint() {
    let sound = dataset(3);
    let path = sound.keys().find(|path| Kind::of(path) == Kind::Checkpoint).unwrap().clone();
    check!().with_test_time(BRIEFLY).with_max_len(MAX_SCRIPT).for_each(|script: &[u8]| {
        let mut files = sound.clone();
        let edited = edited(&sound[&path], script);
        put_checkpoint(&mut files, &path, &edited);
        look(&files);
    });
}

/// What follows the pages of a data file: indexes and footer.
#[test]
fn footer() {
    let samples: Vec<Sample> = (0..3).map(dataset).collect();
    let edit = |file: &Assembled, script: &[u8]| {
        let tail = edited(&file.bytes[file.end..], script);
        Assembled { bytes: [&file.bytes[..file.end], &tail].concat().into(), end: file.end }
    };
    check!().with_test_time(BRIEFLY).with_max_len(MAX_SCRIPT).for_each(|script: &[u8]| {
        look(&with_file(&samples, script, edit));
    });
}

/// The pages of a data file, of which the lengths stay.
#[test]
fn pages() {
    let samples: Vec<Sample> = (0..3).map(dataset).collect();
    let edit = |file: &Assembled, script: &[u8]| {
        let mut parts = Parts::read(&file.bytes).unwrap();
        let (chosen, script) = script.split_first().unwrap_or((&0, &[]));
        let count = parts.chunks.len();
        let pages = &mut parts.chunks[usize::from(*chosen) % count];
        let at = usize::from(chosen / 16) % pages.len();
        let len = pages[at].body.len();
        pages[at].body = edited(&pages[at].body, script);
        pages[at].body.resize(len, 0);
        parts.assemble()
    };
    check!().with_test_time(BRIEFLY).with_max_len(MAX_SCRIPT).for_each(|script: &[u8]| {
        look(&with_file(&samples, script, edit));
    });
}

/// A sample whose newest data file is edited, with records that say so.
fn with_file(samples: &[Sample], script: &[u8], edit: impl Fn(&Assembled, &[u8]) -> Assembled) -> Sample {
    let (chosen, script) = script.split_first().unwrap_or((&0, &[]));
    let mut files = samples[usize::from(*chosen) % samples.len()].clone();
    let path = files.keys().rfind(|path| path.starts_with(DATA)).unwrap().clone();
    // Put together by us, so that it is known where its pages end.
    let file = Parts::read(&files[&path]).unwrap().assemble();
    put_file(&mut files, path.strip_prefix(DATA).unwrap(), &edit(&file, script)).unwrap();
    files
}

/// The path of a key, read as keys of several types.
#[test]
fn key() {
    check!().with_test_time(BRIEFLY).with_max_len(256).for_each(|script: &[u8]| {
        let Some((chosen, script)) = script.split_first() else { return };
        let path = edited(keys::PATHS[usize::from(*chosen) % keys::PATHS.len()].as_bytes(), script);
        keys::look(&String::from_utf8_lossy(&path));
        keys::look(&String::from_utf8_lossy(script));
    });
}

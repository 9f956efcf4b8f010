//! Several processes on one dataset, killed and stopped at any time: nothing is lost, doubled or torn, and nobody waits
//! for long.
//!
//! More than in a usual run: `VARVITE_KILLS=1000` for each pattern of rows, `VARVITE_WRITERS=8` of them at a time,
//! `VARVITE_COMMITS=100000`; best with `--release`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod ledger;
mod reader;
mod writer;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use varvite_dataset::Dataset;
use varvite_testkit::workload::{Pattern, Workload, splitmix64};

use ledger::Ledger;
use reader::Reader;
use writer::Writer;

/// A dataset that is written and what is known of it from outside.
struct Scene {
    _folder: tempfile::TempDir,
    dataset: PathBuf,
    workload: Workload,
    ledger: Ledger,
}

impl Scene {
    fn new(pattern: Pattern) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dataset = folder.path().join("missing/parents/prices");
        let workload = Workload { seed: 11, rows: 20, pattern, span: 5000 };
        Self { _folder: folder, dataset, workload, ledger: Ledger::default() }
    }

    fn start(&self, writer: u16, commits: u64) -> Writer {
        Writer::start(&self.dataset, &self.workload, writer, self.ledger.first_unacknowledged(writer), commits)
    }

    fn finish(&mut self, writer: Writer) {
        assert_eq!(self.ledger.take(writer), Some(0), "a writer failed");
    }

    /// Starts writers and kills them; whoever begins again goes on. How many snapshots were read meanwhile.
    fn kill_writers(&mut self, writers: u16, round: u64) -> usize {
        let reader = Reader::start(&self.dataset, &self.workload);
        let all: Vec<Writer> = (0..writers).map(|writer| self.start(writer, u64::MAX)).collect();
        std::thread::sleep(Duration::from_millis(20 + splitmix64(round) % 400));
        for writer in all {
            writer.signal(Signal::KILL);
            self.ledger.take(writer);
        }
        let reads = reader.stop();
        // Whoever begins again where it was not acknowledged does nothing twice.
        let again = self.start(u16::try_from(round % u64::from(writers)).unwrap(), 1);
        self.finish(again);
        self.verify();
        reads
    }

    fn lock_is_held(&self) -> bool {
        let lock = std::fs::File::open(self.dataset.with_file_name("prices.lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
    }

    fn verify(&self) {
        let dataset = Dataset::open(&self.dataset).unwrap();
        self.ledger.verify(&dataset);
        reader::verify(&dataset, &self.workload);
        let report = dataset.check(true).unwrap();
        assert!(report.is_ok(), "{report}");
    }
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Rounds of kills on one dataset: what is compared after each grows with it.
const ROUNDS: u64 = 10;

fn killed_at_random_times(pattern: Pattern) {
    let writers = from_environment("VARVITE_WRITERS", 3).clamp(1, 15);
    let (kills, start) = (from_environment("VARVITE_KILLS", 12), Instant::now());
    let (mut killed, mut reads, mut commits) = (0, 0, 0);
    for rounds in 0.. {
        if killed >= kills {
            break;
        }
        let mut scene = Scene::new(pattern);
        for round in rounds * ROUNDS..(rounds + 1) * ROUNDS {
            if killed < kills {
                reads += scene.kill_writers(u16::try_from(writers).unwrap(), round);
                killed += writers;
            }
        }
        commits += Dataset::open(&scene.dataset).unwrap().log().unwrap().len();
    }
    let took = start.elapsed().as_secs_f64();
    println!("{pattern:?}: {killed} writers killed in {took:.0} s, {commits} commits, {reads} snapshots read");
}

#[test]
fn killed_writers_of_disjoint_rows() {
    killed_at_random_times(Pattern::Append);
}

#[test]
fn killed_writers_of_overlapping_rows() {
    killed_at_random_times(Pattern::Scatter);
}

#[test]
fn killed_writers_of_the_same_rows() {
    killed_at_random_times(Pattern::Upsert);
}

#[test]
fn a_stopped_lock_holder_delays_others_for_seconds_at_most() {
    let mut scene = Scene::new(Pattern::Scatter);
    let stopped = scene.start(0, u64::MAX);
    stopped.wait_for_acknowledgements(3);
    loop {
        stopped.signal(Signal::STOP);
        std::thread::sleep(Duration::from_millis(10));
        if scene.lock_is_held() {
            break;
        }
        stopped.signal(Signal::CONT);
        std::thread::sleep(Duration::from_millis(3));
    }
    let reader = Reader::start(&scene.dataset, &scene.workload);
    let start = Instant::now();
    let other = scene.start(1, 1);
    scene.finish(other);
    assert!(start.elapsed() < Duration::from_secs(9), "it took {:?}", start.elapsed());
    let acknowledged = stopped.acknowledgements();
    stopped.signal(Signal::CONT);
    stopped.wait_for_acknowledgements(acknowledged + 3);
    stopped.signal(Signal::KILL);
    scene.ledger.take(stopped);
    reader.stop();
    scene.verify();
}

#[test]
fn twins_that_make_the_same_commits_apply_each_once() {
    let mut scene = Scene::new(Pattern::Append);
    let twins = [scene.start(0, 15), scene.start(0, 15), scene.start(1, 15)];
    for twin in twins {
        scene.finish(twin);
    }
    scene.verify();
    assert_eq!(Dataset::open(&scene.dataset).unwrap().log().unwrap().len(), 30);
}

#[test]
fn four_writers_lose_nothing() {
    const WRITERS: u16 = 4;
    let each = from_environment("VARVITE_COMMITS", 120) / u64::from(WRITERS);
    let mut scene = Scene::new(Pattern::Append);
    let reader = Reader::start(&scene.dataset, &scene.workload);
    let start = Instant::now();
    let writers: Vec<Writer> = (0..WRITERS).map(|writer| scene.start(writer, each)).collect();
    for writer in writers {
        scene.finish(writer);
    }
    let took = start.elapsed();
    let reads = reader.stop();
    scene.verify();
    let versions = Dataset::open(&scene.dataset).unwrap().log().unwrap().len();
    assert_eq!(versions as u64, each * u64::from(WRITERS));
    println!("{versions} commits in {:.1} s, {reads} snapshots read", took.as_secs_f64());
}

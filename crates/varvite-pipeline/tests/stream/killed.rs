//! Processes that are killed while they run a job, again and again: nothing is doubled or lost.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use varvite_dataset::Dataset;
use varvite_pipeline::{Error, Late, StreamJob, StreamOptions};
use varvite_storage::{LocalStorage, Storage, StoragePath};

use crate::world::{Row, batch, bin_options, binned, input_options, minute_sums, rows, running_sum, summed};

const FOLDER: &str = "VARVITE_PIPELINE_FOLDER";
const WORK: &str = "VARVITE_PIPELINE_WORK";
/// At least so many kills of each job.
const KILLS: usize = 30;

fn open(folder: &Path, name: &str) -> Dataset {
    let storage: std::sync::Arc<dyn Storage> = std::sync::Arc::new(LocalStorage::open(folder).unwrap());
    Dataset::at(storage, StoragePath::try_new(name).unwrap(), None).unwrap()
}

fn job(folder: &Path, work: &str) -> StreamJob {
    let write = if work == "bins" { bin_options() } else { varvite_dataset::WriteOptions::ordered_on("at") };
    let options = StreamOptions::default().with_commit_rows(23).with_late(Late::Recompute);
    StreamJob::new(work, "input", &open(folder, "input"), &open(folder, work), write).with_options(options)
}

fn run(folder: &Path, work: &str) -> Result<(), Error> {
    let job = job(folder, work);
    match work {
        "bins" => job.run(minute_sums()),
        _ => job.run(running_sum()),
    }
    .map(|_| ())
}

/// Not a test of its own: what the others kill.
#[test]
fn child() {
    let (Ok(folder), Ok(work)) = (std::env::var(FOLDER), std::env::var(WORK)) else { return };
    println!("\nready");
    loop {
        match run(Path::new(&folder), &work) {
            Ok(()) => println!("\ndone"),
            // Two of them may run at once.
            Err(Error::OtherRun { .. }) => println!("\nlost"),
            Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
        }
    }
}

fn start(folder: &Path, work: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["killed::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(WORK, work)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_until_ready(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line == "ready"), "the child begins");
    lines
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn stored(folder: &Path, name: &str) -> Vec<Row> {
    let dataset = open(folder, name);
    if dataset.schema().is_none() {
        Vec::new()
    } else {
        rows(&dataset.read(&varvite_dataset::ScanOptions::default()).unwrap())
    }
}

/// Kills a job at random moments while rows come in, and compares what it made in the end with what they come to at once.
/// In between, what is there is always what some first part of the rows comes to.
fn kill_often(work: &str, at_once: usize, expected: impl Fn(&[Row]) -> Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let input = open(folder.path(), "input");
    let mut random = fastrand::Rng::with_seed(7);
    let (mut time, mut kills, mut unfinished) = (0, 0, 0);
    while kills < KILLS {
        let new: Vec<Row> = (0..random.usize(50..400))
            .map(|_| {
                time += random.i64(0..8);
                (time, random.i64(-1000..1000))
            })
            .collect();
        let _ = input.write(batch(&new), &input_options()).unwrap();
        let mut children: Vec<Child> = (0..at_once).map(|_| start(folder.path(), work)).collect();
        let lines: Vec<_> = children.iter_mut().map(wait_until_ready).collect();
        std::thread::sleep(Duration::from_micros(random.u64(0..30_000)));
        children.into_iter().for_each(kill);
        kills += at_once;
        unfinished += usize::from(!lines.into_iter().flatten().any(|line| line == "done"));
        let all = rows(&input.read(&varvite_dataset::ScanOptions::default()).unwrap());
        let found = stored(folder.path(), work);
        let until = job(folder.path(), work).checkpoint().unwrap().map_or(0, |checkpoint| checkpoint.rows_in);
        assert_eq!(found, expected(&all[..usize::try_from(until).unwrap()]), "after kill {kills}");
    }
    assert!(unfinished > kills / at_once / 10, "{unfinished} of {kills} were killed before they were done");
    run(folder.path(), work).unwrap();
    let all = rows(&input.read(&varvite_dataset::ScanOptions::default()).unwrap());
    assert_eq!(stored(folder.path(), work), expected(&all));
    // What killed writers leave is put away, and nothing else is wrong.
    let _ = open(folder.path(), work).repair(true).unwrap();
    let found = open(folder.path(), work).check(true).unwrap().findings;
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_running_sum_that_is_killed_is_exact() {
    kill_often("sums", 1, summed);
}

#[test]
fn bins_that_are_killed_are_exact() {
    kill_often("bins", 1, binned);
}

#[test]
fn two_processes_that_run_one_job_and_are_killed_are_exact() {
    kill_often("sums", 2, summed);
}

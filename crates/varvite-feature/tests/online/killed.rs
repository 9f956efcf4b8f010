//! A process that is killed while it materializes: the next run ends what it began.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use varvite_dataset::Dataset;
use varvite_feature::online::{MaterializeOptions, OnlineStore};

use crate::world::{Row, World, at, group};

const FOLDER: &str = "VARVITE_ONLINE_FOLDER";

/// Not a test of its own: what the other one kills.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let dataset = Dataset::open(folder.join("history")).unwrap();
    let store = OnlineStore::open(folder.join("online/values.redb")).unwrap();
    let options = MaterializeOptions::up_to(at(1_000_000)).with_chunk_rows(100);
    let mut said = |_: &_| println!("chunk");
    store.materialize_with(&group(None), &dataset, &options, &mut said).unwrap();
    println!("done");
}

/// Runs the child until it has said so many chunks, then kills it.
fn kill_after(folder: &Path, chunks: usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = lines.map(Result::unwrap).filter(|line| line.ends_with("chunk")).take(chunks).count();
    assert_eq!(said, chunks, "it came so far");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_after_a_kill_ends_what_it_began() {
    let world = World::new(None);
    let rows = |from: i64| (from..from + 3000).map(|at| (at * 7 % 1000, at, None, Some(at))).collect::<Vec<Row>>();
    let options = crate::world::options().with_row_group_target_size(500);
    let _ = world.dataset.write(crate::world::batch(&rows(0), 0), &options).unwrap();
    let World { folder, group, dataset, store } = world;
    drop(store);

    // A first build, an advance, and both again while the history goes on.
    kill_after(folder.path(), 7);
    kill_after(folder.path(), 5);
    let store = OnlineStore::open(folder.path().join("online/values.redb")).unwrap();
    let status = store.status(&group, Some(&dataset)).unwrap();
    assert!(status.unfinished && status.commit.is_none(), "before the end of a build nothing is served: {status}");
    drop(store);
    let _ = dataset.write(crate::world::batch(&rows(3000), 1), &options).unwrap();
    kill_after(folder.path(), 20);
    let store = OnlineStore::open(folder.path().join("online/values.redb")).unwrap();
    let world = World { folder, group, dataset, store };
    let report = world.materialize(MaterializeOptions::up_to(at(1_000_000)));
    assert!(report.resumed, "{report}");
    assert!(report.rows_read < 6000, "chunks that were done stay done: {report}");

    let keys: Vec<i64> = (0..1000).collect();
    let served = world.values(&keys, 1_000_000);
    world.materialize(MaterializeOptions::up_to(at(1_000_000)).with_incremental(false));
    assert_eq!(served, world.values(&keys, 1_000_000));
    let newest = (0..1000).map(|key| (5000..6000).rev().find(|at| at * 7 % 1000 == key).unwrap());
    let expected: Vec<String> = newest.map(|at| format!("{at} PRESENT @{at}")).collect();
    assert_eq!(served, expected.join(", "));
}

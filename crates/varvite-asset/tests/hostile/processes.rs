//! Processes that are killed in the middle of a write: what is there is what one write left, with its coverage.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use varvite_asset::{
    AssetId, AssetKind, AssetWrite, Batches, Catalog, Collection, FeatureModel, Fetch, FetchOptions, Handle, Interval,
    LakeFile, LakeWrite, Repartition, Resolution, Span,
};
use varvite_time::{Instant, TimeUnit};

use super::world::{DAYS, Reading, all, rows_of};

const FOLDER: &str = "VARVITE_ASSET_FOLDER";
const WORK: &str = "VARVITE_ASSET_WORK";

/// How many kills: a few, or as many as the environment asks for.
fn kills() -> u64 {
    std::env::var("VARVITE_ASSET_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

/// Not a test of its own: what the others start. Says `ack n` when the n-th piece of its work is done.
#[test]
fn child() {
    let (Ok(folder), Ok(work)) = (std::env::var(FOLDER), std::env::var(WORK)) else { return };
    let (verb, from) = work.split_once(' ').unwrap();
    println!("\nready");
    for n in from.parse::<i64>().unwrap().. {
        let catalog = Catalog::open(&folder).unwrap();
        work_on(&catalog, verb, n);
        println!("\nack {n}");
    }
}

/// The day, far from the others, that says that piece `n` was written.
fn mark(n: i64) -> i64 {
    100 + n
}

fn work_on(catalog: &Catalog, verb: &str, n: i64) {
    match verb {
        "replace" => {
            let rows = [all(n), rows_of(mark(n), n)].concat();
            let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
        }
        "merge" => {
            let _ = catalog.write(&rows_of(mark(n), n), &AssetWrite::merge()).unwrap();
        }
        "lake" => {
            let date = Instant::new(0, TimeUnit::Day);
            let _ = catalog.put(&LakeWrite::new("notes", date, "txt"), n.to_string().repeat(3000)).unwrap();
        }
        "persistent" => {
            let _ = catalog.replace(&lines(n)).unwrap();
        }
        "repartition" => {
            // From the resolution that it has to the other one.
            let has_daily = catalog.assets().unwrap().iter().any(|info| info.id() == readings(DAILY));
            let (from, to) = if has_daily { (DAILY, HALF_DAYS) } else { (HALF_DAYS, DAILY) };
            let how = Repartition::to(to).replacing().and_remove();
            let _ = catalog.repartition(&readings(from), 1, how).unwrap();
        }
        other => panic!("{other}"),
    }
}

const DAILY: Resolution = Resolution::literal("1d");
const HALF_DAYS: Resolution = Resolution::literal("12h");

fn readings(resolution: Resolution) -> AssetId {
    AssetId::new("readings", AssetKind::Feature { resolution })
}

/// Rows without dates.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "lines", undated)]
struct Line {
    number: i64,
    written: i64,
}

/// More or fewer of them each time.
fn lines(n: i64) -> Vec<Line> {
    (0..200 + n % 7 * 100).map(|number| Line { number, written: n }).collect()
}

/// Starts work, kills it some time after it has said so many pieces; gives the first piece that may not be done.
fn kill_after(folder: &Path, verb: &str, from: i64, pieces: usize, delay: Duration) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["processes::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(WORK, format!("{verb} {from}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(std::result::Result::unwrap);
    let is_piece = |line: &String| line.starts_with("ack ") || line == "ready";
    assert_eq!(lines.by_ref().filter(is_piece).take(pieces + 1).count(), pieces + 1);
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    let later = lines.filter_map(|line| line.strip_prefix("ack ")?.parse::<i64>().ok()).last();
    later.map_or(from + i64::try_from(pieces).unwrap(), |last| last + 1)
}

/// Kills work again and again; after each, `check` is given the first piece that may not be done.
fn kill_often(verb: &str, check: impl Fn(&Catalog, i64)) {
    kill_often_in(&tempfile::tempdir().unwrap(), verb, check);
}

fn kill_often_in(folder: &tempfile::TempDir, verb: &str, check: impl Fn(&Catalog, i64)) {
    let mut from = 0;
    for kill in 0..kills() {
        let delay = Duration::from_micros(kill * 7919 % 41 * 300);
        let pieces = usize::try_from(kill % 3).unwrap();
        let next = kill_after(folder.path(), verb, from, pieces, delay);
        check(&Catalog::open(folder.path()).unwrap(), next);
        // The piece that was cut is done again: that changes nothing, or does it.
        from = next;
    }
    assert!(from > 0, "some work was done between the kills");
}

fn by_day(catalog: &Catalog) -> BTreeMap<Interval, Vec<Reading>> {
    let mut collection = Collection::new();
    let map = collection.add::<BTreeMap<Interval, Vec<Reading>>>("map", Fetch::from(Span::all())).unwrap();
    let mut got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    got.take(map).unwrap()
}

/// The pieces whose marks are there, each with all of its rows.
fn marked(found: &BTreeMap<Interval, Vec<Reading>>, common: i64) -> Vec<i64> {
    let marks: Vec<&Vec<Reading>> = found.values().skip(usize::try_from(common).unwrap()).collect();
    let pieces: Vec<i64> = marks.iter().map(|rows| rows[0].value).collect();
    for (rows, piece) in marks.iter().zip(&pieces) {
        assert_eq!(**rows, rows_of(mark(*piece), *piece));
    }
    pieces
}

#[test]
fn a_killed_replacement_is_there_or_not() {
    kill_often("replace", |catalog, next| {
        let found = by_day(catalog);
        if found.is_empty() {
            assert_eq!(next, 0, "what was acknowledged is there");
            return;
        }
        let pieces = marked(&found, DAYS);
        let last = *pieces.last().unwrap();
        assert!(last + 1 == next || last == next, "acknowledged up to {next}, found up to {last}");
        assert_eq!(pieces, (0..=last).collect::<Vec<_>>(), "every write has left its mark");
        let days: Vec<Reading> = found.into_values().take(usize::try_from(DAYS).unwrap()).flatten().collect();
        assert_eq!(days, all(last), "rows and marks are of one write");
    });
}

#[test]
fn a_killed_merge_is_there_or_not_and_once() {
    kill_often("merge", |catalog, next| {
        let pieces = marked(&by_day(catalog), 0);
        let last = i64::try_from(pieces.len()).unwrap();
        assert!(last == next || last == next + 1, "acknowledged up to {next}, found {last}");
        assert_eq!(pieces, (0..last).collect::<Vec<_>>());
    });
}

#[test]
fn a_killed_file_is_the_old_one_or_the_new_one() {
    kill_often("lake", |catalog, next| {
        let mut collection = Collection::new();
        let files: Handle<Vec<LakeFile>> = collection.add("files", Fetch::from(Span::all()).lake("notes")).unwrap();
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
        let contents: Vec<&[u8]> = got[files].iter().map(|file| file.bytes.as_ref()).collect();
        let is = |n: i64| contents == [n.to_string().repeat(3000).as_bytes()];
        assert!((next == 0 && contents.is_empty()) || is(next - 1) || is(next), "{next}, {} files", contents.len());
    });
}

#[test]
fn a_killed_replacement_of_undated_rows_is_there_or_not() {
    kill_often("persistent", |catalog, next| {
        let mut collection = Collection::new();
        let rows = collection.rows::<Line>("lines", Fetch::default()).unwrap();
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
        let found = &got[rows];
        assert!((next == 0 && found.is_empty()) || *found == lines(next - 1) || *found == lines(next), "{next}");
    });
}

/// All rows stay under one resolution or the other, or both; never a part of them.
#[test]
fn a_killed_repartition_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let _ = Catalog::open(folder.path()).unwrap().write(&all(3), &AssetWrite::replace()).unwrap();
    kill_often_in(&folder, "repartition", |catalog, _| {
        let count = |resolution: Resolution| {
            let mut model = Reading::schema().clone();
            model.kind = AssetKind::Feature { resolution };
            let want = Fetch::from(Span::all()).want_of("rows", std::sync::Arc::new(model)).unwrap();
            let mut collection = Collection::new();
            let rows: Handle<Batches> = collection.add_want(want).unwrap();
            catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap()[rows].num_rows()
        };
        let (daily, half) = (count(DAILY), count(HALF_DAYS));
        let whole = all(3).len();
        assert!(daily == whole || half == whole, "{daily} and {half} rows of {whole}");
        assert!([daily, half].iter().all(|rows| [0, whole].contains(rows)), "{daily} and {half} rows of {whole}");
        if daily == whole {
            assert_eq!(by_day(catalog).into_values().flatten().collect::<Vec<_>>(), all(3));
        }
    });
}

//! Records that are deep, long, or full of numbers that make no sense.

use serde_json::{Map, json};
use varvite_dataset::Compression;
use varvite_testkit::damage::Files;
use varvite_testkit::forge::log::{change, line, put_line};

use super::{Bomb, DAMAGED, MIB, TOO_LARGE, bomb, dataset};

/// Length of what is put into a record. One may have 16 MiB.
const FILLER: usize = 4 * MIB;
/// Most memory that such a record takes.
const RECORD: usize = 32 * FILLER;

fn of_line(line: &str) -> Files {
    let mut files = dataset(Compression::None, 1);
    put_line(&mut files, 0, line).unwrap();
    files
}

pub(crate) fn bombs() -> Vec<Bomb> {
    let sound = line(&dataset(Compression::None, 1), 0).unwrap();
    let filled = |what: &str| vec![what; FILLER / (what.len() + 1)].join(",");
    let unknown = |value: &str| of_line(&sound.replacen('{', &format!("{{\"x\":{value},"), 1));
    let replaced = |from: &str, to: &str| {
        assert!(sound.contains(from), "{sound}");
        of_line(&sound.replacen(from, to, 1))
    };
    let number = |field: &'static str, value: u64| {
        let mut files = dataset(Compression::None, 1);
        change(&mut files, 0, |record| record["add"][0][field] = value.into()).unwrap();
        files
    };
    let mut rows = dataset(Compression::None, 1);
    change(&mut rows, 0, |record| record["add"][0]["rg"][0][0] = (1_u64 << 62).into()).unwrap();
    let mut entries = dataset(Compression::None, 1);
    let set: Map<_, _> = (0..100_000).map(|at| (at.to_string(), json!(""))).collect();
    change(&mut entries, 0, |record| record["kv"]["set"] = set.into()).unwrap();
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    vec![
        bomb("a record 100,000 deep", DAMAGED, MIB, of_line(&"[".repeat(100_000))),
        bomb("an unknown field 50,000 deep", None, 2 * MIB, unknown(&deep(50_000))),
        bomb("an unknown field of a million objects", None, 4 * MIB, unknown(&format!("[{}]", filled("{}")))),
        bomb(
            "a million files that go",
            DAMAGED,
            RECORD,
            replaced("\"rm\":[]", &format!("\"rm\":[{}]", filled("\"\""))),
        ),
        bomb(
            "a million features",
            Some("VV0131"),
            RECORD,
            replaced("\"features\":[]", &format!("\"features\":[{}]", filled("\"\""))),
        ),
        bomb("100,000 entries", None, RECORD, entries),
        bomb("a record of 17 MiB", TOO_LARGE, MIB, of_line(&" ".repeat(17 << 20))),
        bomb("a file of 2^62 rows", DAMAGED, MIB, rows),
        bomb("a file of 2^63 bytes", DAMAGED, MIB, number("len", 1 << 63)),
        bomb("a footer of 2^41 bytes", TOO_LARGE, MIB, number("len", 1 << 41)),
        bomb("a file shorter than it says", DAMAGED, MIB, number("len", 1 << 20)),
        bomb("a row group that ends before it begins", DAMAGED, MIB, number("end", u64::MAX)),
    ]
}

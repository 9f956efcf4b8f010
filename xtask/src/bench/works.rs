//! [`Work`]: what is measured, by whom, against which goals.

use super::goals::Goal;
use super::sides::{Files, Side};
use super::sizes::Size;

/// One row of the table of goals, on one kind of data.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) data: Data,
    /// The subcommand, the same for all programs.
    pub(crate) command: &'static str,
    pub(crate) args: Vec<String>,
    /// How often a process repeats the work; 1: it does it once, and cannot be told to repeat it.
    pub(crate) repeats: usize,
    /// Whether our program is the one with frames.
    pub(crate) frames: bool,
    pub(crate) expected: Expected,
    pub(crate) sides: Vec<Side>,
    pub(crate) goals: Vec<Goal>,
}

/// What a work is done on: a folder of generated data, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    Series,
    Weather,
    Append {
        row_groups: usize,
    },
    /// Datasets of ours, made when the work is prepared.
    Walk,
    Keys,
    /// The history of a feature group, and entity rows.
    History,
    /// A row for each key of a feature group, and keys that are asked for.
    Online,
    /// A year of an asset.
    Assets,
    /// An asset of many intervals, made when the work is prepared.
    Intervals,
    /// What dataflows come to: their inputs are made as they are needed.
    Flow,
    /// A row a second, and as many targets.
    Ticks,
}

/// What every side must come to.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// A fact of the generated data.
    Fact(&'static str),
    Rows(u64),
}

impl Data {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Series => "series".to_owned(),
            Self::Weather => "weather".to_owned(),
            Self::Append { row_groups } => format!("append-{row_groups}"),
            Self::Walk => "walk".to_owned(),
            Self::Keys => "keys".to_owned(),
            Self::History => "history".to_owned(),
            Self::Online => "online".to_owned(),
            Self::Assets => "assets".to_owned(),
            Self::Intervals => "intervals".to_owned(),
            Self::Flow => "flow".to_owned(),
            Self::Ticks => "ticks".to_owned(),
        }
    }
}

/// All works of datasets, in the order in which they run.
pub(crate) fn all(size: &Size) -> Vec<Work> {
    let mut works = Vec::new();
    for data in [Data::Series, Data::Weather] {
        works.push(write(&data, size));
        works.extend(["clustered", "scattered"].map(|late| merge(&data, late, size)));
        works.extend(["all", "range", "column"].map(|what| read(&data, what, size)));
    }
    works.extend(size.row_groups.map(|row_groups| append(row_groups, size)));
    works.push(intersections(size));
    works.extend([false, true].map(|filtered| keys(filtered, size)));
    works
}

pub(super) const DURABLE: Option<bool> = Some(true);
pub(super) const VOLATILE: Option<bool> = Some(false);

fn ours() -> [Side; 2] {
    [Side::ours(DURABLE), Side::ours(VOLATILE)]
}

fn both(peer: &'static str) -> [Side; 2] {
    [Side::peer(peer, DURABLE), Side::peer(peer, VOLATILE)]
}

fn named(work: &str, data: &Data) -> String {
    if *data == Data::Series { work.to_owned() } else { format!("{work}-{}", data.name()) }
}

fn rows_of(data: &Data, size: &Size) -> String {
    if *data == Data::Weather { "the weather".to_owned() } else { format!("{} rows", grouped(size.rows)) }
}

fn write(data: &Data, size: &Size) -> Work {
    let peers = ["pyarrow", "polars", "duckdb", "deltalake", "arcticdb", "oups"];
    let mut sides: Vec<Side> = ours().into_iter().chain(peers.into_iter().flat_map(both)).collect();
    sides.push(Side::floor("encode", "ArrowWriter into memory, one thread"));
    sides.push(Side::durable_floor("disk", "the same bytes into one file, flushed"));
    sides.push(Side::floor("copy", "memcpy of the rows"));
    let writers = &["pyarrow", "polars", "duckdb", "deltalake", "oups"];
    Work {
        name: named("write", data),
        title: format!("{} as a new dataset", rows_of(data, size)),
        data: data.clone(),
        command: "write",
        args: Vec::new(),
        repeats: 1,
        frames: false,
        expected: Expected::Fact("all"),
        sides,
        goals: vec![Goal::Faster { than: writers, times: 0.8 }, Goal::Smallest { than: writers }],
    }
}

fn append(row_groups: usize, size: &Size) -> Work {
    let [few, many] = size.row_groups;
    let peers = ["deltalake", "arcticdb", "oups", "polars", "duckdb"];
    let mut sides: Vec<Side> = ours().into_iter().chain(peers.into_iter().flat_map(both)).collect();
    let files = [("a file more, flushed, no log", DURABLE), ("a file more, no log", VOLATILE)];
    sides.extend(files.map(|(does, durable)| Side::lesser("pyarrow", does, durable)));
    sides.push(Side::durable_floor("files", "one file of the same rows, flushed with its folder"));
    let mut goals = vec![Goal::Faster { than: &["deltalake", "arcticdb"], times: 0.5 }];
    if row_groups == many {
        goals.push(Goal::Against { work: append_name(few), times: 1.2 });
    }
    let groups = grouped(row_groups);
    Work {
        name: append_name(row_groups),
        title: format!("{} rows at {groups} row groups, handle kept", grouped(size.rows_of_append)),
        data: Data::Append { row_groups },
        command: "append",
        args: vec!["--row-groups".to_owned(), row_groups.to_string()],
        repeats: 1,
        frames: false,
        expected: Expected::Fact("append"),
        sides,
        goals,
    }
}

fn append_name(row_groups: usize) -> String {
    format!("append-{row_groups}")
}

fn merge(data: &Data, late: &'static str, size: &Size) -> Work {
    let peers = ["deltalake", "oups", "arcticdb", "polars", "pyarrow", "duckdb"];
    let part = if late == "clustered" { "1 % of the range" } else { "all of the range" };
    Work {
        name: named(&format!("merge-{late}"), data),
        title: format!("1 % late rows in {part} into {}, half of them corrections", rows_of(data, size)),
        data: data.clone(),
        command: "merge",
        args: vec!["--late".to_owned(), late.to_owned()],
        repeats: 1,
        frames: false,
        expected: Expected::Fact(late),
        sides: ours().into_iter().chain(peers.into_iter().flat_map(both)).collect(),
        goals: vec![
            Goal::Faster { than: &["deltalake"], times: 0.2 },
            Goal::Faster { than: &["oups"], times: 0.5 },
            Goal::Memory { bytes: 400_000_000 },
        ],
    }
}

fn read(data: &Data, what: &'static str, size: &Size) -> Work {
    let mut sides = vec![Side::ours(None)];
    for peer in ["polars", "duckdb", "pyarrow"] {
        sides.extend([Side::reader(peer, Files::Ours), Side::reader(peer, Files::Own)]);
    }
    sides.extend(["deltalake", "arcticdb", "oups"].map(|peer| Side::peer(peer, None)));
    if what == "all" {
        sides.push(Side::floor("decode", "plain Parquet decode of our files, one thread"));
        sides.push(Side::floor("hash", "hashing our files, one thread"));
        sides.push(Side::floor("copy", "memcpy of the rows"));
    }
    let title = match what {
        "all" => format!("all of {}", rows_of(data, size)),
        "range" => format!("1 % of the range of {}", rows_of(data, size)),
        _ => format!("one column of 1 % of the range of {}", rows_of(data, size)),
    };
    let small = what != "all" || *data == Data::Weather;
    Work {
        name: named(&format!("read-{what}"), data),
        title,
        data: data.clone(),
        command: "read",
        args: vec!["--what".to_owned(), what.to_owned()],
        repeats: if small { 20 } else { 3 },
        frames: false,
        expected: Expected::Fact(if what == "all" { "all" } else { "range" }),
        sides,
        goals: vec![
            Goal::Faster { than: &["polars"], times: 1.0 },
            Goal::Faster { than: &["duckdb"], times: 0.5 },
            Goal::Faster { than: &["arcticdb"], times: 1.0 },
        ],
    }
}

fn intersections(size: &Size) -> Work {
    let rows = size.datasets * size.rows_of_dataset;
    let peers = ["oups", "arcticdb", "polars", "duckdb", "deltalake"].map(|peer| Side::peer(peer, None));
    let mut sides = vec![Side::ours(None)];
    sides.extend(peers);
    sides.push(Side::lesser("pyarrow", "one file after the other", None));
    sides.push(Side::floor("decode-dropping", "plain Parquet decode of our files, one thread"));
    let numbers = [("--datasets", size.datasets), ("--rows", size.rows_of_dataset)];
    Work {
        name: "intersections".to_owned(),
        title: format!("{} datasets, {} rows, day by day", size.datasets, grouped(rows)),
        data: Data::Walk,
        command: "intersections",
        args: numbers.into_iter().flat_map(|(name, number)| [name.to_owned(), number.to_string()]).collect(),
        repeats: 1,
        frames: false,
        expected: Expected::Rows(rows as u64),
        sides,
        goals: vec![Goal::RowsByCpuSecond { rows: 10e6 }, Goal::Memory { bytes: 300_000_000 }],
    }
}

fn keys(filtered: bool, size: &Size) -> Work {
    let peers = ["arcticdb", "oups", "pyarrow", "polars", "duckdb", "deltalake"].map(|peer| Side::peer(peer, None));
    let mut sides = vec![Side::ours(None)];
    sides.extend(peers);
    if !filtered {
        sides.push(Side::floor("list", "the folders, listed by the standard library"));
    }
    let mut args = vec!["--count".to_owned(), size.keys.to_string()];
    args.extend(filtered.then(|| "--filtered".to_owned()));
    let of = grouped(size.keys);
    Work {
        name: if filtered { "keys-filtered" } else { "keys-all" }.to_owned(),
        title: if filtered { format!("one key in twenty of {of}") } else { format!("a store of {of} keys") },
        data: Data::Keys,
        command: "keys",
        args,
        repeats: 3,
        frames: false,
        expected: Expected::Rows((if filtered { size.keys / 20 } else { size.keys }) as u64),
        sides,
        goals: vec![Goal::Seconds { seconds: if filtered { 0.2 } else { 1.0 } }],
    }
}

/// Digits in groups of three.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::bench::sides::Program;

    #[test]
    fn names_differ_and_each_work_has_ours_a_peer_or_a_floor_and_a_goal() {
        let works = all(&Size::full());
        let names: HashSet<&str> = works.iter().map(|work| work.name.as_str()).collect();
        assert_eq!(names.len(), works.len());
        for work in &works {
            assert!(work.sides.iter().any(Side::is_ours) && !work.goals.is_empty(), "{}", work.name);
        }
    }

    #[test]
    fn no_peer_is_dropped_silently() {
        for work in all(&Size::full()) {
            let there: HashSet<&str> = work
                .sides
                .iter()
                .filter_map(|side| match side.program {
                    Program::Peer { name, .. } => Some(name),
                    _ => None,
                })
                .collect();
            assert_eq!(there.len(), 6, "{}: {there:?}", work.name);
        }
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([7, 1_000, 10_000_000].map(grouped), ["7", "1,000", "10,000,000"]);
    }
}

//! The works of assets: planned, fetched as rows and as frames, written.

use super::goals::Goal;
use super::sides::{Files, Side};
use super::sizes::Size;
use super::works::{DURABLE, Data, Expected, VOLATILE, Work, grouped};

/// How often a plan is made in a process: enough for percentiles.
const PLANS: usize = 100;
/// Polars from Rust, without anything of ours.
const BARE: &str = "scan_parquet";

/// All works of `bench asset`.
pub(crate) fn all(size: &Size) -> Vec<Work> {
    let mut works = vec![plan("first", size), plan("unbounded", size), plan("year-1", size), plan_many(size)];
    works.extend([rows(size), frame("ready", size), frame("collect", size), frame("sum", size), write(size)]);
    works
}

fn rows_of(size: &Size) -> String {
    grouped(size.days * size.rows_of_day)
}

fn plan(start: &'static str, size: &Size) -> Work {
    let from = match start {
        "first" => "the first row",
        "unbounded" => "no start",
        _ => "year 1",
    };
    let mut sides = vec![Side::ours(None)];
    sides.push(Side::floor("open", "the dataset opened by its path"));
    if start != "year-1" {
        sides.push(Side::peer("hyperion", None).slow());
    }
    let goal = match start {
        "first" => Goal::Seconds { seconds: 0.005 },
        _ => Goal::Against { work: "plan-first".to_owned(), times: 1.2 },
    };
    Work {
        name: format!("plan-{start}"),
        title: format!("catalog opened and {} partitions planned, from {from} on", size.days),
        data: Data::Assets,
        command: "asset-plan",
        args: ["--start", start].map(str::to_owned).to_vec(),
        repeats: PLANS,
        frames: false,
        expected: Expected::Rows(size.days as u64),
        sides,
        goals: vec![goal],
    }
}

fn plan_many(size: &Size) -> Work {
    Work {
        name: "plan-many".to_owned(),
        title: format!("catalog opened and {} partitions planned", grouped(size.intervals)),
        data: Data::Intervals,
        command: "asset-plan",
        args: vec!["--intervals".to_owned(), size.intervals.to_string()],
        repeats: 10,
        frames: false,
        expected: Expected::Rows(size.intervals as u64),
        sides: vec![Side::ours(None), Side::floor("open", "the dataset opened by its path")],
        goals: vec![Goal::Seconds { seconds: 0.2 }],
    }
}

fn rows(size: &Size) -> Work {
    Work {
        name: "rows".to_owned(),
        title: format!("{} rows as one vector of structs", rows_of(size)),
        data: Data::Assets,
        command: "asset-rows",
        args: Vec::new(),
        repeats: 5,
        frames: false,
        expected: Expected::Fact("all"),
        sides: vec![
            Side::ours(None),
            Side::peer("hyperion", None).slow(),
            Side::floor("decode", "plain Parquet decode of our files, one thread"),
        ],
        goals: vec![Goal::Seconds { seconds: 0.5 }, Goal::Growth { times: 1.5 }],
    }
}

fn frame(what: &'static str, size: &Size) -> Work {
    let mut sides = vec![Side::ours(None), Side::bare(BARE), Side::reader("polars", Files::Ours)];
    if what != "sum" {
        sides.push(Side::peer("hyperion", None).slow());
    }
    let (title, expected, goal) = match what {
        "ready" => ("a lazy frame of", Expected::Rows(size.days as u64), Goal::Seconds { seconds: 0.01 }),
        "collect" => ("a frame collected, of", Expected::Fact("all"), Goal::Faster { than: &[BARE], times: 1.2 }),
        _ => ("one column summed, of", Expected::Fact("sum"), Goal::Faster { than: &[BARE], times: 1.5 }),
    };
    Work {
        name: format!("frame-{what}"),
        title: format!("{title} {} rows", rows_of(size)),
        data: Data::Assets,
        command: "asset-frame",
        args: ["--what", what].map(str::to_owned).to_vec(),
        repeats: 10,
        frames: true,
        expected,
        sides,
        goals: vec![goal],
    }
}

fn write(size: &Size) -> Work {
    Work {
        name: "write-days".to_owned(),
        title: format!("{} rows, a write a day", rows_of(size)),
        data: Data::Assets,
        command: "asset-write",
        args: Vec::new(),
        repeats: 1,
        frames: false,
        expected: Expected::Fact("all"),
        sides: vec![Side::ours(DURABLE), Side::ours(VOLATILE), Side::peer("hyperion", VOLATILE).slow()],
        goals: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_that_are_compared_with_come_before() {
        let works = all(&Size::full());
        for (at, work) in works.iter().enumerate() {
            for goal in &work.goals {
                if let Goal::Against { work: name, .. } = goal {
                    assert!(works[..at].iter().any(|earlier| earlier.name == *name), "{name}");
                }
            }
        }
    }
}

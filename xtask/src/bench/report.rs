//! [`Report`]: tables for people, JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::goals::{Verdict, as_float, ours_of};
use super::machine::{Machine, load};
use super::measure::{Bench, WorkResult};
use super::outcome::{Figures, SideResult};

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    load_at_end: Option<f64>,
    size: &'static str,
    runs: usize,
    /// Of peers, by name.
    versions: BTreeMap<String, String>,
    works: Vec<WorkResult>,
}

impl Report {
    pub(crate) fn new(machine: Machine, bench: &Bench, works: Vec<WorkResult>) -> Self {
        let peers = works.iter().flat_map(|work| &work.sides);
        let versions = peers
            .filter_map(|result| {
                let name = result.title.split(',').next()?.to_owned();
                Some((name, result.version.clone()?))
            })
            .collect();
        Self { machine, load_at_end: load(), size: bench.size.name, runs: bench.runs, versions, works }
    }

    /// What ours could not do, or did wrong.
    pub(crate) fn failures_of_ours(&self) -> Vec<String> {
        let of_work = |work: &WorkResult| {
            let ours = work.sides.iter().filter(|result| result.side.is_ours());
            let name = work.work.name.clone();
            ours.filter_map(move |result| Some(format!("{name}: {}", result.unavailable.as_ref()?))).collect::<Vec<_>>()
        };
        self.works.iter().flat_map(of_work).collect()
    }

    /// The machine, the versions, and the goals of all works.
    pub(crate) fn summary(&self) -> String {
        let mut text = format!("{}\n", self.machine.describe());
        let versions = self.versions.iter().map(|(name, version)| format!("{name} {version}"));
        let _ = writeln!(text, "{}", versions.collect::<Vec<_>>().join(", "));
        let _ = writeln!(text, "size {}, {} runs\n", self.size, self.runs);
        for work in &self.works {
            for verdict in &work.goals {
                let _ = writeln!(text, "{:<28} {}", work.work.name, line(verdict));
            }
        }
        text
    }
}

/// The sides of a work, in groups that compare like with like.
pub(crate) fn table(work: &WorkResult) -> String {
    let mut text = format!("{}: {}\n", work.work.name, work.work.title);
    let _ = writeln!(
        text,
        "  {:<52} {:>10} {:>10} {:>10} {:>9} {:>8} {:>8} {:>11} {:>10} {:>7}",
        "", "median", "fastest", "p99", "CPU s", "peak MB", "disk MB", "rate", "ours/this", "of CPU"
    );
    for (title, durable) in [("durable", Some(true)), ("not durable", Some(false)), ("", None)] {
        let beside = |result: &&SideResult| !result.side.is_floor() && result.side.durable == durable;
        group(&mut text, title, work, work.sides.iter().filter(beside));
    }
    group(&mut text, "floors", work, work.sides.iter().filter(|result| result.side.is_floor()));
    let missing = work.sides.iter().filter_map(|result| Some((result, result.unavailable.as_ref()?)));
    for (result, why) in missing {
        let durable = match result.side.durable {
            Some(true) => ", durable",
            Some(false) => ", not durable",
            None => "",
        };
        let _ = writeln!(text, "  {}{durable}: not available: {why}", result.title);
    }
    text
}

fn group<'a>(text: &mut String, title: &str, work: &WorkResult, results: impl Iterator<Item = &'a SideResult>) {
    let measured: Vec<_> = results.filter_map(|result| Some((result, result.figures.as_ref()?))).collect();
    if measured.is_empty() {
        return;
    }
    if !title.is_empty() {
        let _ = writeln!(text, " {title}");
    }
    for (result, figures) in measured {
        // A floor that is not flushed lies under the row of ours that is not flushed either, if there is one.
        let ours = ours_of(work, result.side.durable).or_else(|| ours_of(work, Some(false)));
        let _ = writeln!(text, "  {:<52} {}", result.title, row(figures, ours.filter(|_| !result.side.is_ours())));
    }
}

/// A line of the table; with the figures of ours, also the ratio to them.
fn row(figures: &Figures, ours: Option<&Figures>) -> String {
    let or_blank = |text: Option<String>| text.unwrap_or_default();
    let megabytes = |bytes: Option<u64>| or_blank(bytes.map(|bytes| format!("{:.1}", as_float(bytes) / 1e6)));
    let ratio = |ours: f64, theirs: f64| format!("{:.2}", ours / theirs);
    let cpu = ours.and_then(|ours| Some(ratio(ours.cpu_seconds?, figures.cpu_seconds?)));
    format!(
        "{:>10} {:>10} {:>10} {:>9} {:>8} {:>8} {:>11} {:>10} {:>7}",
        duration(figures.seconds),
        duration(figures.fastest),
        or_blank(figures.p99.map(duration)),
        or_blank(figures.cpu_seconds.map(|seconds| format!("{seconds:.4}"))),
        or_blank(figures.peak_bytes.map(|bytes| (bytes / 1_000_000).to_string())),
        megabytes(figures.disk_bytes),
        or_blank(rate(figures)),
        or_blank(ours.map(|ours| ratio(ours.seconds, figures.seconds))),
        or_blank(cpu),
    )
}

/// Rows or bytes a second, where so many went through.
fn rate(figures: &Figures) -> Option<String> {
    let by_second = |number: u64| as_float(number) / figures.seconds;
    let rows = figures.rows_processed.map(|rows| format!("{:.1} Mrow/s", by_second(rows) / 1e6));
    rows.or_else(|| Some(format!("{:.2} GB/s", by_second(figures.bytes_processed?) / 1e9)))
}

fn duration(seconds: f64) -> String {
    match seconds {
        0.0..1e-4 => format!("{:.2} µs", seconds * 1e6),
        0.0..1.0 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// The goals of a work, with what became of them.
pub(crate) fn goals(verdicts: &[Verdict]) -> String {
    verdicts.iter().map(|verdict| format!("  goal: {}", line(verdict))).collect::<Vec<_>>().join("\n")
}

fn line(verdict: &Verdict) -> String {
    let found = verdict.found.as_deref().unwrap_or("nothing to compare with");
    let end = match verdict.reached {
        Some(true) => ": reached",
        Some(false) => ": NOT reached",
        None => "",
    };
    format!("{}: {found}{end}", verdict.goal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::outcome::Reply;
    use crate::bench::sides::Side;
    use crate::bench::sizes::Size;
    use crate::bench::works;

    fn result(side: Side, seconds: f64) -> SideResult {
        let mut result = SideResult::new(side);
        let cpu_seconds = Some(seconds / 2.0);
        result.replies = vec![Reply { seconds: vec![seconds], cpu_seconds, ..Reply::default() }];
        result.figures = Figures::of(&result.replies);
        result
    }

    #[test]
    fn a_table_compares_rows_of_one_durability_and_says_what_is_missing() {
        let mut missing = SideResult::new(Side::peer("oups", Some(true)));
        missing.fail("it flushes nothing".to_owned());
        let sides = vec![
            result(Side::ours(Some(true)), 2.0),
            result(Side::ours(Some(false)), 0.5),
            result(Side::peer("polars", Some(true)), 4.0),
            result(Side::peer("polars", Some(false)), 0.1),
            missing,
        ];
        let work = WorkResult { work: works::all(&Size::quick()).remove(0), sides, goals: Vec::new() };
        let text = table(&work);
        let lines: Vec<String> =
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let expected = [
            "write: 1,000,000 rows as a new dataset",
            "median fastest p99 CPU s peak MB disk MB rate ours/this of CPU",
            "durable",
            "varvite 2.00 s 2.00 s 1.0000",
            "polars 4.00 s 4.00 s 2.0000 0.50 0.50",
            "not durable",
            "varvite 500.00 ms 500.00 ms 0.2500",
            "polars 100.00 ms 100.00 ms 0.0500 5.00 5.00",
            "oups, durable: not available: it flushes nothing",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn durations_have_digits_that_say_something() {
        assert_eq!([2.5e-6, 2.5e-4, 0.25, 2.5].map(duration), ["2.50 µs", "0.25 ms", "250.00 ms", "2.50 s"]);
    }

    #[test]
    fn a_goal_says_what_was_found() {
        let verdict = Verdict { goal: "under 1 s".to_owned(), found: Some("0.4 s".to_owned()), reached: Some(true) };
        assert_eq!(line(&verdict), "under 1 s: 0.4 s: reached");
        let nothing = Verdict { goal: "under 1 s".to_owned(), found: None, reached: None };
        assert_eq!(line(&nothing), "under 1 s: nothing to compare with");
    }
}

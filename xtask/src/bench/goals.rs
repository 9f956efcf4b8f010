//! [`Goal`]: what a work should come to, and whether it did.

use serde::Serialize;

use super::measure::WorkResult;
use super::outcome::{Figures, SideResult};

/// What ours should come to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Goal {
    /// At most so many times the fastest of these peers, at equal durability.
    Faster {
        than: &'static [&'static str],
        times: f64,
    },
    /// At most so many times the CPU time of the most frugal of these peers, at equal durability.
    Cpu {
        than: &'static [&'static str],
        times: f64,
    },
    /// No more bytes on disk than any of these peers.
    Smallest {
        than: &'static [&'static str],
    },
    /// At most so many times what ours took in another work, at equal durability.
    Against {
        work: String,
        times: f64,
    },
    /// At most so many bytes at the peak.
    Memory {
        bytes: u64,
    },
    /// At most so many times the memory of the result, on top of what was there before.
    Growth {
        times: f64,
    },
    /// At least so many rows in a second of CPU time.
    RowsByCpuSecond {
        rows: f64,
    },
    Seconds {
        seconds: f64,
    },
    /// Half of the repetitions take at most so long.
    Median {
        micros: f64,
    },
    /// All but one in a hundred repetitions take at most so long.
    P99 {
        micros: f64,
    },
    /// At least so many rows in a second.
    RowsBySecond {
        rows: f64,
    },
}

/// What became of a goal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) goal: String,
    /// `None` where there is nothing to compare with.
    pub(crate) found: Option<String>,
    pub(crate) reached: Option<bool>,
}

/// Fills in what became of the goals of the last work; earlier ones may be compared with.
pub(crate) fn judge(works: &mut [WorkResult]) {
    let Some((last, earlier)) = works.split_last_mut() else { return };
    last.goals = last.work.goals.iter().flat_map(|goal| goal.judge(last, earlier)).collect();
}

/// Whether what is written is flushed, in words that go before a goal.
fn durability(durable: Option<bool>) -> &'static str {
    match durable {
        Some(true) => "durable: ",
        Some(false) => "not durable: ",
        None => "",
    }
}

impl Goal {
    fn judge(&self, work: &WorkResult, earlier: &[WorkResult]) -> Vec<Verdict> {
        match self {
            Self::Faster { than, times } => self.each_durability(work, |ours, durable| {
                let (peer, seconds) = best(work, than, durable, |figures| Some(figures.seconds))?;
                Some(at_most(ours.seconds / seconds, *times, &peer))
            }),
            Self::Cpu { than, times } => self.each_durability(work, |ours, durable| {
                let (peer, seconds) = best(work, than, durable, |figures| figures.cpu_seconds)?;
                Some(at_most(ours.cpu_seconds? / seconds, *times, &peer))
            }),
            Self::Smallest { than } => self.each_durability(work, |ours, durable| {
                let (peer, bytes) = best(work, than, durable, |figures| figures.disk_bytes.map(as_float))?;
                Some(at_most(as_float(ours.disk_bytes?) / bytes, 1.0, &peer))
            }),
            Self::Against { work: name, times } => self.each_durability(work, |ours, durable| {
                let other = earlier.iter().find(|work| work.work.name == *name)?;
                Some(at_most(ours.seconds / ours_of(other, durable)?.seconds, *times, name))
            }),
            Self::Memory { bytes } => self.each_durability(work, |ours, _| {
                let peak = ours.peak_bytes?;
                Some((format!("{} MB", peak / 1_000_000), peak <= *bytes))
            }),
            Self::Growth { times } => self.each_durability(work, |ours, _| {
                let grown = ours.peak_bytes?.saturating_sub(ours.before_bytes?);
                let result = ours.result_bytes?;
                let ratio = as_float(grown) / as_float(result);
                Some((format!("{ratio:.2} x {} MB", result / 1_000_000), ratio <= *times))
            }),
            Self::RowsByCpuSecond { rows } => self.each_durability(work, |ours, _| {
                let rate = as_float(ours.rows_processed?) / ours.cpu_seconds?;
                Some((format!("{:.1} M rows/s", rate / 1e6), rate >= *rows))
            }),
            Self::Median { micros } => self.each_durability(work, |ours, _| Some(within(ours.seconds, *micros))),
            Self::P99 { micros } => self.each_durability(work, |ours, _| Some(within(ours.p99?, *micros))),
            Self::RowsBySecond { rows } => self.each_durability(work, |ours, _| {
                let rate = as_float(ours.rows_processed?) / ours.seconds;
                Some((format!("{rate:.0} rows/s"), rate >= *rows))
            }),
            Self::Seconds { seconds } => {
                self.each_durability(work, |ours, _| Some((format!("{:.3} s", ours.seconds), ours.seconds <= *seconds)))
            }
        }
    }

    /// Judges each of our rows. A durability at which no peer was measured is left out, unless that is all of them.
    fn each_durability(
        &self,
        work: &WorkResult,
        judge: impl Fn(&Figures, Option<bool>) -> Option<(String, bool)>,
    ) -> Vec<Verdict> {
        let ours = work.sides.iter().filter(|result| result.side.is_ours());
        let judged: Vec<Verdict> = ours
            .filter_map(|result| {
                let durable = result.side.durable;
                let (found, reached) = judge(result.figures.as_ref()?, durable)?;
                let goal = format!("{}{}", durability(durable), self.title());
                Some(Verdict { goal, found: Some(found), reached: Some(reached) })
            })
            .collect();
        if judged.is_empty() { vec![Verdict { goal: self.title(), found: None, reached: None }] } else { judged }
    }

    fn title(&self) -> String {
        match self {
            Self::Faster { than, times } => format!("time at most {times} x {}", any_of(than)),
            Self::Cpu { than, times } => format!("CPU time at most {times} x {}", any_of(than)),
            Self::Smallest { than } => format!("no more bytes on disk than {}", any_of(than)),
            Self::Against { work, times } => format!("time at most {times} x ours in {work}"),
            Self::Memory { bytes } => format!("memory under {} MB", bytes / 1_000_000),
            Self::Growth { times } => format!("memory taken at most {times} x the result"),
            Self::RowsByCpuSecond { rows } => format!("at least {} M rows/s/core", rows / 1e6),
            Self::Seconds { seconds } => format!("under {seconds} s"),
            Self::Median { micros } => format!("p50 at most {micros} µs"),
            Self::P99 { micros } => format!("p99 at most {micros} µs"),
            Self::RowsBySecond { rows } => format!("at least {rows} rows/s"),
        }
    }
}

fn any_of(peers: &[&str]) -> String {
    match peers {
        [one] => (*one).to_owned(),
        several => format!("the best of {}", several.join(", ")),
    }
}

/// The peer with the smallest value among those that do the same work at the same durability.
fn best(
    work: &WorkResult,
    peers: &[&str],
    durable: Option<bool>,
    value: impl Fn(&Figures) -> Option<f64>,
) -> Option<(String, f64)> {
    let rivals = work.sides.iter().filter(|result| result.side.durable == durable);
    let rivals = rivals.filter(|result| result.side.rival().is_some_and(|name| peers.contains(&name)));
    rivals
        .filter_map(|result| Some((result.title.clone(), value(result.figures.as_ref()?)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

fn at_most(ratio: f64, limit: f64, other: &str) -> (String, bool) {
    (format!("{ratio:.2} x {other}"), ratio <= limit)
}

fn within(seconds: f64, micros: f64) -> (String, bool) {
    let found = seconds * 1e6;
    (format!("{found:.1} µs"), found <= micros)
}

/// Our figures at a durability.
pub(crate) fn ours_of(work: &WorkResult, durable: Option<bool>) -> Option<&Figures> {
    let ours = |result: &&SideResult| result.side.is_ours() && result.side.durable == durable;
    work.sides.iter().find(ours)?.figures.as_ref()
}

#[expect(clippy::cast_precision_loss, reason = "for ratios and megabytes")]
pub(crate) fn as_float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::outcome::Reply;
    use crate::bench::sides::Side;
    use crate::bench::sizes::Size;
    use crate::bench::works;

    fn result(side: Side, seconds: f64, disk_bytes: u64) -> SideResult {
        let reply = Reply { seconds: vec![seconds], disk_bytes: Some(disk_bytes), ..Reply::default() };
        let figures = Figures::of(std::slice::from_ref(&reply));
        SideResult { title: side.title(), side, version: None, unavailable: None, figures, replies: vec![reply] }
    }

    fn work(name: &str, goal: Goal, sides: Vec<SideResult>) -> WorkResult {
        let mut work = works::all(&Size::quick()).remove(0);
        work.name = name.to_owned();
        work.goals = vec![goal];
        WorkResult { work, sides, goals: Vec::new() }
    }

    #[track_caller]
    fn check(works: &mut [WorkResult], expected: &[(&str, Option<&str>, Option<bool>)]) {
        judge(works);
        let found = &works[works.len() - 1].goals;
        let found: Vec<_> =
            found.iter().map(|verdict| (verdict.goal.as_str(), verdict.found.as_deref(), verdict.reached)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_best_peer_of_the_same_durability_counts() {
        let goal = Goal::Faster { than: &["polars", "duckdb"], times: 0.8 };
        let sides = vec![
            result(Side::ours(Some(true)), 1.0, 0),
            result(Side::ours(Some(false)), 0.5, 0),
            result(Side::peer("polars", Some(true)), 2.0, 0),
            result(Side::peer("duckdb", Some(true)), 4.0, 0),
            result(Side::peer("pyarrow", Some(true)), 0.1, 0),
            result(Side::lesser("polars", "a part", Some(false)), 0.1, 0),
        ];
        let expected = ("durable: time at most 0.8 x the best of polars, duckdb", Some("0.50 x polars"), Some(true));
        check(&mut [work("a", goal, sides)], &[expected]);
    }

    #[test]
    fn without_a_peer_nothing_is_said_to_be_reached() {
        let goal = Goal::Faster { than: &["oups"], times: 0.5 };
        let sides = vec![result(Side::ours(Some(true)), 1.0, 0)];
        check(&mut [work("a", goal, sides)], &[("time at most 0.5 x oups", None, None)]);
    }

    #[test]
    fn ours_is_compared_with_ours_in_another_work() {
        let goal = Goal::Against { work: "few".to_owned(), times: 1.2 };
        let few = work("few", Goal::Seconds { seconds: 1.0 }, vec![result(Side::ours(Some(true)), 1.0, 0)]);
        let many = work("many", goal, vec![result(Side::ours(Some(true)), 1.5, 0)]);
        let expected = ("durable: time at most 1.2 x ours in few", Some("1.50 x few"), Some(false));
        check(&mut [few, many], &[expected]);
    }

    #[test]
    fn cpu_time_is_compared_with_the_most_frugal_peer() {
        let goal = Goal::Cpu { than: &["polars", "duckdb"], times: 0.5 };
        let of = |side: Side, cpu: f64| {
            let mut result = result(side, 1.0, 0);
            result.figures.as_mut().unwrap().cpu_seconds = Some(cpu);
            result
        };
        let sides = vec![
            of(Side::ours(None), 3.0),
            of(Side::peer_by("duckdb", "range join"), 4.0),
            of(Side::peer_by("duckdb", "ASOF JOIN"), 5.0),
            of(Side::peer_by("polars", "join_asof"), 6.0),
        ];
        let expected =
            ("CPU time at most 0.5 x the best of polars, duckdb", Some("0.75 x duckdb, range join"), Some(false));
        check(&mut [work("a", goal, sides)], &[expected]);
    }

    #[test]
    fn look_ups_are_judged_one_by_one_and_rows_by_the_second() {
        let reply = Reply { seconds: vec![15e-6; 100], rows_processed: Some(3), ..Reply::default() };
        let mut slow = reply.clone();
        slow.seconds[..2].fill(1.0);
        let side = |reply: Reply| {
            let mut result = result(Side::ours(None), 1.0, 0);
            result.figures = Figures::of(std::slice::from_ref(&reply));
            result
        };
        let (median, p99) = (Goal::Median { micros: 20.0 }, Goal::P99 { micros: 100.0 });
        let expected = |goal, found, reached| [(goal, Some(found), Some(reached))];
        check(&mut [work("a", median, vec![side(slow.clone())])], &expected("p50 at most 20 µs", "15.0 µs", true));
        check(&mut [work("a", p99.clone(), vec![side(slow)])], &expected("p99 at most 100 µs", "1000000.0 µs", false));
        check(&mut [work("a", p99, vec![side(reply.clone())])], &expected("p99 at most 100 µs", "15.0 µs", true));
        let rate = Goal::RowsBySecond { rows: 200_000.0 };
        check(&mut [work("a", rate, vec![side(reply)])], &expected("at least 200000 rows/s", "200000 rows/s", true));
    }

    #[test]
    fn memory_is_compared_with_that_of_the_result() {
        let reply = Reply {
            seconds: vec![1.0],
            before_bytes: Some(5_000_000),
            peak_bytes: Some(185_000_000),
            result_bytes: Some(120_000_000),
            ..Reply::default()
        };
        let mut side = result(Side::ours(None), 1.0, 0);
        side.figures = Figures::of(std::slice::from_ref(&reply));
        let expected = |title, reached| [(title, Some("1.50 x 120 MB"), Some(reached))];
        let judged = |times, title, reached| {
            check(&mut [work("a", Goal::Growth { times }, vec![side.clone()])], &expected(title, reached));
        };
        judged(1.5, "memory taken at most 1.5 x the result", true);
        judged(1.4, "memory taken at most 1.4 x the result", false);
    }

    #[test]
    fn the_same_work_by_a_library_is_a_rival() {
        let goal = Goal::Faster { than: &["scan_parquet"], times: 1.2 };
        let sides = vec![result(Side::ours(None), 1.1, 0), result(Side::bare("scan_parquet"), 1.0, 0)];
        let expected = ("time at most 1.2 x scan_parquet", Some("1.10 x scan_parquet, same program"), Some(true));
        check(&mut [work("a", goal, sides)], &[expected]);
    }

    #[test]
    fn the_smallest_files_are_asked_for() {
        let goal = Goal::Smallest { than: &["polars"] };
        let sides = vec![result(Side::ours(None), 1.0, 90), result(Side::peer("polars", None), 1.0, 100)];
        let expected = ("no more bytes on disk than polars", Some("0.90 x polars"), Some(true));
        check(&mut [work("a", goal, sides)], &[expected]);
    }
}

//! [`Reply`]: what one process answered; [`Figures`]: what several of them come to.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::sides::Side;
use super::stats::{median, percentile};

/// One line of a measuring program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// Why there are no figures.
    pub(crate) unavailable: Option<String>,
    /// The version of a peer.
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) seconds: Vec<f64>,
    pub(crate) first_seconds: Option<f64>,
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) before_bytes: Option<u64>,
    pub(crate) peak_bytes: Option<u64>,
    #[serde(default)]
    pub(crate) rows: u64,
    pub(crate) sum: Option<f64>,
    #[serde(default)]
    pub(crate) columns: Vec<ColumnFact>,
    pub(crate) rows_processed: Option<u64>,
    pub(crate) bytes_processed: Option<u64>,
    /// What the result takes in memory, where that is compared with the peak.
    pub(crate) result_bytes: Option<u64>,
    pub(crate) disk_bytes: Option<u64>,
    #[serde(default)]
    pub(crate) storage: BTreeMap<String, Calls>,
}

/// Calls of a storage of one kind.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Calls {
    pub(crate) calls: u64,
    pub(crate) seconds: f64,
}

/// What every side must come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fact {
    pub(crate) rows: u64,
    pub(crate) sum: Option<f64>,
    #[serde(default)]
    pub(crate) columns: Vec<ColumnFact>,
}

/// What a column of a result comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ColumnFact {
    /// Values that are not null.
    pub(crate) present: u64,
    pub(crate) sum: f64,
    /// The sum of values times the part of the rows that lie before them: it changes when rows change places.
    pub(crate) placed: f64,
}

impl Reply {
    pub(crate) fn parse(output: &str) -> Result<Self> {
        let line = output.lines().rfind(|line| line.starts_with('{')).context("it answered nothing")?;
        serde_json::from_str(line).context("its answer cannot be read")
    }

    /// What is wrong with the result; a sum that was not made up is not compared.
    pub(crate) fn differs_from(&self, fact: &Fact) -> Option<String> {
        if self.rows != fact.rows {
            return Some(format!("wrong result: {} rows instead of {}", self.rows, fact.rows));
        }
        if let Some((found, expected)) = self.sum.zip(fact.sum).filter(|(found, expected)| !is_same(*found, *expected))
        {
            return Some(format!("wrong result: values sum up to {found} instead of {expected}"));
        }
        if self.columns.len() != fact.columns.len() {
            return Some(format!("wrong result: {} columns instead of {}", self.columns.len(), fact.columns.len()));
        }
        let columns = self.columns.iter().zip(&fact.columns).enumerate();
        let (at, (found, expected)) =
            columns.into_iter().find(|(_, (found, expected))| found.differs_from(expected))?;
        Some(format!("wrong result: column {at} comes to {found:?} instead of {expected:?}"))
    }
}

impl ColumnFact {
    fn differs_from(&self, other: &Self) -> bool {
        self.present != other.present || !is_same(self.sum, other.sum) || !is_same(self.placed, other.placed)
    }
}

/// Whether two sums are of the same values, whatever the order in which they were added.
fn is_same(found: f64, expected: f64) -> bool {
    const TOLERANCE: f64 = 1e-9;
    (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0)
}

/// What a side came to in all its processes: medians over processes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figures {
    /// Of the medians of each process.
    pub(crate) seconds: f64,
    pub(crate) fastest: f64,
    pub(crate) slowest: f64,
    /// Of each process' 99th percentile, where it repeated the work often.
    pub(crate) p99: Option<f64>,
    pub(crate) first_seconds: Option<f64>,
    /// For one repetition.
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) before_bytes: Option<u64>,
    /// The largest of any process.
    pub(crate) peak_bytes: Option<u64>,
    pub(crate) result_bytes: Option<u64>,
    pub(crate) disk_bytes: Option<u64>,
    pub(crate) rows_processed: Option<u64>,
    pub(crate) bytes_processed: Option<u64>,
}

/// From so many repetitions on, the slowest of a hundred says something.
const ENOUGH_FOR_P99: usize = 50;

impl Figures {
    pub(crate) fn of(replies: &[Reply]) -> Option<Self> {
        let medians: Vec<f64> = replies.iter().filter_map(|reply| median(&reply.seconds)).collect();
        let all = |get: fn(&Reply) -> Option<f64>| median(&replies.iter().filter_map(get).collect::<Vec<_>>());
        let p99 = |reply: &Reply| percentile(&reply.seconds, 99).filter(|_| reply.seconds.len() >= ENOUGH_FOR_P99);
        Some(Self {
            seconds: median(&medians)?,
            fastest: percentile(&medians, 1)?,
            slowest: percentile(&medians, 100)?,
            p99: all(p99),
            first_seconds: all(|reply| reply.first_seconds),
            cpu_seconds: all(cpu_of_one),
            before_bytes: replies.iter().filter_map(|reply| reply.before_bytes).max(),
            peak_bytes: replies.iter().filter_map(|reply| reply.peak_bytes).max(),
            result_bytes: replies.iter().find_map(|reply| reply.result_bytes),
            disk_bytes: replies.iter().filter_map(|reply| reply.disk_bytes).max(),
            rows_processed: replies.iter().find_map(|reply| reply.rows_processed),
            bytes_processed: replies.iter().find_map(|reply| reply.bytes_processed),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "repetitions are few")]
fn cpu_of_one(reply: &Reply) -> Option<f64> {
    reply.cpu_seconds.filter(|_| !reply.seconds.is_empty()).map(|cpu| cpu / reply.seconds.len() as f64)
}

/// A side with what it came to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SideResult {
    pub(crate) side: Side,
    pub(crate) title: String,
    pub(crate) version: Option<String>,
    /// Why there are no figures.
    pub(crate) unavailable: Option<String>,
    pub(crate) figures: Option<Figures>,
    /// Every answer, as it came.
    pub(crate) replies: Vec<Reply>,
}

impl SideResult {
    pub(crate) fn new(side: Side) -> Self {
        let title = side.title();
        Self { side, title, version: None, unavailable: None, figures: None, replies: Vec::new() }
    }

    /// It is not asked again, and has no figures.
    pub(crate) fn fail(&mut self, why: String) {
        self.unavailable = Some(why);
        self.replies.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(seconds: &[f64], rows: u64, sum: Option<f64>) -> Reply {
        Reply { seconds: seconds.to_vec(), rows, sum, cpu_seconds: Some(6.0), ..Reply::default() }
    }

    #[test]
    fn the_last_line_that_is_an_answer_counts() {
        let reply = Reply::parse("a warning\n{\"seconds\": [1.5], \"rows\": 3}\n").unwrap();
        assert_eq!((reply.seconds.as_slice(), reply.rows), (&[1.5][..], 3));
        assert!(Reply::parse("nothing").is_err());
    }

    #[test]
    fn a_wrong_result_is_found() {
        let fact = Fact { rows: 2, sum: Some(10.0), ..Fact::default() };
        assert_eq!(reply(&[], 2, Some(10.000_000_000_1)).differs_from(&fact), None);
        assert_eq!(reply(&[], 2, None).differs_from(&fact), None);
        let rows = reply(&[], 3, Some(10.0)).differs_from(&fact).unwrap();
        assert_eq!(rows, "wrong result: 3 rows instead of 2");
        assert!(reply(&[], 2, Some(11.0)).differs_from(&fact).is_some());
    }

    #[test]
    fn a_wrong_column_is_found() {
        let right = ColumnFact { present: 2, sum: 10.0, placed: 5.0 };
        let fact = Fact { rows: 2, columns: vec![right], ..Fact::default() };
        let of =
            |columns: &[ColumnFact]| Reply { columns: columns.to_vec(), ..reply(&[], 2, None) }.differs_from(&fact);
        assert_eq!(of(&[ColumnFact { sum: 10.000_000_000_1, ..right }]), None);
        assert_eq!(of(&[]).unwrap(), "wrong result: 0 columns instead of 1");
        for wrong in
            [ColumnFact { present: 1, ..right }, ColumnFact { sum: 11.0, ..right }, ColumnFact { placed: 4.0, ..right }]
        {
            assert!(of(&[wrong]).unwrap().starts_with("wrong result: column 0 comes to "));
        }
    }

    #[test]
    fn figures_are_medians_over_processes() {
        let replies = [reply(&[1.0, 2.0, 9.0], 0, None), reply(&[4.0], 0, None), reply(&[3.0], 0, None)];
        let figures = Figures::of(&replies).unwrap();
        assert_eq!((figures.seconds, figures.fastest, figures.slowest), (3.0, 2.0, 4.0));
        assert_eq!((figures.cpu_seconds, figures.p99), (Some(6.0), None));
        assert_eq!(Figures::of(&[]), None);
    }
}

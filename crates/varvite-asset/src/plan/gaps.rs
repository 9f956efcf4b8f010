//! [`Gaps`]: what was never written, and by which partitions. One rule for a fetch and for who asks for gaps alone:
//! a partition is expected to be written from its first interval on.

use varvite_time::Instant;

use super::stretches::{joined, whole_intervals, within, without};
use crate::catalog::key::label;
use crate::{Coverage, Interval, Partition, Resolution};

/// Partitions and stretches that are named in a message.
const NAMED: usize = 3;

/// What of a stretch of time was never written.
///
/// A partition is expected from the first interval on that was written of it, wherever the stretch begins, and for good: one
/// that has no more rows says so by covering intervals without rows. An interval is missing if a partition that is expected
/// lacks it, or if none has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gaps {
    /// Stretches of whole intervals that are missing, in order.
    pub stretches: Vec<Interval>,
    /// How many intervals they have.
    pub count: u64,
    /// What of the stretches no partition has, in order.
    pub unwritten: Vec<Interval>,
    /// The partitions that lack some of them, in order of their keys. An asset without partition keys has none.
    pub lacking: Vec<Lacking>,
}

/// What one partition lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lacking {
    /// Names and values of the partition keys.
    pub keys: Vec<(String, String)>,
    /// Stretches of whole intervals, in order.
    pub stretches: Vec<Interval>,
    /// How many intervals they have.
    pub count: u64,
}

/// A partition in time, whichever versions its rows are of.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    pub(super) keys: &'a [(String, String)],
    /// Where it begins, be it before the stretch that is looked at; `None` if nothing of it was ever written.
    pub(super) begins: Option<Instant>,
    /// The whole intervals that were written, in order.
    pub(super) written: Vec<Interval>,
}

/// The gaps of one version: `stretch` is made of whole intervals.
pub(crate) fn gaps_of_version(partitions: &[Partition], resolution: Resolution, stretch: Interval) -> Gaps {
    let lines = partitions.iter().map(|partition| Line {
        keys: &partition.keys,
        begins: begins(&partition.coverage, resolution),
        written: whole_intervals(&within(&partition.coverage, stretch.span()), resolution),
    });
    gaps(&[lines.collect()], stretch, resolution)
}

/// The first instant from which on a partition is expected.
pub(super) fn begins(coverage: &Coverage, resolution: Resolution) -> Option<Instant> {
    coverage.runs().next().map(|run| resolution.interval_at(run.start).start)
}

/// What any of the lines has.
pub(super) fn written_by_any(lines: &[Line]) -> Vec<Interval> {
    joined(lines.iter().flat_map(|line| line.written.iter().copied()).collect(), &[])
}

/// What is missing in `stretch`. Lines whose keys have other names, as those of another version, are another group, the
/// newest first.
pub(super) fn gaps(groups: &[Vec<Line>], stretch: Interval, resolution: Resolution) -> Gaps {
    let (answered, unwritten) = answered_for(groups, stretch);
    let mut missing = unwritten.clone();
    let mut lacking = Vec::new();
    for (lines, answered) in groups.iter().zip(&answered) {
        for line in lines {
            let lacks = without(&since(answered, line.begins), &line.written);
            if lacks.is_empty() {
                continue;
            }
            missing.extend_from_slice(&lacks);
            if !line.keys.is_empty() {
                lacking.push(Lacking {
                    keys: line.keys.to_vec(),
                    count: resolution.count_all(&lacks),
                    stretches: lacks,
                });
            }
        }
    }
    let stretches = joined(missing, &[]);
    Gaps { count: resolution.count_all(&stretches), stretches, unwritten, lacking }
}

/// For which stretches the lines of each group answer, and what none of them has. A group answers for what one of its lines
/// has and no newer group, the newest one also for what nobody has.
fn answered_for(groups: &[Vec<Line>], stretch: Interval) -> (Vec<Vec<Interval>>, Vec<Interval>) {
    let mut left = vec![stretch];
    let mut answered = Vec::with_capacity(groups.len());
    for lines in groups {
        let rest = without(&left, &written_by_any(lines));
        answered.push(without(&left, &rest));
        left = rest;
    }
    if let Some(newest) = answered.first_mut() {
        *newest = joined(std::mem::take(newest), &left);
    }
    (answered, left)
}

/// What of `stretches` is not before `begins`.
fn since(stretches: &[Interval], begins: Option<Instant>) -> Vec<Interval> {
    let Some(begins) = begins else { return Vec::new() };
    let cut = |stretch: &Interval| Interval { start: stretch.start.max(begins), end: stretch.end };
    stretches.iter().map(cut).filter(|stretch| stretch.start < stretch.end).collect()
}

impl Gaps {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// The stretches, cut where other partitions lack them, each with those partitions as text: the first ones, and how
    /// many more there are. Empty for what no partition has.
    pub fn named(&self) -> impl Iterator<Item = (Interval, String)> {
        self.pieces()
            .into_iter()
            .map(|(piece, is_unwritten)| (piece, if is_unwritten { String::new() } else { self.lacking_in(piece) }))
    }

    /// The first of them as text.
    pub fn first(&self) -> String {
        let text = |(piece, is_unwritten): &(Interval, bool)| match self.lacking_in(*piece) {
            lacking if !is_unwritten => format!("{piece} ({lacking})"),
            _ => piece.to_string(),
        };
        let pieces = self.pieces();
        let mut texts: Vec<String> = pieces.iter().take(NAMED).map(text).collect();
        texts.extend(more(pieces.len() - texts.len()));
        texts.join(", ")
    }

    /// The stretches in order, cut where what some partitions have begins or ends, and whether nobody has them.
    fn pieces(&self) -> Vec<(Interval, bool)> {
        let ends = self.lacking.iter().flat_map(|lacking| &lacking.stretches).flat_map(|gap| [gap.start, gap.end]);
        let mut cuts: Vec<Instant> = ends.collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces: Vec<(Interval, bool)> = self.unwritten.iter().map(|stretch| (*stretch, true)).collect();
        for stretch in without(&self.stretches, &self.unwritten) {
            let inner = cuts[cuts.partition_point(|cut| *cut <= stretch.start)..].iter().copied();
            let mut start = stretch.start;
            for end in inner.take_while(|cut| *cut < stretch.end).chain([stretch.end]) {
                pieces.push((Interval { start, end }, false));
                start = end;
            }
        }
        pieces.sort_unstable();
        pieces
    }

    fn lacking_in(&self, stretch: Interval) -> String {
        let lacks = |lacking: &&Lacking| {
            let at = lacking.stretches.partition_point(|gap| gap.end <= stretch.start);
            lacking.stretches.get(at).is_some_and(|gap| gap.start < stretch.end)
        };
        let mut lacking = self.lacking.iter().filter(lacks);
        let mut texts: Vec<String> = lacking.by_ref().take(NAMED).map(|lacking| label(&lacking.keys)).collect();
        texts.extend(more(lacking.count()));
        texts.join("; ")
    }
}

fn more(left: usize) -> Option<String> {
    (left > 0).then(|| format!("and {left} more"))
}

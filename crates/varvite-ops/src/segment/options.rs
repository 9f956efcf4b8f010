//! [`SegmentOptions`]: bins, what is computed of each, and when it is looked at in between.

use std::collections::HashSet;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use varvite_time::{Period, Tiling};

use crate::{Error, Result};

/// One side of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The earlier end.
    Left,
    /// The later end.
    Right,
}

/// Bins of one period each: the tiles of a [`Tiling`], on timestamps and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodBins {
    pub(crate) tiling: Tiling,
    pub(crate) closed: Side,
    pub(crate) label: Side,
}

impl PeriodBins {
    /// Bins `start..end` without their end, named by their start.
    pub fn new(tiling: impl Into<Tiling>) -> Self {
        Self { tiling: tiling.into(), closed: Side::Left, label: Side::Left }
    }

    /// Says which end belongs to a bin: with [`Side::Right`], a row at the end of a bin is in it, and one at its start in
    /// the bin before.
    pub fn closed(mut self, side: Side) -> Self {
        self.closed = side;
        self
    }

    /// Says which end names a bin.
    pub fn label(mut self, side: Side) -> Self {
        self.label = side;
        self
    }
}

/// What names a bin of a number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowLabel {
    /// The ordered value of its first row. Two bins may have the same, where rows do.
    First,
    /// Its number, counted from 0 in the first call.
    Ordinal,
}

/// Where rows are cut into bins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bins {
    /// At the borders of periods.
    Period(PeriodBins),
    /// After a number of rows. A bin that is full ends with the next row.
    Rows {
        /// Rows of a bin.
        count: NonZeroU64,
        /// What names it.
        label: RowLabel,
    },
    /// Where the value of this column changes: for labels of one's own, computed by any function of a batch.
    Column(String),
}

impl From<PeriodBins> for Bins {
    fn from(bins: PeriodBins) -> Self {
        Self::Period(bins)
    }
}

impl Bins {
    /// Bins of one period each: half-open, named by their start.
    pub fn every(tiling: impl Into<Tiling>) -> Self {
        Self::Period(PeriodBins::new(tiling))
    }

    /// Bins of `count` rows each, named by the ordered value of their first row.
    pub fn rows(count: NonZeroU64) -> Self {
        Self::Rows { count, label: RowLabel::First }
    }

    /// Bins of rows that follow each other with the same value of `column`.
    pub fn column(column: impl Into<String>) -> Self {
        Self::Column(column.into())
    }
}

/// When the running values of the open bin are looked at.
///
/// A snapshot on the end of a bin comes before it. After that end, until the next row, it is that of a bin without rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Snapshots {
    /// At the end of each of these intervals, and so named. The last one of a call is still open: like a bin it comes
    /// again, complete, with the next call.
    Every(Bins),
    /// At these values of an ordered column with integers, dates or timestamps, ascending, in its unit. Each comes once, when a later row or the end has
    /// shown that it is complete.
    At {
        /// The values.
        times: Vec<i64>,
        /// Whether rows at a value are seen there ([`Side::Right`]) or not yet ([`Side::Left`]).
        closed: Side,
    },
}

/// What is done about bins without rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyBins {
    /// They stand between others, with nulls (and counts of 0). There are none before the first row or after the last.
    #[default]
    Null,
    /// They are left out. Snapshots are not: one that looked at the open bin could not be taken back.
    LeftOut,
}

/// What is computed of a column's values in a bin. All but [`Rows`](Self::Rows) pass over nulls, and without a value give
/// null, or 0 where they count.
///
/// NaN is a value. It makes sums, means and deviations NaN wherever it stands; the smallest and largest value are those
/// of the other values, and NaN if there is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Function {
    /// The first value, of any type.
    First,
    /// The last value, of any type.
    Last,
    /// The smallest value, of any type that has an order; `-0.0` is below `0.0`.
    Min,
    /// The largest value.
    Max,
    /// The sum: of integers `Int64` or `UInt64`, of floats `Float64`.
    Sum,
    /// The mean, as `Float64`.
    Mean,
    /// The sample variance, as `Float64`; null of fewer than two values.
    Var,
    /// The sample standard deviation, as `Float64`; null of fewer than two values.
    Std,
    /// The number of values, as `Int64`.
    Count,
    /// The number of rows, with nulls, as `Int64`.
    Rows,
}

impl Function {
    /// This of column `input`, named after both: `price_max`.
    pub fn of(self, input: impl Into<String>) -> Aggregate {
        let input = input.into();
        Aggregate { output: format!("{input}_{}", self.name()), input, function: self }
    }

    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Var => "var",
            Self::Std => "std",
            Self::Count => "count",
            Self::Rows => "rows",
        }
    }
}

/// One column of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// Its name.
    pub output: String,
    /// The column that it is computed of.
    pub input: String,
    /// How.
    pub function: Function,
}

impl Aggregate {
    /// The same by another name.
    pub fn named(mut self, output: impl Into<String>) -> Self {
        self.output = output.into();
        self
    }
}

/// Bins, what is computed of each, and when it is looked at in between.
///
/// # Examples
/// ```
/// use varvite_ops::{Bins, EmptyBins, Function, SegmentOptions};
/// use varvite_time::Period;
///
/// let aggregates = [Function::First.of("price"), Function::Sum.of("size").named("volume")];
/// let minutes = SegmentOptions::new("ts", Bins::every(Period::MINUTE), aggregates).with_empty(EmptyBins::LeftOut);
/// # let _ = minutes;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOptions {
    pub(crate) ordered_on: String,
    pub(crate) bins: Bins,
    pub(crate) aggregates: Vec<Aggregate>,
    pub(crate) snapshots: Option<Snapshots>,
    pub(crate) empty: EmptyBins,
    pub(crate) label: String,
}

impl SegmentOptions {
    /// Aggregates rows that are ordered on column `ordered_on`. The column of labels has the same name.
    pub fn new(
        ordered_on: impl Into<String>,
        bins: impl Into<Bins>,
        aggregates: impl IntoIterator<Item = Aggregate>,
    ) -> Self {
        let ordered_on = ordered_on.into();
        Self {
            label: ordered_on.clone(),
            ordered_on,
            bins: bins.into(),
            aggregates: aggregates.into_iter().collect(),
            snapshots: None,
            empty: EmptyBins::default(),
        }
    }

    /// Looks at the open bin in between.
    pub fn with_snapshots(mut self, snapshots: Snapshots) -> Self {
        self.snapshots = Some(snapshots);
        self
    }

    /// Says what is done about intervals without rows. Default: [`EmptyBins::Null`].
    pub fn with_empty(mut self, empty: EmptyBins) -> Self {
        self.empty = empty;
        self
    }

    /// Names the column of labels. Default: as the ordered column.
    pub fn with_label(mut self, name: impl Into<String>) -> Self {
        self.label = name.into();
        self
    }

    /// The columns that are read, each once, the ordered one first.
    pub fn columns(&self) -> Vec<&str> {
        let snapshots = match &self.snapshots {
            Some(Snapshots::Every(bins)) => Some(bins),
            _ => None,
        };
        let labels = [Some(&self.bins), snapshots].into_iter().flatten().filter_map(|bins| match bins {
            Bins::Column(column) => Some(column.as_str()),
            _ => None,
        });
        let inputs = self.aggregates.iter().map(|aggregate| aggregate.input.as_str());
        let mut seen = HashSet::new();
        [self.ordered_on.as_str()].into_iter().chain(labels).chain(inputs).filter(|name| seen.insert(*name)).collect()
    }

    /// The period whose tiles are the bins, if the row of a bin depends on the rows of its tile alone and lies in it: half-open
    /// bins of UTC that are named by their start, none for intervals without rows, no snapshots.
    pub fn tile(&self) -> Option<Period> {
        let Bins::Period(PeriodBins { tiling, closed: Side::Left, label: Side::Left }) = &self.bins else {
            return None;
        };
        let alone = self.empty == EmptyBins::LeftOut && self.snapshots.is_none();
        (alone && *tiling == Tiling::utc(tiling.period())).then(|| tiling.period())
    }

    pub(crate) fn check(&self) -> Result<()> {
        let mut seen = HashSet::from([self.label.as_str()]);
        for aggregate in &self.aggregates {
            if !seen.insert(&aggregate.output) {
                let of_aggregate = |aggregate: &Aggregate| format!("{:?} of `{}`", aggregate.function, aggregate.input);
                let same = |other: &&Aggregate| other.output == aggregate.output;
                let first = match self.aggregates.iter().find(same) {
                    Some(first) if aggregate.output != self.label => of_aggregate(first),
                    _ => "the labels of bins".to_owned(),
                };
                let second = of_aggregate(aggregate);
                return Err(Error::DuplicateColumn { column: aggregate.output.clone(), first, second });
            }
        }
        match &self.snapshots {
            Some(Snapshots::At { times, .. }) if !times.is_sorted_by(|a, b| a < b) => Err(Error::InvalidOption {
                option: "snapshots",
                reason: "their times ascend, and none comes twice".to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

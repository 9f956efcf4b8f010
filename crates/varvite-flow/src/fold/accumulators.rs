//! The accumulators that come with the crate.

use serde::{Deserialize, Serialize};

use super::{Accumulator, Part, exact};
use crate::flow_type::Item;

/// How many rows have a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The rows that have one.
    pub count: u64,
}

impl Accumulator for Count {
    const ITEM: Item = Item::Any;

    fn fold(&mut self, part: &Part<'_>) {
        self.count += part.num_valid() as u64;
    }

    fn merge(&mut self, later: &Self) {
        self.count += later.count;
    }
}

/// The sum of a column, with what rounding lost added up beside it (Neumaier).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    #[serde(with = "exact")]
    sum: f64,
    #[serde(with = "exact")]
    lost: f64,
}

impl Sum {
    /// The sum; 0 of nothing.
    pub fn sum(&self) -> f64 {
        self.sum + self.lost
    }

    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        let lost = if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        // An infinite sum has lost nothing that could be told.
        self.lost += if lost.is_finite() { lost } else { 0.0 };
        self.sum = sum;
    }
}

impl Accumulator for Sum {
    const ITEM: Item = Item::F64;

    fn fold(&mut self, part: &Part<'_>) {
        part.for_each(|value: f64| self.add(value));
    }

    fn merge(&mut self, later: &Self) {
        self.add(later.sum);
        self.lost += later.lost;
    }
}

/// Count, mean and variance of a column (Welford; merged as Chan has it).
///
/// Of infinite values the mean is infinite, or not a number if they are of both signs; the variance is not a number then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    #[serde(with = "exact")]
    mean: f64,
    #[serde(with = "exact")]
    squares: f64,
}

impl Moments {
    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; not a number if there were no values.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean }
    }

    /// The variance with one degree of freedom; not a number below two values.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / float(self.count - 1) }
    }

    /// The standard deviation with one degree of freedom; not a number below two values.
    pub fn std(&self) -> f64 {
        self.variance().sqrt()
    }

    pub(crate) fn push(&mut self, value: f64) {
        self.count += 1;
        let delta = value - self.mean;
        self.mean = mean_of(self.mean, value, self.mean + delta / float(self.count));
        self.squares += delta * (value - self.mean);
    }
}

impl Accumulator for Moments {
    const ITEM: Item = Item::F64;

    fn fold(&mut self, part: &Part<'_>) {
        part.for_each(|value: f64| self.push(value));
    }

    fn merge(&mut self, later: &Self) {
        if later.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *later;
            return;
        }
        let count = float(self.count + later.count);
        let delta = later.mean - self.mean;
        self.mean = mean_of(self.mean, later.mean, self.mean + delta * (float(later.count) / count));
        self.squares += later.squares + delta * delta * (float(self.count) * float(later.count) / count);
        self.count += later.count;
    }
}

/// The mean of two parts: as it was computed, unless that came to be infinity less infinity.
#[inline]
fn mean_of(earlier: f64, later: f64, computed: f64) -> f64 {
    // Their sum is infinite if one is, and not a number if both are and differ, or one is not a number.
    if computed.is_nan() { earlier + later } else { computed }
}

/// The smallest and the largest value of a column of floats; what is not a number is passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MinMax {
    #[serde(with = "exact::pair")]
    bounds: Option<(f64, f64)>,
}

impl MinMax {
    /// The smallest value, if there was one.
    pub fn min(&self) -> Option<f64> {
        self.bounds.map(|(min, _)| min)
    }

    /// The largest value, if there was one.
    pub fn max(&self) -> Option<f64> {
        self.bounds.map(|(_, max)| max)
    }

    fn widen(&mut self, low: f64, high: f64) {
        let (min, max) = self.bounds.unwrap_or((low, high));
        self.bounds = Some((min.min(low), max.max(high)));
    }
}

impl Accumulator for MinMax {
    const ITEM: Item = Item::F64;

    fn fold(&mut self, part: &Part<'_>) {
        part.for_each(|value: f64| {
            if !value.is_nan() {
                self.widen(value, value);
            }
        });
    }

    fn merge(&mut self, later: &Self) {
        if let Some((min, max)) = later.bounds {
            self.widen(min, max);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

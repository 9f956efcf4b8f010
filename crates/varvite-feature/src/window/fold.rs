//! [`Fold`]: aggregations that are merged from parts, in the order of their rows.

use std::fmt::Debug;
use std::marker::PhantomData;

use arrow::datatypes::i256;

/// An aggregation whose outcome over some rows comes from its outcomes over the older and the newer of them.
pub(super) trait Fold: Send + 'static {
    /// One value.
    type Value: Clone + Send + Debug;
    /// What some values come to.
    type Partial: Clone + Send + Debug;
    /// What is answered.
    type Answer: Send;

    fn lift(value: &Self::Value) -> Self::Partial;

    fn merge(older: &Self::Partial, newer: &Self::Partial) -> Self::Partial;

    /// The answer; `None` is null. `all` is `None` if there are no values.
    fn answer(all: Option<Self::Partial>) -> Option<Self::Answer>;
}

/// How many values there are.
pub(super) struct Count;

impl Fold for Count {
    type Value = ();
    type Partial = i64;
    type Answer = i64;

    fn lift((): &()) -> i64 {
        1
    }

    fn merge(older: &i64, newer: &i64) -> i64 {
        older + newer
    }

    fn answer(all: Option<i64>) -> Option<i64> {
        Some(all.unwrap_or(0))
    }
}

/// Null for a sum that is no 64-bit integer.
pub(super) struct SumOfIntegers;

impl Fold for SumOfIntegers {
    type Value = i64;
    type Partial = i128;
    type Answer = i64;

    fn lift(value: &i64) -> i128 {
        i128::from(*value)
    }

    fn merge(older: &i128, newer: &i128) -> i128 {
        older + newer
    }

    fn answer(all: Option<i128>) -> Option<i64> {
        i64::try_from(all?).ok()
    }
}

pub(super) struct SumOfDoubles;

impl Fold for SumOfDoubles {
    type Value = f64;
    type Partial = f64;
    type Answer = f64;

    fn lift(value: &f64) -> f64 {
        *value
    }

    fn merge(older: &f64, newer: &f64) -> f64 {
        older + newer
    }

    fn answer(all: Option<f64>) -> Option<f64> {
        all
    }
}

/// Null for a sum with too many digits.
pub(super) struct SumOfDecimals;

impl Fold for SumOfDecimals {
    type Value = i256;
    type Partial = Option<i256>;
    type Answer = i256;

    fn lift(value: &i256) -> Option<i256> {
        Some(*value)
    }

    fn merge(older: &Option<i256>, newer: &Option<i256>) -> Option<i256> {
        older.as_ref()?.checked_add(*newer.as_ref()?)
    }

    fn answer(all: Option<Option<i256>>) -> Option<i256> {
        all.flatten()
    }
}

pub(super) struct Mean;

impl Fold for Mean {
    type Value = f64;
    type Partial = (f64, f64);
    type Answer = f64;

    fn lift(value: &f64) -> (f64, f64) {
        (1.0, *value)
    }

    fn merge(older: &(f64, f64), newer: &(f64, f64)) -> (f64, f64) {
        (older.0 + newer.0, older.1 + newer.1)
    }

    fn answer(all: Option<(f64, f64)>) -> Option<f64> {
        all.map(|(count, sum)| sum / count)
    }
}

/// The deviation as of a sample: null for fewer than two values.
pub(super) struct StdDev;

/// Count, mean, and the sum of squared distances from the mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Fold for StdDev {
    type Value = f64;
    type Partial = Moments;
    type Answer = f64;

    fn lift(value: &f64) -> Moments {
        Moments { count: 1.0, mean: *value, squares: 0.0 }
    }

    /// Chan, Golub, `LeVeque`, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
    fn merge(older: &Moments, newer: &Moments) -> Moments {
        let count = older.count + newer.count;
        let apart = newer.mean - older.mean;
        Moments {
            count,
            mean: older.mean + apart * (newer.count / count),
            squares: older.squares + newer.squares + apart * apart * (older.count * newer.count / count),
        }
    }

    fn answer(all: Option<Moments>) -> Option<f64> {
        all.filter(|all| all.count > 1.0).map(|all| (all.squares / (all.count - 1.0)).sqrt())
    }
}

macro_rules! chosen {
    ($(#[$doc:meta])* $name:ident, $older:ident, $newer:ident, $choice:expr) => {
        $(#[$doc])*
        pub(super) struct $name<V>(PhantomData<fn() -> V>);

        impl<V: Clone + Send + Debug + Ord + 'static> Fold for $name<V> {
            type Value = V;
            type Partial = V;
            type Answer = V;

            fn lift(value: &V) -> V {
                value.clone()
            }

            fn merge($older: &V, $newer: &V) -> V {
                $choice.clone()
            }

            fn answer(all: Option<V>) -> Option<V> {
                all
            }
        }
    };
}

chosen!(Min, older, newer, if newer < older { newer } else { older });
chosen!(Max, older, newer, if newer > older { newer } else { older });
chosen!(First, older, _newer, older);
chosen!(Last, _older, newer, newer);

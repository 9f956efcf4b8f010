//! [`Fold`]: running values of numbers. All go row by row, so that no cut into calls changes a bit of the result.

use std::fmt::Debug;

use arrow::datatypes::{ArrowPrimitiveType, Float64Type};

use super::number::{Number, Whole};

/// A running value.
pub(crate) trait Fold<N: Number>: Clone + Debug + Default + Send + Sync + 'static {
    type Out: ArrowPrimitiveType;

    fn add(&mut self, value: N);

    /// The value so far.
    ///
    /// # Errors
    /// If it does not fit its type.
    fn value(&self) -> Result<Option<<Self::Out as ArrowPrimitiveType>::Native>, Overflow>;

    fn save(&self) -> Vec<u64>;

    fn load(words: &[u64]) -> Option<Self>;
}

/// A value that does not fit.
#[derive(Debug)]
pub(crate) struct Overflow;

/// The sum of whole numbers: exact, whatever their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct WholeSum {
    sum: i128,
    any: bool,
}

impl<N: Whole> Fold<N> for WholeSum {
    type Out = N::Sum;

    fn add(&mut self, value: N) {
        self.sum += value.to_i128();
        self.any = true;
    }

    fn value(&self) -> Result<Option<<N::Sum as ArrowPrimitiveType>::Native>, Overflow> {
        if self.any { N::sum(self.sum).map(Some).ok_or(Overflow) } else { Ok(None) }
    }

    #[expect(clippy::cast_possible_truncation, reason = "in two halves")]
    fn save(&self) -> Vec<u64> {
        let bits = self.sum.cast_unsigned();
        vec![(bits >> 64) as u64, bits as u64, self.any.into()]
    }

    fn load(words: &[u64]) -> Option<Self> {
        let [high, low, any] = *words else { return None };
        Some(Self { sum: (u128::from(high) << 64 | u128::from(low)).cast_signed(), any: any == 1 })
    }
}

/// The sum of floats, in the order of rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct FloatSum {
    sum: f64,
    any: bool,
}

impl<N: Number> Fold<N> for FloatSum {
    type Out = Float64Type;

    fn add(&mut self, value: N) {
        self.sum += value.to_f64();
        self.any = true;
    }

    fn value(&self) -> Result<Option<f64>, Overflow> {
        Ok(self.any.then_some(self.sum))
    }

    fn save(&self) -> Vec<u64> {
        vec![self.sum.to_bits(), self.any.into()]
    }

    fn load(words: &[u64]) -> Option<Self> {
        let [sum, any] = *words else { return None };
        Some(Self { sum: f64::from_bits(sum), any: any == 1 })
    }
}

/// The mean.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mean {
    sum: f64,
    count: u64,
}

impl<N: Number> Fold<N> for Mean {
    type Out = Float64Type;

    fn add(&mut self, value: N) {
        self.sum += value.to_f64();
        self.count += 1;
    }

    fn value(&self) -> Result<Option<f64>, Overflow> {
        Ok((self.count > 0).then(|| self.sum / self.count.to_f64()))
    }

    fn save(&self) -> Vec<u64> {
        vec![self.sum.to_bits(), self.count]
    }

    fn load(words: &[u64]) -> Option<Self> {
        let [sum, count] = *words else { return None };
        Some(Self { sum: f64::from_bits(sum), count })
    }
}

/// The sample variance, or its root, by Welford's recurrence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deviation<const ROOT: bool> {
    count: u64,
    mean: f64,
    squares: f64,
}

impl<N: Number, const ROOT: bool> Fold<N> for Deviation<ROOT> {
    type Out = Float64Type;

    fn add(&mut self, value: N) {
        let value = value.to_f64();
        self.count += 1;
        let off = value - self.mean;
        self.mean += off / self.count.to_f64();
        self.squares += off * (value - self.mean);
    }

    fn value(&self) -> Result<Option<f64>, Overflow> {
        let variance = || self.squares / (self.count - 1).to_f64();
        Ok((self.count > 1).then(|| if ROOT { variance().sqrt() } else { variance() }))
    }

    fn save(&self) -> Vec<u64> {
        vec![self.count, self.mean.to_bits(), self.squares.to_bits()]
    }

    fn load(words: &[u64]) -> Option<Self> {
        let [count, mean, squares] = *words else { return None };
        Some(Self { count, mean: f64::from_bits(mean), squares: f64::from_bits(squares) })
    }
}

/// The smallest or the largest number; NaN if there is nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Extremum<N, const LARGEST: bool> {
    best: Option<N>,
    /// A NaN that was met.
    nan: Option<N>,
}

impl<N, const LARGEST: bool> Default for Extremum<N, LARGEST> {
    fn default() -> Self {
        Self { best: None, nan: None }
    }
}

impl<N: Number, const LARGEST: bool> Fold<N> for Extremum<N, LARGEST> {
    type Out = N::Arrow;

    fn add(&mut self, value: N) {
        if value.is_nan() {
            self.nan = Some(value);
            return;
        }
        let better = match self.best {
            None => true,
            Some(best) if LARGEST => best.is_below(value),
            Some(best) => value.is_below(best),
        };
        if better {
            self.best = Some(value);
        }
    }

    fn value(&self) -> Result<Option<N>, Overflow> {
        Ok(self.best.or(self.nan))
    }

    fn save(&self) -> Vec<u64> {
        match (self.best, self.nan) {
            (Some(best), _) => vec![0, best.to_word()],
            (None, Some(nan)) => vec![1, nan.to_word()],
            (None, None) => Vec::new(),
        }
    }

    fn load(words: &[u64]) -> Option<Self> {
        let mut loaded = Self::default();
        match *words {
            [] => {}
            [0, best] => loaded.best = Some(N::of_word(best)),
            [1, nan] => loaded.nan = Some(N::of_word(nan)),
            _ => return None,
        }
        Some(loaded)
    }
}

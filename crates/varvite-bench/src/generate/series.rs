//! [`SeriesRows`]: rows as a market makes them, the same for the same seed.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::random::Random;

/// 2024-01-01T00:00:00Z in nanoseconds.
const START_NS: i64 = 1_704_067_200_000_000_000;
/// Times are multiples of this many nanoseconds: whole microseconds, which every peer can hold, and even ones, so
/// that there is room for new rows between any two.
pub(super) const STEP: i64 = 2000;
/// Different strings.
const SYMBOLS: usize = 500;
/// The time that the rows of a case span, however many they are: 100 days.
const SPAN_NS: i64 = 100 * 86_400_000_000_000;

/// Rows in order of time: `ts`, `symbol`, `bid` and `ask` (prices in cents that walk by symbol), `signal` (normal
/// noise), `weight` (even noise). Nothing is missing.
pub(crate) struct SeriesRows {
    random: Random,
    time: i64,
    names: Vec<String>,
    /// The last bid of each symbol, in cents.
    bids: Vec<i64>,
}

impl SeriesRows {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let bids = (0..SYMBOLS).map(|_| 1_000 + i64::try_from(random.below(40_000)).unwrap_or_default()).collect();
        Self { random, time: START_NS, names: (0..SYMBOLS).map(name).collect(), bids }
    }

    /// The next `rows`, which span 100 days, in batches of at most `batch_rows`.
    pub(crate) fn batches(&mut self, rows: usize, batch_rows: usize) -> Vec<RecordBatch> {
        let mean_step = SPAN_NS / i64::try_from(rows.max(1)).unwrap_or(i64::MAX);
        let sizes = (0..rows).step_by(batch_rows).map(|start| batch_rows.min(rows - start));
        sizes.map(|rows| self.batch(rows, mean_step)).collect()
    }

    fn batch(&mut self, rows: usize, mean_step: i64) -> RecordBatch {
        let (mut times, mut symbols) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let (mut bids, mut asks) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let (mut signals, mut weights) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        // 1 to 2 * mean - 1 steps: the mean is kept, and no two times are equal.
        let most = (2 * mean_step / STEP - 1).max(1).unsigned_abs();
        for _ in 0..rows {
            self.time += STEP * (1 + i64::try_from(self.random.below(most)).unwrap_or_default());
            times.push(self.time);
            let symbol = self.random.position(SYMBOLS);
            symbols.push(symbol);
            let (bid, ask) = self.quote(symbol);
            bids.push(bid);
            asks.push(ask);
            signals.push(self.random.normal());
            weights.push(self.random.unit());
        }
        let symbols: StringArray = symbols.into_iter().map(|at| Some(self.names[at].as_str())).collect();
        let floats = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampNanosecondArray::from(times)),
            Arc::new(symbols),
            floats(bids),
            floats(asks),
            floats(signals),
            floats(weights),
        ];
        RecordBatch::try_new(schema(), columns).unwrap_or_else(|_| RecordBatch::new_empty(schema()))
    }

    /// The next bid of a symbol, a few cents from the last, and an ask above it.
    #[expect(clippy::cast_precision_loss, reason = "cents stay small")]
    fn quote(&mut self, symbol: usize) -> (f64, f64) {
        let step = i64::try_from(self.random.below(11)).unwrap_or_default() - 5;
        let bid = (self.bids[symbol] + step).max(100);
        self.bids[symbol] = bid;
        let ask = bid + 1 + i64::try_from(self.random.below(5)).unwrap_or_default();
        (bid as f64 / 100.0, ask as f64 / 100.0)
    }
}

pub(crate) fn schema() -> SchemaRef {
    let float = |name: &str| Field::new(name, DataType::Float64, false);
    Arc::new(Schema::new(vec![
        Field::new("ts", DataType::Timestamp(TimeUnit::Nanosecond, None), false),
        Field::new("symbol", DataType::Utf8, false),
        float("bid"),
        float("ask"),
        float("signal"),
        float("weight"),
    ]))
}

/// Three to five letters, as tickers have.
fn name(at: usize) -> String {
    let mut rest = at * 7919 + 1_000;
    let mut letters = Vec::new();
    while rest > 0 {
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or_default());
        rest /= 26;
    }
    String::from_utf8(letters).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use arrow::array::AsArray;
    use arrow::datatypes::{Float64Type, TimestampNanosecondType};

    use super::*;

    #[test]
    fn times_ascend_on_even_microseconds_over_about_a_hundred_days() {
        let batches = SeriesRows::new(1).batches(50_000, 1 << 14);
        assert_eq!(batches.len(), 4);
        let times: Vec<i64> = batches
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<TimestampNanosecondType>().values().to_vec())
            .collect();
        assert!(times.is_sorted_by(|a, b| a < b) && times.iter().all(|time| time % STEP == 0));
        let days = (times[times.len() - 1] - START_NS) / 86_400_000_000_000;
        assert!((95..105).contains(&days), "{days}");
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_five_hundred_strings() {
        let take = |seed| SeriesRows::new(seed).batches(20_000, 20_000).remove(0);
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
        let batch = take(1);
        let names: HashSet<&str> = batch.column(1).as_string::<i32>().iter().flatten().collect();
        assert_eq!(names.len(), SYMBOLS);
        let (bids, asks) =
            (batch.column(2).as_primitive::<Float64Type>(), batch.column(3).as_primitive::<Float64Type>());
        assert!(bids.values().iter().zip(asks.values()).all(|(bid, ask)| ask > bid));
    }
}

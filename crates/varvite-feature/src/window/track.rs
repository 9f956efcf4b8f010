//! [`Track`]: one aggregation over the windows of many keys.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal256Array, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal256Type, DecimalType, i256};
use hashbrown::{DefaultHashBuilder, HashMap};
use varvite_schema::AggregateFunction;

use super::fold::{Count, First, Fold, Last, Max, Mean, Min, StdDev, SumOfDecimals, SumOfDoubles, SumOfIntegers};
use super::queue::Queue;
use super::values::{Bytes, Form, Value, Values, from_bytes, from_ordered, has_numbers};
use crate::Result;
use crate::error::arrow;

/// One aggregation over the windows of the keys of one part. Answers come in the order in which they are asked for.
pub(super) trait Track: Send {
    /// Takes the newest row of a key.
    fn push(&mut self, key: usize, event: i64, values: &Values, row: usize);

    /// Answers for the rows of a key at `lower` and after it. Earlier ones are not asked for again.
    fn answer(&mut self, key: usize, lower: i64);

    /// Keeps the newest row of a key, where each answer chooses among rows.
    fn keep(&mut self, key: usize, values: &Values, row: usize);

    /// Drops the oldest row that is kept.
    fn forget(&mut self, key: usize);

    /// Answers for some of the rows that are kept, by their places.
    fn answer_for(&mut self, key: usize, chosen: &[usize]);

    /// Frees what a key needs: nobody asks for it again.
    fn release(&mut self, key: usize);

    /// All answers.
    fn finish(self: Box<Self>) -> Result<ArrayRef>;
}

/// How an aggregation is computed: what it takes of its column, and what it answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TrackPlan {
    pub(super) function: AggregateFunction,
    pub(super) form: Form,
    /// The type of the column; `None` for a count of rows.
    pub(super) input: Option<DataType>,
    pub(super) output: DataType,
}

impl TrackPlan {
    pub(super) fn new(function: AggregateFunction, input: Option<DataType>, output: DataType) -> Self {
        let numbers = input.as_ref().is_some_and(has_numbers);
        let chosen = |one_zero| if numbers { Form::Ordered { one_zero } } else { Form::Bytes };
        let form = match function {
            AggregateFunction::Sum => match output {
                DataType::Int64 => Form::Integers,
                DataType::Float64 => Form::Doubles,
                _ => Form::Decimals,
            },
            AggregateFunction::Mean | AggregateFunction::StdDev => Form::Doubles,
            AggregateFunction::Min | AggregateFunction::Max | AggregateFunction::Distinct => chosen(true),
            AggregateFunction::First | AggregateFunction::Last => chosen(false),
            _ => Form::Presence,
        };
        Self { function, form, input, output }
    }

    /// A track over so many keys.
    pub(super) fn track(&self, keys: usize) -> Box<dyn Track> {
        match (self.function, self.form) {
            (AggregateFunction::Sum, Form::Integers) => self.folded::<SumOfIntegers>(keys, integers),
            (AggregateFunction::Sum, Form::Doubles) => self.folded::<SumOfDoubles>(keys, doubles),
            (AggregateFunction::Sum, _) => self.folded::<SumOfDecimals>(keys, decimals),
            (AggregateFunction::Mean, _) => self.folded::<Mean>(keys, doubles),
            (AggregateFunction::StdDev, _) => self.folded::<StdDev>(keys, doubles),
            (AggregateFunction::Min, Form::Bytes) => self.folded::<Min<Bytes>>(keys, from_bytes_of),
            (AggregateFunction::Min, _) => self.folded::<Min<i64>>(keys, numbers),
            (AggregateFunction::Max, Form::Bytes) => self.folded::<Max<Bytes>>(keys, from_bytes_of),
            (AggregateFunction::Max, _) => self.folded::<Max<i64>>(keys, numbers),
            (AggregateFunction::First, Form::Bytes) => self.folded::<First<Bytes>>(keys, from_bytes_of),
            (AggregateFunction::First, _) => self.folded::<First<i64>>(keys, numbers),
            (AggregateFunction::Last, Form::Bytes) => self.folded::<Last<Bytes>>(keys, from_bytes_of),
            (AggregateFunction::Last, _) => self.folded::<Last<i64>>(keys, numbers),
            (AggregateFunction::Distinct, Form::Bytes) => Box::new(DistinctTrack::<Bytes>::new(keys)),
            (AggregateFunction::Distinct, _) => Box::new(DistinctTrack::<i64>::new(keys)),
            _ => self.folded::<Count>(keys, integers),
        }
    }

    fn folded<F: Fold<Value: Value>>(&self, keys: usize, to_array: ToArray<F::Answer>) -> Box<dyn Track> {
        Box::new(FoldTrack::<F> {
            queues: (0..keys).map(|_| Queue::default()).collect(),
            kept: (0..keys).map(|_| VecDeque::new()).collect(),
            answers: Vec::new(),
            to_array,
            output: self.output.clone(),
        })
    }
}

type ToArray<A> = fn(Vec<Option<A>>, &DataType) -> Result<ArrayRef>;

#[expect(clippy::unnecessary_wraps, reason = "as for types that may not be cast")]
fn integers(found: Vec<Option<i64>>, _: &DataType) -> Result<ArrayRef> {
    Ok(Arc::new(Int64Array::from(found)))
}

#[expect(clippy::unnecessary_wraps, reason = "as for types that may not be cast")]
fn doubles(found: Vec<Option<f64>>, _: &DataType) -> Result<ArrayRef> {
    Ok(Arc::new(Float64Array::from(found)))
}

fn numbers(found: Vec<Option<i64>>, output: &DataType) -> Result<ArrayRef> {
    from_ordered(&Int64Array::from(found), output)
}

#[expect(clippy::needless_pass_by_value, reason = "as for types that take them")]
fn from_bytes_of(found: Vec<Option<Bytes>>, output: &DataType) -> Result<ArrayRef> {
    from_bytes(&found, output)
}

fn decimals(found: Vec<Option<i256>>, output: &DataType) -> Result<ArrayRef> {
    let (DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale)) = output else {
        return Ok(arrow::array::new_null_array(output, found.len()));
    };
    let fits = |value: &i256| Decimal256Type::is_valid_decimal_precision(*value, *precision);
    let found: Decimal256Array = found.into_iter().map(|value| value.filter(fits)).collect();
    let found = found.with_precision_and_scale(76, *scale).map_err(arrow("answer a window"))?;
    cast(&found, output).map_err(arrow("answer a window"))
}

struct FoldTrack<F: Fold> {
    queues: Vec<Queue<F>>,
    kept: Vec<VecDeque<Option<F::Value>>>,
    answers: Vec<Option<F::Answer>>,
    to_array: ToArray<F::Answer>,
    output: DataType,
}

impl<F: Fold<Value: Value>> Track for FoldTrack<F> {
    fn push(&mut self, key: usize, event: i64, values: &Values, row: usize) {
        if let Some(value) = F::Value::of(values, row) {
            self.queues[key].push(event, value);
        }
    }

    fn answer(&mut self, key: usize, lower: i64) {
        let all = self.queues[key].outcome(lower);
        self.answers.push(F::answer(all));
    }

    fn keep(&mut self, key: usize, values: &Values, row: usize) {
        self.kept[key].push_back(F::Value::of(values, row));
    }

    fn forget(&mut self, key: usize) {
        self.kept[key].pop_front();
    }

    fn answer_for(&mut self, key: usize, chosen: &[usize]) {
        let kept = &self.kept[key];
        let values = chosen.iter().filter_map(|at| kept.get(*at)?.as_ref()).map(F::lift);
        self.answers.push(F::answer(values.reduce(|older, newer| F::merge(&older, &newer))));
    }

    fn release(&mut self, key: usize) {
        self.queues[key] = Queue::default();
        self.kept[key] = VecDeque::new();
    }

    fn finish(self: Box<Self>) -> Result<ArrayRef> {
        (self.to_array)(self.answers, &self.output)
    }
}

/// Values with their event times, and how often each is there.
type Counted<V> = (VecDeque<(i64, V)>, HashMap<V, u64, DefaultHashBuilder>);

/// How many different values there are, by how often each is there.
struct DistinctTrack<V> {
    windows: Vec<Counted<V>>,
    kept: Vec<VecDeque<Option<V>>>,
    answers: Vec<i64>,
}

impl<V: Eq + Hash> DistinctTrack<V> {
    fn new(keys: usize) -> Self {
        Self {
            windows: (0..keys).map(|_| (VecDeque::new(), HashMap::default())).collect(),
            kept: (0..keys).map(|_| VecDeque::new()).collect(),
            answers: Vec::new(),
        }
    }
}

impl<V: Value + Eq + Hash + Clone + Send> Track for DistinctTrack<V> {
    fn push(&mut self, key: usize, event: i64, values: &Values, row: usize) {
        if let Some(value) = V::of(values, row) {
            let (rows, counts) = &mut self.windows[key];
            *counts.entry(value.clone()).or_insert(0) += 1;
            rows.push_back((event, value));
        }
    }

    fn answer(&mut self, key: usize, lower: i64) {
        let (rows, counts) = &mut self.windows[key];
        while rows.front().is_some_and(|(event, _)| *event < lower) {
            let Some((_, value)) = rows.pop_front() else { break };
            match counts.get_mut(&value) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(counts.remove(&value)),
            }
        }
        self.answers.push(i64::try_from(counts.len()).unwrap_or(i64::MAX));
    }

    fn keep(&mut self, key: usize, values: &Values, row: usize) {
        self.kept[key].push_back(V::of(values, row));
    }

    fn forget(&mut self, key: usize) {
        self.kept[key].pop_front();
    }

    fn answer_for(&mut self, key: usize, chosen: &[usize]) {
        let kept = &self.kept[key];
        let values = chosen.iter().filter_map(|at| kept.get(*at)?.as_ref());
        let different = values.collect::<hashbrown::HashSet<&V, DefaultHashBuilder>>().len();
        self.answers.push(i64::try_from(different).unwrap_or(i64::MAX));
    }

    fn release(&mut self, key: usize) {
        self.windows[key] = (VecDeque::new(), HashMap::default());
        self.kept[key] = VecDeque::new();
    }

    fn finish(self: Box<Self>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from(self.answers)))
    }
}

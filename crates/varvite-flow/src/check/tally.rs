//! What a check has seen so far, part by part.

use serde::{Deserialize, Serialize};

use super::seen::Seen;
use super::{Check, CheckOutcome, Rule};
use crate::context::Stored;
use crate::fold::{Accumulator, Moments, Part};
use crate::row::AnyLane;
use crate::row::lane::typed;
use crate::value::Value;

/// How many of the rows that were found are told.
const TOLD: usize = 5;

/// What a check has seen so far. Parts are merged in the order of their rows.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    num_rows: u64,
    num_nulls: u64,
    num_failed: u64,
    first_rows: Vec<u64>,
    moments: Moments,
    /// The first value that can be compared, and its row.
    first: Option<(u64, Value)>,
    last: Option<Value>,
    seen: Seen,
}

/// What a check of all rows goes on from in the next batch of a stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Carried {
    num_rows: u64,
    num_nulls: u64,
    moments: Moments,
    last: Option<Stored>,
}

impl Tally {
    /// What was seen of the batches before, as far as the check asks about it.
    pub(crate) fn after(carried: &Carried) -> Self {
        let last = carried.last.as_ref().and_then(Stored::value);
        let Carried { num_rows, num_nulls, moments, .. } = *carried;
        Self { num_rows, num_nulls, moments, last, ..Self::default() }
    }

    /// What the next batch goes on from; nothing if no other batch matters.
    pub(crate) fn carried(&self, check: &Check) -> Option<Carried> {
        match check.rule {
            Rule::NullFraction(_) | Rule::Mean(_) | Rule::Deviation(_) => {
                Some(Carried { num_rows: self.num_rows, num_nulls: self.num_nulls, moments: self.moments, last: None })
            }
            // Rows are those of a batch, as what was found in it.
            Rule::Monotonic => Some(Carried { last: self.last.as_ref().and_then(Stored::of), ..Carried::default() }),
            _ => None,
        }
    }

    /// Takes in a chunk that starts at `start`.
    pub(crate) fn fold(&mut self, check: &Check, lane: &dyn AnyLane, start: u64) {
        let validity = lane.validity();
        let len = validity.valid() + validity.nulls();
        self.num_rows += len as u64;
        self.num_nulls += validity.nulls() as u64;
        if let (Rule::Mean(_) | Rule::Deviation(_), Some(_)) = (&check.rule, typed::<f64>(lane)) {
            self.moments.fold(&Part::all(lane));
            return;
        }
        if let (Rule::NullFraction(_), ()) = (&check.rule, ()) {
            return;
        }
        let float = typed::<f64>(lane).map(|lane| &lane.values[..]);
        validity.for_each_valid(|row| {
            let is_good = match (&check.rule, float) {
                (Rule::Range(range), Some(values)) => range.contains(&values[row]),
                (Rule::Finite, Some(values)) => values[row].is_finite(),
                _ => self.is_good(check, lane.get(row), start + row as u64),
            };
            if !is_good {
                self.found(start + row as u64);
            }
        });
    }

    /// Takes in the value of one row or item.
    pub(crate) fn fold_one(&mut self, check: &Check, value: &Value, row: u64) {
        self.num_rows += 1;
        if value.is_null() {
            self.num_nulls += 1;
        } else if !self.is_good(check, value.clone(), row) {
            self.found(row);
        }
    }

    /// Takes in what was seen of the rows that follow.
    pub(crate) fn merge(&mut self, check: &Check, later: Self) {
        let first = later.first.as_ref();
        let torn = first
            .filter(|(_, first)| matches!(check.rule, Rule::Monotonic) && descends(self.last.as_ref(), Some(first)));
        // Rows that are found because of those before.
        let mut found: Vec<u64> = torn.map(|(row, _)| *row).into_iter().collect();
        found.extend(self.seen.merge(later.seen));
        self.num_failed += later.num_failed + found.len() as u64;
        found.extend(later.first_rows);
        found.sort_unstable();
        self.first_rows.extend(found);
        self.first_rows.truncate(TOLD);
        self.num_rows += later.num_rows;
        self.num_nulls += later.num_nulls;
        self.moments.merge(&later.moments);
        self.first = self.first.take().or(later.first);
        self.last = later.last.or(self.last.take());
    }

    /// What became of the check.
    pub(crate) fn outcome(&self, node: &str, check: &Check) -> CheckOutcome {
        #[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
        let fraction = if self.num_rows == 0 { 0.0 } else { self.num_nulls as f64 / self.num_rows as f64 };
        let count = self.moments.count();
        let (passed, message) = match &check.rule {
            Rule::NullFraction(at_most) => (fraction <= *at_most, format!("a fraction of {fraction} is null")),
            Rule::Mean(range) => within(range, (count > 0).then(|| self.moments.mean()), "the mean"),
            Rule::Deviation(range) => within(range, (count > 1).then(|| self.moments.std()), "the deviation"),
            _ => (self.num_failed == 0, format!("{} of {} rows", self.num_failed, self.num_rows)),
        };
        CheckOutcome {
            node: node.to_owned(),
            check: check.name(),
            severity: check.severity,
            passed,
            num_rows: self.num_rows,
            num_failed: self.num_failed,
            first_rows: self.first_rows.clone(),
            message,
        }
    }

    fn found(&mut self, row: u64) {
        self.num_failed += 1;
        if self.first_rows.len() < TOLD {
            self.first_rows.push(row);
        }
    }

    fn is_good(&mut self, check: &Check, value: Value, row: u64) -> bool {
        match &check.rule {
            Rule::Range(range) => value.as_f64().is_some_and(|value| range.contains(&value)),
            Rule::Finite => value.as_f64().is_some_and(f64::is_finite),
            Rule::Length(range) => value.as_str().is_some_and(|text| range.contains(&text.chars().count())),
            Rule::Pattern(_, pattern) => {
                value.as_str().is_some_and(|text| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text)))
            }
            Rule::OneOf(values) => values.contains(&value),
            Rule::With(_, f) => f(&value),
            Rule::Unique => self.seen.is_new(&value, row),
            // What is not a number is neither above nor below another.
            Rule::Monotonic if matches!(value, Value::F64(value) if value.is_nan()) => true,
            Rule::Monotonic => {
                let is_good = !descends(self.last.as_ref(), Some(&value));
                self.first.get_or_insert_with(|| (row, value.clone()));
                self.last = Some(value);
                is_good
            }
            Rule::Mean(_) | Rule::Deviation(_) => {
                self.moments.push(value.as_f64().unwrap_or(f64::NAN));
                true
            }
            Rule::NullFraction(_) => true,
        }
    }
}

/// A bound of nothing is met: without values there is no mean to be wrong.
fn within(range: &std::ops::RangeInclusive<f64>, value: Option<f64>, what: &str) -> (bool, String) {
    (value.is_none_or(|value| range.contains(&value)), format!("{what} is {}", value.unwrap_or(f64::NAN)))
}

fn descends(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(Value::I64(before)), Some(Value::I64(after))) => after < before,
        (Some(Value::F64(before)), Some(Value::F64(after))) => after < before,
        (Some(Value::Str(before)), Some(Value::Str(after))) => after < before,
        (Some(Value::Bool(before)), Some(Value::Bool(after))) => after < before,
        (Some(Value::Date(before)), Some(Value::Date(after))) => after < before,
        (Some(Value::DateTime(before)), Some(Value::DateTime(after))) => after < before,
        (Some(Value::Timestamp(before)), Some(Value::Timestamp(after))) => after < before,
        _ => false,
    }
}

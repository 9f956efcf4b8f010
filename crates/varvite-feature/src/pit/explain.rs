//! [`Explanation`]: where each value came from, or why there is none.

use std::fmt;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use varvite_time::{Instant, TimeUnit};

use super::bounds::Window;
use super::derived::WindowRead;
use super::entities::EntityRows;
use super::historical::{Histories, check, execute, key_arrays, null_keys, tracks, window};
use super::join::{Joined, Request, Spine, join};
use super::options::{HistoricalOptions, NullPolicy};
use super::plan::{GroupPlan, JoinPlan};
use crate::error::arrow;
use crate::times::{at, numbers, unit_of};
use crate::virtual_group::VirtualRead;
use crate::{GroupHistory, Result, columns};

/// Why a value is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum Reason {
    /// The winner has a value.
    Found,
    /// The winner has a null.
    NullInSource,
    /// The entity has rows, but none as early as asked for.
    NoRow,
    /// The newest row is older than the TTL or the tolerance allows.
    TooOld,
    /// There is a row, but it was created later than the entity row's time, or nobody knows when.
    NotYetKnown,
    /// The group has no row of the entity.
    UnknownEntity,
    /// The entity row has a null key, or no time.
    NullKey,
    /// No row is in the window.
    EmptyWindow,
    /// The query gives null, or no row of the entity.
    NullQueried,
    /// The expression is null for what it is computed from.
    NullComputed,
}

/// The origin of one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedValue {
    /// The entity row.
    pub row: usize,
    /// The column of the answer.
    pub column: String,
    /// The group and version that was read.
    pub group: String,
    /// The feature.
    pub feature: String,
    /// The value as text; `None` for null.
    pub value: Option<String>,
    /// Why it is so.
    pub reason: Reason,
    /// The commit that wrote the row that won, or that would have: see `reason`.
    pub commit: Option<i64>,
    /// Its event time.
    pub event_time: Option<String>,
    /// Its created time.
    pub created_time: Option<String>,
    /// How long before the entity row's time it happened, in nanoseconds.
    pub age_ns: Option<i128>,
    /// Of a window: how many rows are in it.
    pub rows: Option<i64>,
}

/// Where the values of a historical read came from: one entry for each entity row and column, in their order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The entries.
    pub values: Vec<ExplainedValue>,
    /// How each virtual group is computed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<ExplainedQuery>,
}

/// How a query engine computes a virtual group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedQuery {
    /// The group and version that is read.
    pub group: String,
    /// What the engine says, for people.
    pub plan: String,
}

/// Explains a planned read.
pub(crate) fn explain(
    plan: &JoinPlan,
    entities: &EntityRows,
    options: &HistoricalOptions,
    not_after: Option<Instant>,
    histories: &impl Histories,
) -> Result<Explanation> {
    check(options)?;
    let times = entities.times()?;
    let mut found: Vec<Vec<Option<ExplainedValue>>> = vec![vec![None; plan.outputs.len()]; times.len()];
    for group in &plan.groups {
        let history = histories.group(&group.group)?;
        let keys = key_arrays(group, entities)?;
        let explainer = Explainer {
            group,
            history: &history,
            keys: &keys,
            null_keys: null_keys(&group.keys, entities)?,
            times: &times,
            options,
            not_after,
        };
        for (feature, at) in &group.features {
            for value in explainer.feature(feature, &plan.outputs[*at])? {
                let row = value.row;
                found[row][*at] = Some(value);
            }
        }
    }
    let mut queries = Vec::new();
    if plan.derived().next().is_some() {
        let answer = execute(plan, entities, options, not_after, histories)?.to_batch()?;
        let derived = Derived { plan, answer: &answer, first: entities.schema().fields().len() };
        for window in &plan.windows {
            let read = WindowRead::open(window, entities, histories)?;
            let counts = read.count(&times, options, not_after)?;
            let is_unmatched = |row: usize| times[row].is_none() || read.keys.iter().any(|key| key.is_null(row));
            derived.explain(&mut found, &window.window.id(), &window.features, |row, value| {
                let rows = counts.as_primitive::<Int64Type>().value(row);
                let reason = match () {
                    () if value => Reason::Found,
                    () if is_unmatched(row) => Reason::NullKey,
                    () if rows == 0 => Reason::EmptyWindow,
                    () => Reason::NullInSource,
                };
                (reason, Some(rows))
            })?;
        }
        for group in &plan.virtual_groups {
            let read = VirtualRead::open(group, entities)?;
            let said = histories.explain_virtual(&read.request(options, not_after))?;
            queries.push(ExplainedQuery { group: group.group.id(), plan: said });
            derived.explain(&mut found, &group.group.id(), &group.features, |row, value| {
                let reason = match () {
                    () if value => Reason::Found,
                    () if read.is_unmatched(row) => Reason::NullKey,
                    () => Reason::NullQueried,
                };
                (reason, None)
            })?;
        }
        for group in &plan.on_demand {
            derived.explain(&mut found, &group.group.id(), &group.features, |_, value| {
                (if value { Reason::Found } else { Reason::NullComputed }, None)
            })?;
        }
    }
    Ok(Explanation { values: found.into_iter().flatten().flatten().collect(), queries })
}

/// The values of what is derived.
struct Derived<'a> {
    plan: &'a JoinPlan,
    answer: &'a RecordBatch,
    /// Where the columns of features begin.
    first: usize,
}

impl Derived<'_> {
    /// Adds the entries of one window or on-demand group. `why` tells for a row that has a value, or none, why that is so
    /// and how many rows counted.
    fn explain(
        &self,
        found: &mut [Vec<Option<ExplainedValue>>],
        id: &str,
        features: &[(String, usize)],
        why: impl Fn(usize, bool) -> (Reason, Option<i64>),
    ) -> Result<()> {
        for (feature, at) in features {
            let array = self.answer.column(self.first + at);
            let text = ArrayFormatter::try_new(array, &FormatOptions::default()).map_err(arrow("show values"))?;
            for (row, entries) in found.iter_mut().enumerate() {
                let (reason, rows) = why(row, array.is_valid(row));
                entries[*at] = Some(ExplainedValue {
                    row,
                    column: self.plan.outputs[*at].clone(),
                    group: id.to_owned(),
                    feature: feature.clone(),
                    value: array.is_valid(row).then(|| text.value(row).to_string()),
                    reason,
                    commit: None,
                    event_time: None,
                    created_time: None,
                    age_ns: None,
                    rows,
                });
            }
        }
        Ok(())
    }
}

struct Explainer<'a> {
    group: &'a GroupPlan,
    history: &'a GroupHistory,
    keys: &'a [ArrayRef],
    null_keys: Vec<bool>,
    times: &'a [Option<Instant>],
    options: &'a HistoricalOptions,
    not_after: Option<Instant>,
}

/// The rows that won under some limits: their values and where they come from.
struct Winners {
    value: ArrayRef,
    commit: ArrayRef,
    event: Option<ArrayRef>,
    created: Option<ArrayRef>,
}

impl Winners {
    /// Whether an entity row has a winner at all: every stored row has a commit.
    fn has(&self, row: usize) -> bool {
        self.commit.is_valid(row)
    }
}

/// What a relaxed read ignores; each ignores what those before it do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relaxed {
    Nothing,
    /// That the value is null.
    Nulls,
    /// How old the row is.
    Age,
    /// When the row was created.
    Knowledge,
    /// When the row happened.
    Time,
}

impl Explainer<'_> {
    fn feature(&self, feature: &str, column: &str) -> Result<Vec<ExplainedValue>> {
        let exact = self.winners(feature, Relaxed::Nothing)?;
        let is_certain = |row: usize| exact.has(row) && exact.value.is_valid(row);
        if (0..self.times.len()).all(is_certain) {
            return (0..self.times.len()).map(|row| self.entry(feature, column, row, Reason::Found, &exact)).collect();
        }
        let nulls = self.winners(feature, Relaxed::Nulls)?;
        let aged = self.winners(feature, Relaxed::Age)?;
        let unknown = self.winners(feature, Relaxed::Knowledge)?;
        let ever = self.winners(feature, Relaxed::Time)?;
        let of_row = |row: usize| {
            let (reason, winners) = match () {
                () if is_certain(row) => (Reason::Found, &exact),
                () if self.is_unmatched(row) => (Reason::NullKey, &exact),
                () if nulls.has(row) => (Reason::NullInSource, &nulls),
                () if aged.has(row) => (Reason::TooOld, &aged),
                () if unknown.has(row) => (Reason::NotYetKnown, &unknown),
                () if ever.has(row) => (Reason::NoRow, &exact),
                () => (Reason::UnknownEntity, &exact),
            };
            self.entry(feature, column, row, reason, winners)
        };
        (0..self.times.len()).map(of_row).collect()
    }

    fn is_unmatched(&self, row: usize) -> bool {
        self.times[row].is_none() || self.null_keys[row]
    }

    fn winners(&self, feature: &str, relaxed: Relaxed) -> Result<Winners> {
        let definition = &self.group.group;
        let times = [definition.event_time(), definition.created_time()];
        let mut wanted = vec![feature.to_owned(), columns::COMMIT.to_owned()];
        wanted.extend(times.into_iter().flatten().map(|time| time.name().to_owned()));
        let limits = window(self.group, self.options, self.not_after);
        let far = [Some(Instant::from_ns(i128::MAX))].repeat(self.times.len());
        let limits = Window {
            oldest: limits.oldest.filter(|_| relaxed < Relaxed::Age),
            not_after: limits.not_after.filter(|_| relaxed < Relaxed::Time),
            ..limits
        };
        let request = Request {
            history: self.history,
            tracks: tracks(wanted.len(), NullPolicy::Row),
            columns: wanted,
            skip_nulls: self.options.null_policy == NullPolicy::LastKnown && relaxed < Relaxed::Nulls,
            known_as_of: self.options.known_as_of && relaxed < Relaxed::Knowledge,
            window: limits,
            kept_bytes: self.options.kept_bytes,
        };
        let times = if relaxed == Relaxed::Time { &far } else { self.times };
        let Joined { columns } = join(&request, &Spine { keys: self.keys, times })?;
        let mut columns = columns.into_iter();
        let mut next =
            || columns.next().unwrap_or_else(|| arrow::array::new_null_array(&arrow::datatypes::DataType::Null, 0));
        Ok(Winners {
            value: next(),
            commit: next(),
            event: definition.event_time().map(|_| next()),
            created: definition.created_time().map(|_| next()),
        })
    }

    fn entry(
        &self,
        feature: &str,
        column: &str,
        row: usize,
        reason: Reason,
        winners: &Winners,
    ) -> Result<ExplainedValue> {
        let event = winners.event.as_ref().map(|event| instant(event, row)).transpose()?.flatten();
        let created = winners.created.as_ref().map(|created| instant(created, row)).transpose()?.flatten();
        let value = ArrayFormatter::try_new(&winners.value, &FormatOptions::default()).map_err(arrow("show values"))?;
        Ok(ExplainedValue {
            row,
            column: column.to_owned(),
            group: self.group.group.id(),
            feature: feature.to_owned(),
            value: (reason == Reason::Found).then(|| value.value(row).to_string()),
            reason,
            commit: winners.has(row).then(|| winners.commit.as_primitive::<Int64Type>().value(row)),
            event_time: event.map(|event| event.to_string()),
            created_time: created.map(|created| created.to_string()),
            age_ns: event.zip(self.times[row]).map(|(event, time)| time.as_ns() - event.as_ns()),
            rows: None,
        })
    }
}

fn instant(column: &ArrayRef, row: usize) -> Result<Option<Instant>> {
    let unit = unit_of(column.data_type()).unwrap_or(TimeUnit::Nanosecond);
    let one = column.slice(row, 1);
    Ok(at(&numbers(&one)?, 0).map(|value| Instant::new(value, unit)))
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Found => "found",
            Self::NullInSource => "the row has a null",
            Self::NoRow => "no row as early as that",
            Self::TooOld => "the newest row is too old",
            Self::NotYetKnown => "the row was not known yet",
            Self::UnknownEntity => "no row of this entity",
            Self::NullKey => "the key or the time is null",
            Self::EmptyWindow => "no row in the window",
            Self::NullQueried => "the query gives no value",
            Self::NullComputed => "the expression is null",
        })
    }
}

impl ExplainedValue {
    /// How old the row is, in the largest units that say it: `2d 3h`.
    pub fn age(&self) -> Option<String> {
        self.age_ns.map(age_text)
    }
}

impl fmt::Display for ExplainedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}, {} = {}", self.row, self.column, self.value.as_deref().unwrap_or("null"))?;
        if self.reason != Reason::Found {
            write!(f, ": {}", self.reason)?;
        }
        write!(f, " [{}", self.group)?;
        self.rows.map_or(Ok(()), |rows| write!(f, ", {rows} rows"))?;
        self.commit.map_or(Ok(()), |commit| write!(f, ", commit {commit}"))?;
        self.event_time.as_ref().map_or(Ok(()), |event| write!(f, ", event {event}"))?;
        self.created_time.as_ref().map_or(Ok(()), |created| write!(f, ", created {created}"))?;
        self.age().map_or(Ok(()), |age| write!(f, ", age {age}"))?;
        f.write_str("]")
    }
}

/// An age in the largest units that say it: `2d 3h`.
fn age_text(ns: i128) -> String {
    const UNITS: [(&str, i128); 7] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ];
    let (mut left, mut parts) = (ns.abs(), Vec::new());
    for (name, length) in UNITS {
        if left >= length {
            parts.push(format!("{}{name}", left / length));
            left %= length;
        }
    }
    let text = if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") };
    if ns < 0 { format!("-{text}") } else { text }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, value) in self.values.iter().enumerate() {
            write!(f, "{}{value}", if at == 0 { "" } else { "\n" })?;
        }
        for ExplainedQuery { group, plan } in &self.queries {
            write!(f, "\n{group}:")?;
            plan.lines().try_for_each(|line| write!(f, "\n  {line}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_said_in_its_largest_units() {
        assert_eq!(age_text(0), "0s");
        assert_eq!(age_text(90_000_000_001), "1min 30s 1ns");
        assert_eq!(age_text(-86_400_000_000_000), "-1d");
    }
}

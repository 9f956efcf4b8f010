//! Checks of what nodes make: told with the node, evaluated in the pass that makes it, reported as data.

mod seen;
mod tally;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

pub(crate) use tally::{Carried, Tally};

use crate::error::{Kind, Problem};
use crate::flow_type::{FlowType, Item, Shape};
use crate::function::Failure;
use crate::value::Value;

/// A check of what a node makes. Nulls are passed over, except by a null fraction.
#[derive(Clone, Debug)]
pub struct Check {
    pub(crate) rule: Rule,
    pub(crate) severity: Severity,
    pub(crate) is_offline: bool,
}

/// What a check that found something does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It is reported.
    Warn,
    /// It is reported, and no reader of the node is served.
    Fail,
}

#[derive(Clone)]
pub(crate) enum Rule {
    Range(RangeInclusive<f64>),
    OneOf(Vec<Value>),
    Finite,
    Length(RangeInclusive<usize>),
    /// Its text, and what it was compiled to; nothing if it is no pattern.
    Pattern(String, Option<regex::Regex>),
    With(String, Arc<dyn Fn(&Value) -> bool + Send + Sync>),
    NullFraction(f64),
    Monotonic,
    Unique,
    Mean(RangeInclusive<f64>),
    Deviation(RangeInclusive<f64>),
}

/// Of ranges that end before they begin, or whose ends are not numbers.
const NO_RANGE: &str = "is a range in which nothing lies";

impl Check {
    fn new(rule: Rule) -> Self {
        Self { rule, severity: Severity::Fail, is_offline: false }
    }

    /// Numbers lie within a range, both ends included.
    pub fn range(range: RangeInclusive<f64>) -> Self {
        Self::new(Rule::Range(range))
    }

    /// Values are among these.
    pub fn one_of(values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        Self::new(Rule::OneOf(values.into_iter().map(Into::into).collect()))
    }

    /// Floats are neither infinite nor not a number.
    pub fn finite() -> Self {
        Self::new(Rule::Finite)
    }

    /// Texts have as many characters, both ends included.
    pub fn length(range: RangeInclusive<usize>) -> Self {
        Self::new(Rule::Length(range))
    }

    /// Texts match a regular expression somewhere; `^` and `$` bind it to the ends. What is no such expression is found
    /// when the graph is built.
    pub fn pattern(pattern: &str) -> Self {
        Self::new(Rule::Pattern(pattern.to_owned(), regex::Regex::new(pattern).ok()))
    }

    /// A function says yes to each value.
    pub fn with(name: impl Into<String>, f: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Rule::With(name.into(), Arc::new(f)))
    }

    /// At most this fraction of the rows is null. In a stream, of all rows that came so far.
    pub fn null_fraction(at_most: f64) -> Self {
        Self::new(Rule::NullFraction(at_most))
    }

    /// Values do not descend; what is not a number is passed over. In a stream, neither within batches nor between them.
    pub fn monotonic() -> Self {
        Self::new(Rule::Monotonic)
    }

    /// No value comes twice. Values are told apart by their bits or by hashes of 128 bits, all of which are held. A stream
    /// would have to hold those of all batches: one that fails is refused there unless it is [`offline`](Self::offline), and
    /// one that warns is skipped.
    pub fn unique() -> Self {
        Self::new(Rule::Unique)
    }

    /// The mean lies within a range, both ends included; one that is not a number does not. In a stream, that of all rows
    /// that came so far.
    pub fn mean(range: RangeInclusive<f64>) -> Self {
        Self::new(Rule::Mean(range))
    }

    /// The standard deviation lies within a range, both ends included; one that is not a number does not. A single value
    /// has none. In a stream, that of all rows that came so far.
    pub fn deviation(range: RangeInclusive<f64>) -> Self {
        Self::new(Rule::Deviation(range))
    }

    /// What it does when it finds something; [`Severity::Fail`] unless told.
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Judges it on data sets alone, in runs and fits: neither the batches of a stream nor single rows are asked.
    pub fn offline(self) -> Self {
        Self { is_offline: true, ..self }
    }

    /// Whether it is asked, of a data set or of a part of one.
    pub(crate) fn is_asked(&self, by_parts: bool) -> bool {
        !(by_parts && self.is_offline)
    }

    /// The same of rows that come part by part: whether no value comes twice is not known then.
    pub(crate) fn is_asked_of_rows(&self, by_parts: bool) -> bool {
        self.is_asked(by_parts) && !(by_parts && matches!(self.rule, Rule::Unique))
    }

    /// Its name, as reports have it.
    pub fn name(&self) -> String {
        match &self.rule {
            Rule::Range(range) => format!("range {:?}..={:?}", range.start(), range.end()),
            Rule::OneOf(values) => format!("one of {values:?}"),
            Rule::Finite => "finite".to_owned(),
            Rule::Length(range) => format!("length {range:?}"),
            Rule::Pattern(pattern, _) => format!("pattern {pattern}"),
            Rule::With(name, _) => name.clone(),
            Rule::NullFraction(fraction) => format!("null fraction at most {fraction}"),
            Rule::Monotonic => "monotonic".to_owned(),
            Rule::Unique => "unique".to_owned(),
            Rule::Mean(range) => format!("mean {:?}..={:?}", range.start(), range.end()),
            Rule::Deviation(range) => format!("deviation {:?}..={:?}", range.start(), range.end()),
        }
    }

    /// The problem of a check that failed itself.
    pub(crate) fn failed(&self, node: &str, failure: &Failure) -> Problem {
        let message = format!("check `{}` of `{node}` failed: {}", self.name(), failure.message);
        Problem::new(Kind::NodeFailed, [node], message)
    }

    /// Whether it says something about a data set, and nothing about one value.
    pub fn needs_rows(&self) -> bool {
        matches!(self.rule, Rule::NullFraction(_) | Rule::Monotonic | Rule::Unique | Rule::Mean(_) | Rule::Deviation(_))
    }

    /// Why no value can pass it, if that is so.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        match &self.rule {
            Rule::Range(range) | Rule::Mean(range) | Rule::Deviation(range) if range.is_empty() => Some(NO_RANGE),
            Rule::Length(range) if range.is_empty() => Some(NO_RANGE),
            Rule::Pattern(_, None) => Some("is no regular expression"),
            _ => None,
        }
    }

    /// Whether it can be asked of what a node makes.
    pub(crate) fn applies_to(&self, made: &FlowType) -> bool {
        let item = made.item;
        let float = matches!(item, Item::F64 | Item::F32 | Item::Any);
        let number = float || matches!(item, Item::I64 | Item::I32 | Item::U32);
        let of_rows = matches!(made.shape, Shape::Row | Shape::Column);
        if self.needs_rows() && !of_rows || made.list {
            return false;
        }
        match &self.rule {
            Rule::Range(_) | Rule::Mean(_) | Rule::Deviation(_) => number,
            Rule::Finite => float,
            Rule::Length(_) => matches!(item, Item::Str | Item::Any),
            Rule::Pattern(..) => matches!(item, Item::Str | Item::Any),
            Rule::OneOf(values) => values.iter().all(|value| FlowType::one(item).accepts(value)),
            Rule::With(..) | Rule::NullFraction(_) | Rule::Monotonic | Rule::Unique => {
                !matches!(item, Item::Other(..)) || matches!(self.rule, Rule::With(..))
            }
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Check::new(self.clone()).name())
    }
}

/// What became of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckOutcome {
    /// The node.
    pub node: String,
    /// The check.
    pub check: String,
    /// What it does when it finds something.
    pub severity: Severity,
    /// Whether it found nothing.
    pub passed: bool,
    /// How many rows there were.
    pub num_rows: u64,
    /// How many rows were found; 0 for what says nothing about a row.
    pub num_failed: u64,
    /// The first rows that were found, at most five.
    pub first_rows: Vec<u64>,
    /// What was found, in words.
    pub message: String,
}

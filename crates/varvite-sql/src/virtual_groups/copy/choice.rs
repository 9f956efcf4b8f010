//! Whether a virtual group is computed, or read from its copy: stated rules, and what they came to.

use std::fmt;
use std::time::Duration;

use varvite_time::Instant;

/// How a virtual group that has a copy is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Computed, always.
    #[default]
    Virtual,
    /// From the copy, always: an error says what the copy lacks.
    Materialized,
    /// From the copy where it gives the same answer and takes less time, as far as was measured; computed otherwise.
    Automatic,
}

/// What is known of the copy for one point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::virtual_groups) enum Copy {
    /// There is none at or before the time.
    None,
    /// It was made as of this time, and nothing that it depends on has happened or changed since.
    Exact(Instant),
    /// It was made as of this time, and sources have had rows since, or were changed.
    Stale(Instant),
}

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::virtual_groups) struct Facts {
    pub(in crate::virtual_groups) strategy: Strategy,
    pub(in crate::virtual_groups) at: Instant,
    pub(in crate::virtual_groups) copy: Copy,
    /// How old a copy may be that is read all the same.
    pub(in crate::virtual_groups) max_staleness: Option<Duration>,
    /// Seconds that reading it took, either way; `None` as long as nobody did.
    pub(in crate::virtual_groups) virtual_seconds: Option<f64>,
    pub(in crate::virtual_groups) copy_seconds: Option<f64>,
}

/// Where an answer comes from, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::virtual_groups) enum Decision {
    Compute(String),
    Copy { made: Instant, reason: String },
    Refuse(String),
}

pub(in crate::virtual_groups) fn decide(facts: &Facts) -> Decision {
    match (facts.strategy, facts.copy) {
        (Strategy::Virtual, _) => Decision::Compute("the strategy is to compute".to_owned()),
        (Strategy::Materialized, Copy::None) => {
            Decision::Refuse(format!("it has no copy as of {} or before: materialize it first", facts.at))
        }
        (Strategy::Materialized | Strategy::Automatic, Copy::Stale(made)) if facts.allows(made) => {
            Decision::Copy { made, reason: format!("its copy is as of {made}, which is allowed") }
        }
        (Strategy::Materialized, Copy::Stale(made)) => Decision::Refuse(format!(
            "its copy is as of {made}, and its sources have changed since: materialize it as of {}, or allow a staleness",
            facts.at
        )),
        (Strategy::Materialized, Copy::Exact(made)) => {
            Decision::Copy { made, reason: format!("the strategy is to read the copy, which is that of {made}") }
        }
        (Strategy::Automatic, Copy::None) => Decision::Compute("it has no copy".to_owned()),
        (Strategy::Automatic, Copy::Stale(made)) => {
            Decision::Compute(format!("its sources have changed since its copy as of {made}"))
        }
        (Strategy::Automatic, Copy::Exact(made)) => facts.cheaper(made),
    }
}

impl Facts {
    fn allows(&self, made: Instant) -> bool {
        let age = self.at.as_ns() - made.as_ns();
        self.max_staleness.is_some_and(|allowed| age <= i128::try_from(allowed.as_nanos()).unwrap_or(i128::MAX))
    }

    /// Both ways give the same answer: the one that took less time.
    fn cheaper(&self, made: Instant) -> Decision {
        match (self.virtual_seconds, self.copy_seconds) {
            (Some(computed), Some(copied)) if computed < copied => {
                Decision::Compute(format!("computing took {computed:.3} s, reading its copy {copied:.3} s"))
            }
            _ => Decision::Copy { made, reason: format!("its copy as of {made} has the same answer") },
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compute(reason) => write!(f, "computed: {reason}"),
            Self::Copy { reason, .. } => write!(f, "read from its copy: {reason}"),
            Self::Refuse(reason) => f.write_str(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Instant = Instant::from_ns(100);
    const BEFORE: Instant = Instant::from_ns(90);

    fn facts(strategy: Strategy, copy: Copy) -> Facts {
        Facts { strategy, at: AT, copy, max_staleness: None, virtual_seconds: None, copy_seconds: None }
    }

    #[track_caller]
    fn check(facts: Facts, expected: &str) {
        assert!(decide(&facts).to_string().starts_with(expected), "{}", decide(&facts));
    }

    #[test]
    fn a_stale_copy_is_never_read_unless_it_is_allowed() {
        check(facts(Strategy::Automatic, Copy::Stale(BEFORE)), "computed");
        check(facts(Strategy::Materialized, Copy::Stale(BEFORE)), "its copy is as of");
        let allowed = |ns| Some(Duration::from_nanos(ns));
        check(
            Facts { max_staleness: allowed(10), ..facts(Strategy::Automatic, Copy::Stale(BEFORE)) },
            "read from its copy",
        );
        check(Facts { max_staleness: allowed(9), ..facts(Strategy::Automatic, Copy::Stale(BEFORE)) }, "computed");
    }

    #[test]
    fn of_two_equal_answers_the_cheaper_is_taken() {
        let exact = facts(Strategy::Automatic, Copy::Exact(BEFORE));
        check(exact, "read from its copy");
        check(Facts { virtual_seconds: Some(0.1), copy_seconds: Some(0.2), ..exact }, "computed: computing took");
        check(Facts { virtual_seconds: Some(0.2), copy_seconds: Some(0.1), ..exact }, "read from its copy");
    }

    #[test]
    fn a_copy_that_is_not_there_is_no_answer() {
        check(facts(Strategy::Materialized, Copy::None), "it has no copy");
        check(facts(Strategy::Automatic, Copy::None), "computed: it has no copy");
    }
}

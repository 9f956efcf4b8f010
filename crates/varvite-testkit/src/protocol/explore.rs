//! Every state that can be reached, in order of steps, until a property fails.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

use xxhash_rust::xxh3::Xxh3;

/// A system whose states can be listed.
pub trait System: Clone + Hash {
    /// What a step is called.
    type Step: Display;

    /// What may happen next, and the state afterwards.
    fn next(&self) -> Vec<(Self::Step, Self)>;

    /// What is wrong with this state.
    ///
    /// # Errors
    /// The property that does not hold.
    fn check(&self) -> Result<(), String>;
}

/// What an exploration found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Every reachable state is fine; how many there are.
    Nothing {
        /// Number of states.
        states: usize,
    },
    /// A shortest way to a state that is not.
    Violation {
        /// The property that does not hold.
        property: String,
        /// The steps that lead there.
        trace: Vec<String>,
    },
    /// There are more states than were looked at: those were fine.
    Unfinished {
        /// Number of states looked at.
        states: usize,
    },
}

/// One state that was reached: where from, and by which of the steps there.
struct Visit {
    from: usize,
    step: u16,
}

/// Looks at every state that `first` leads to, the nearest ones first, but at no more than `limit`.
///
/// Only fingerprints of states are kept: that two of 128 bits collide is less likely than that this machine errs.
pub fn explore<S: System>(first: &S, limit: usize) -> Found {
    let mut seen = HashSet::from([fingerprint(first)]);
    let mut visits = vec![Visit { from: 0, step: 0 }];
    let mut edge = vec![(0, first.clone())];
    if let Err(property) = first.check() {
        return Found::Violation { property, trace: Vec::new() };
    }
    while !edge.is_empty() {
        let mut beyond = Vec::new();
        for (from, state) in edge {
            for (step, (_, next)) in state.next().into_iter().enumerate() {
                if !seen.insert(fingerprint(&next)) {
                    continue;
                }
                visits.push(Visit { from, step: u16::try_from(step).unwrap_or(u16::MAX) });
                let at = visits.len() - 1;
                if let Err(property) = next.check() {
                    return Found::Violation { property, trace: trace(first, &visits, at) };
                }
                if visits.len() >= limit {
                    return Found::Unfinished { states: visits.len() };
                }
                beyond.push((at, next));
            }
        }
        edge = beyond;
    }
    Found::Nothing { states: visits.len() }
}

/// As [`explore`], in far less memory: for systems that are thought to be fine, as the way to a state that is not
/// may be a long one.
pub fn sweep<S: System>(first: &S, limit: usize) -> Found {
    if let Err(property) = first.check() {
        return Found::Violation { property, trace: Vec::new() };
    }
    let mut seen = HashSet::from([fingerprint(first)]);
    let (mut ahead, mut steps) = (vec![first.next().into_iter()], Vec::new());
    while let Some(siblings) = ahead.last_mut() {
        let Some((step, state)) = siblings.next() else {
            ahead.pop();
            steps.pop();
            continue;
        };
        if !seen.insert(fingerprint(&state)) {
            continue;
        }
        steps.push(step);
        if let Err(property) = state.check() {
            return Found::Violation { property, trace: steps.iter().map(ToString::to_string).collect() };
        }
        if seen.len() >= limit {
            return Found::Unfinished { states: seen.len() };
        }
        ahead.push(state.next().into_iter());
    }
    Found::Nothing { states: seen.len() }
}

fn fingerprint(state: &impl Hash) -> u128 {
    let mut hasher = Xxh3::new();
    state.hash(&mut hasher);
    hasher.digest128()
}

/// The names of the steps to a visited state: they are taken again, as states are not kept.
fn trace<S: System>(first: &S, visits: &[Visit], mut at: usize) -> Vec<String> {
    let mut steps = Vec::new();
    while at > 0 {
        steps.push(visits[at].step);
        at = visits[at].from;
    }
    let mut state = first.clone();
    let mut names = Vec::new();
    for step in steps.into_iter().rev() {
        let (name, next) = state.next().swap_remove(usize::from(step));
        names.push(name.to_string());
        state = next;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two counters that must not both be at their end.
    #[derive(Clone, Hash)]
    struct Counters([u8; 2], u8);

    impl System for Counters {
        type Step = String;

        fn next(&self) -> Vec<(String, Self)> {
            let step = |at: usize| {
                let mut next = self.clone();
                next.0[at] += 1;
                (format!("{at} counts"), next)
            };
            (0..2).filter(|at| self.0[*at] < self.1).map(step).collect()
        }

        fn check(&self) -> Result<(), String> {
            if self.0 == [2, 1] { Err("two and one".to_owned()) } else { Ok(()) }
        }
    }

    #[test]
    fn a_shortest_way_is_found() {
        let Found::Violation { property, trace } = explore(&Counters([0, 0], 3), 100) else { panic!("none found") };
        assert_eq!((property.as_str(), trace.len()), ("two and one", 3));
        let Found::Violation { property, trace } = sweep(&Counters([0, 0], 3), 100) else { panic!("none found") };
        assert_eq!((property.as_str(), trace.len()), ("two and one", 3));
    }

    #[test]
    fn every_state_is_seen_once() {
        assert_eq!(explore(&Counters([0, 0], 1), 100), Found::Nothing { states: 4 });
        assert_eq!(explore(&Counters([0, 0], 1), 3), Found::Unfinished { states: 3 });
        assert_eq!(sweep(&Counters([0, 0], 1), 100), Found::Nothing { states: 4 });
        assert_eq!(sweep(&Counters([0, 0], 1), 3), Found::Unfinished { states: 3 });
    }
}

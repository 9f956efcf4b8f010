//! [`History`]: what is done to one dataset, and what goes wrong meanwhile, as it is drawn from a seed.

use proptest::prelude::*;
use varvite_storage::sim::Faults;

use super::operation::{Operation, operations, reads};
use crate::shape::{Shape, shapes};

/// Phases of work on one dataset, with a power cut between any two.
#[derive(Debug, Clone)]
pub struct History {
    /// What stays the same in all writes.
    pub shape: Shape,
    /// What happens, in order.
    pub phases: Vec<Phase>,
}

/// Callers at work, until all are done or the power goes.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Decides who goes on when, what fails, and what a power cut leaves.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// What each caller does.
    pub callers: Vec<Vec<Operation>>,
    /// Whether the power goes at the end, if it did not before.
    pub ends_with_cut: bool,
}

/// Histories of a few phases; some begin with many small commits, so that there is a checkpoint soon.
pub fn histories() -> impl Strategy<Value = History> {
    let old = prop_oneof![7 => Just(None), 1 => (55..66_usize).prop_map(Some)];
    let shapes = (shapes(), prop::bool::weighted(0.3)).prop_map(|(shape, evolves)| Shape { evolves, ..shape });
    (shapes, old, prop::collection::vec(phase(), 1..12)).prop_map(|(shape, old, mut phases)| {
        if let Some(commits) = old {
            phases.insert(0, Phase::old(commits));
        }
        History { shape, phases }
    })
}

fn phase() -> impl Strategy<Value = Phase> {
    let writers = prop::collection::vec(prop::collection::vec(operations(), 1..5), 1..4);
    let readers = prop::collection::vec(prop::collection::vec(reads(), 1..4), 0..2);
    let callers = (writers, readers).prop_map(|(writers, readers)| [writers, readers].concat());
    (any::<u64>().no_shrink(), callers, any::<prop::sample::Index>(), prop::bool::weighted(0.9))
        .prop_flat_map(|(seed, callers, at, ends_with_cut)| {
            let operations: usize = callers.iter().map(Vec::len).sum();
            let cut = u64::try_from(1 + at.index(30 * operations)).unwrap_or(1);
            (Just(seed), faults(cut, callers.len()), Just(callers), Just(ends_with_cut))
        })
        .prop_map(|(seed, faults, callers, ends_with_cut)| Phase { seed, faults, callers, ends_with_cut })
}

/// Mostly little goes wrong at once, so that work is done between.
fn faults(cut: u64, callers: usize) -> impl Strategy<Value = Faults> {
    let rate = |rates: &'static [u32]| prop::sample::select(rates);
    let failures = (rate(&[0, 0, 0, 3, 10, 40]), rate(&[0, 0, 3, 10, 40]), rate(&[0, 0, 0, 5]), rate(&[0, 20]));
    let turns = (rate(&[20, 200, 600]), rate(&[0, 5, 30]), rate(&[0, 500]));
    let callers = u32::try_from(callers).unwrap_or(1);
    let kill = prop::option::weighted(0.15, (1..=callers, 1..80_u64));
    (failures, turns, prop::bool::weighted(0.7), kill).prop_map(move |(failures, turns, cuts, kill)| Faults {
        failing: failures.0,
        lost_answers: failures.1,
        full_disk: failures.2,
        clock_jumps: failures.3,
        switches: turns.0,
        stalls: turns.1,
        slow_lists: turns.2,
        stale_lists: 0,
        power_cut: cuts.then_some(cut),
        kill,
    })
}

impl Phase {
    fn old(commits: usize) -> Self {
        let entry = |at: usize| Operation::Entry(Some(format!("{at}")));
        let callers = vec![(0..commits).map(entry).collect()];
        Self { seed: 0, faults: Faults::default(), callers, ends_with_cut: false }
    }
}

//! The rows of one key in a window, and what they fold to, without going through them again: two stacks make a queue
//! whose outcome is known at any time. Nothing is ever taken away from an outcome, so that sums do not drift.

use std::collections::VecDeque;

use crate::fold::Accumulator;

/// The rows of one key, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Track<A> {
    /// Each row that has a value, with its time.
    pub(super) rows: VecDeque<(i64, A)>,
    /// Of the older rows: the outcome of each and all that follow it among them, the oldest last.
    pub(super) front: Vec<A>,
    /// The outcome of the newer rows.
    pub(super) back: Option<A>,
    /// What changed since the last commit.
    undo: Option<Box<Undo<A>>>,
}

#[derive(Debug, Clone)]
struct Undo<A> {
    popped: Vec<(i64, A)>,
    /// How many rows there were, and how many of them were the older ones.
    rows: usize,
    front: usize,
}

impl<A: Accumulator> Track<A> {
    /// A track of rows of which the first `front` are the older ones.
    pub(super) fn load(rows: VecDeque<(i64, A)>, front: usize) -> Self {
        let mut made = Self { rows, front: Vec::new(), back: None, undo: None };
        made.rebuild(front.min(made.rows.len()));
        made
    }

    fn rebuild(&mut self, front: usize) {
        self.front = folded_back(self.rows.range(..front));
        self.back = None;
        for (_, row) in self.rows.range(front..) {
            self.back = Some(merged(self.back.as_ref(), Some(row)));
        }
    }

    /// Notes what it is now, to be able to go back; `true` if that was not noted yet.
    pub(super) fn mark(&mut self) -> bool {
        let is_new = self.undo.is_none();
        let (rows, front) = (self.rows.len(), self.front.len());
        self.undo.get_or_insert_with(|| Box::new(Undo { popped: Vec::new(), rows, front }));
        is_new
    }

    pub(super) fn commit(&mut self) {
        self.undo = None;
    }

    /// Goes back to what was noted.
    pub(super) fn roll_back(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        // Rows go from the front: those that were there before went first.
        self.rows.truncate(undo.rows.saturating_sub(undo.popped.len()));
        for row in undo.popped.into_iter().take(undo.rows).rev() {
            self.rows.push_front(row);
        }
        self.rebuild(undo.front);
    }

    /// Lets rows go whose time is not after `before`.
    pub(super) fn evict(&mut self, before: i64) {
        while self.rows.front().is_some_and(|(time, _)| *time <= before) {
            if self.front.is_empty() {
                self.front = folded_back(self.rows.range(..));
                self.back = None;
            }
            self.front.pop();
            let gone = self.rows.pop_front();
            if let (Some(undo), Some(gone)) = (&mut self.undo, gone) {
                undo.popped.push(gone);
            }
        }
    }

    pub(super) fn push(&mut self, time: i64, row: A) {
        self.back = Some(merged(self.back.as_ref(), Some(&row)));
        self.rows.push_back((time, row));
    }

    /// What all rows fold to.
    pub(super) fn outcome(&self) -> A {
        merged(self.front.last(), self.back.as_ref())
    }

    /// How many rows are not after `before`, and how many of the others would be the older ones once those are gone.
    pub(super) fn after(&self, before: i64) -> (usize, usize) {
        let gone = self.rows.partition_point(|(time, _)| *time <= before);
        let front = self.front.len();
        (gone, if gone > front { self.rows.len() - gone } else { front - gone })
    }
}

/// Outcomes of each row and all that follow it, the first row's last.
pub(super) fn folded_back<'a, A: Accumulator>(
    rows: impl DoubleEndedIterator<Item = &'a (i64, A)> + ExactSizeIterator,
) -> Vec<A> {
    let mut outcomes: Vec<A> = Vec::with_capacity(rows.len());
    for (_, row) in rows.rev() {
        outcomes.push(merged(Some(row), outcomes.last()));
    }
    outcomes
}

pub(super) fn merged<A: Accumulator>(one: Option<&A>, later: Option<&A>) -> A {
    let Some(one) = one else { return later.cloned().unwrap_or_default() };
    let mut made = one.clone();
    if let Some(later) = later {
        made.merge(later);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Sum;

    fn of(value: f64) -> Sum {
        let mut lane = crate::row::lane::lane(crate::Item::F64).unwrap();
        assert!(lane.load_one(&value.into(), 1));
        let mut sum = Sum::default();
        sum.fold(&crate::fold::Part::row(&*lane, 0));
        sum
    }

    fn shown(track: &Track<Sum>) -> String {
        format!("{:?} {:?} {:?}", track.rows, track.front, track.back)
    }

    #[test]
    fn a_track_goes_back_to_what_it_was_whatever_happened() {
        for seed in 0..500 {
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut track, mut time) = (Track::<Sum>::default(), 0);
            let mut go = |track: &mut Track<Sum>, random: &mut fastrand::Rng| {
                time += random.i64(0..4);
                track.evict(time - 6);
                track.push(time, of(random.f64()));
            };
            (0..random.usize(0..12)).for_each(|_| go(&mut track, &mut random));
            let before = shown(&track);
            assert!(track.mark());
            (0..random.usize(0..12)).for_each(|_| go(&mut track, &mut random));
            track.roll_back();
            assert_eq!(shown(&track), before, "seed {seed}");
        }
    }

    #[test]
    fn early_eviction_changes_nothing_to_the_bit() {
        for seed in 0..500 {
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut lazy, mut early) = (Track::<Sum>::default(), Track::<Sum>::default());
            let mut time = 0;
            for _ in 0..20 {
                time += random.i64(0..5);
                if random.bool() {
                    let (gone, front) = early.after(time - 7);
                    early = Track::load(early.rows.iter().skip(gone).copied().collect(), front);
                }
                let row = of(random.f64() * 10_f64.powi(random.i32(-9..9)));
                for track in [&mut lazy, &mut early] {
                    track.evict(time - 7);
                    track.push(time, row);
                }
                assert_eq!(lazy.outcome(), early.outcome(), "seed {seed}");
            }
        }
    }
}

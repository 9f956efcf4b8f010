//! The join itself, on numbers: each entity row finds its winner among the rows of a group while these stream by.
//!
//! Rows come in order of event time, those of one time in order of commits. A key keeps the best row so far, and a cursor
//! in its entity rows, which are sorted by time: before a row that an entity row may not see any more replaces the best,
//! that entity row is given the best. So a row costs one look-up, and memory is bounded by keys and entity rows, however
//! long the history is. This is the merge of a sort-merge as-of join (kdb+'s `aj`), key by key.
//!
//! A row that becomes known only later than it happened waits at the first entity row that may know of it (S08). There
//! only the best of those that wait is kept, so waiting rows need no memory beyond one place an entity row.

use super::bounds::Bounds;
use crate::entity::NONE;

/// Where a row's values are kept; 0 is the row of nulls.
pub(super) type Place = u64;

/// A row that may win, and what decides (S03): event time, created time (null lowest), then the place in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    event: i64,
    created: i64,
    stream: u64,
    place: Place,
}

const NOTHING: Candidate = Candidate { event: i64::MIN, created: i64::MIN, stream: 0, place: 0 };

/// The entity rows of some keys, sorted by key and time.
#[derive(Debug)]
pub(crate) struct SpinePart {
    /// Where the rows of each key begin; one more at the end.
    pub(crate) starts: Vec<u32>,
    pub(crate) bounds: Vec<Bounds>,
    /// The entity row that each is.
    pub(crate) rows: Vec<u32>,
}

impl SpinePart {
    /// Takes the entity rows whose key is in part `part` of `parts`.
    pub(crate) fn new(ids: &[u32], bounds: &[Bounds], keys: usize, part: usize, parts: usize) -> Self {
        let is_ours = |id: &u32| *id != NONE && *id as usize % parts == part;
        let of_row = |(row, id): (u32, &u32)| {
            let bounds = bounds[row as usize];
            // In order of time, also where several times fall between two values of the event time.
            (local(*id, parts), bounds.upper, bounds.known, bounds.lower, row)
        };
        let mut rows: Vec<(u32, i64, i64, i64, u32)> =
            (0_u32..).zip(ids).filter(|(_, id)| is_ours(id)).map(of_row).collect();
        rows.sort_unstable();
        let mut starts = vec![0; keys.div_ceil(parts) + 1];
        for (key, ..) in &rows {
            starts[*key as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let bounds = rows.iter().map(|(.., row)| bounds[*row as usize]).collect();
        Self { starts, bounds, rows: rows.into_iter().map(|(.., row)| row).collect() }
    }
}

/// The number of a key within its part.
#[allow(clippy::cast_possible_truncation, reason = "a part of a 32-bit number")]
pub(crate) fn local(id: u32, parts: usize) -> u32 {
    (id as usize / parts) as u32
}

/// Rows of a group as the sweep sees them.
pub(super) struct Stream<'a> {
    /// Numbers of the keys; [`NONE`] for those that no entity row has.
    pub(super) ids: &'a [u32],
    /// Event times, ascending; `None` for groups without.
    pub(super) events: Option<&'a [i64]>,
    /// Created times, the least value for null; `None` for groups without.
    pub(super) created: Option<&'a [i64]>,
    /// How many rows came before.
    pub(super) first: u64,
    /// The place of the first row; the others follow.
    pub(super) place: Place,
    /// Rows that are no candidates.
    pub(super) skipped: Option<&'a arrow::buffer::NullBuffer>,
}

/// The progress of one key.
#[derive(Debug, Clone, Copy)]
struct KeyState {
    /// Greatest event time that the next entity row may see; the greatest of all once there is none.
    next: i64,
    cursor: u32,
    best: Candidate,
}

/// The sweep over the keys of one part.
#[derive(Debug)]
pub(super) struct Sweep {
    states: Vec<KeyState>,
    /// The best row that waits at each entity row, where rows wait.
    waiting: Option<Vec<Candidate>>,
    /// Entity rows with the place of their winner, not gathered yet.
    pub(super) resolved: Vec<(u32, Place)>,
    part: usize,
    parts: usize,
}

impl Sweep {
    /// Begins. With `known_as_of`, rows also need to be created by an entity row's time (S08).
    pub(super) fn new(spine: &SpinePart, known_as_of: bool, part: usize, parts: usize) -> Self {
        let state = |key: usize| {
            let cursor = spine.starts[key];
            KeyState { next: next(spine, cursor, spine.starts[key + 1]), cursor, best: NOTHING }
        };
        Self {
            states: (0..spine.starts.len() - 1).map(state).collect(),
            waiting: known_as_of.then(|| vec![NOTHING; spine.rows.len()]),
            resolved: Vec::new(),
            part,
            parts,
        }
    }

    /// Takes the next rows of the stream.
    pub(super) fn push(&mut self, spine: &SpinePart, stream: &Stream<'_>) {
        for (row, id) in stream.ids.iter().enumerate() {
            if *id == NONE || *id as usize % self.parts != self.part {
                continue;
            }
            if stream.skipped.is_some_and(|valid| valid.is_null(row)) {
                continue;
            }
            let candidate = Candidate {
                event: stream.events.map_or(i64::MIN, |events| events[row]),
                created: stream.created.map_or(i64::MIN, |created| created[row]),
                stream: stream.first + row as u64,
                place: stream.place + row as u64,
            };
            self.take(spine, local(*id, self.parts) as usize, candidate);
        }
    }

    fn take(&mut self, spine: &SpinePart, key: usize, candidate: Candidate) {
        if self.states[key].next < candidate.event {
            self.advance(spine, key, candidate.event);
        }
        if let Some(waiting) = &mut self.waiting {
            // A null created time is never known (S08).
            if candidate.created == i64::MIN {
                return;
            }
            let (from, end) = (self.states[key].cursor as usize, spine.starts[key + 1] as usize);
            let later = spine.bounds[from..end].partition_point(|bounds| bounds.known < candidate.created);
            if later > 0 {
                if let Some(best) = waiting[..end].get_mut(from + later) {
                    *best = candidate.max(*best);
                }
                return;
            }
        }
        let best = &mut self.states[key].best;
        // Later in the stream wins among equals.
        if (candidate.event, candidate.created) >= (best.event, best.created) {
            *best = candidate;
        }
    }

    /// Gives their winners to the entity rows of a key that may not see `event`.
    fn advance(&mut self, spine: &SpinePart, key: usize, event: i64) {
        let end = spine.starts[key + 1];
        while self.states[key].next < event && self.states[key].cursor < end {
            self.resolve(spine, key);
        }
    }

    /// Gives its winner to the next entity row of a key.
    fn resolve(&mut self, spine: &SpinePart, key: usize) {
        let state = &mut self.states[key];
        let at = state.cursor as usize;
        if let Some(waiting) = &mut self.waiting {
            state.best = state.best.max(std::mem::replace(&mut waiting[at], NOTHING));
        }
        let is_fresh = state.best.event >= spine.bounds[at].lower;
        self.resolved.push((spine.rows[at], if is_fresh { state.best.place } else { 0 }));
        state.cursor += 1;
        state.next = next(spine, state.cursor, spine.starts[key + 1]);
    }

    /// Gives their winners to all entity rows that are left.
    pub(super) fn finish(&mut self, spine: &SpinePart) {
        for key in 0..self.states.len() {
            while self.states[key].cursor < spine.starts[key + 1] {
                self.resolve(spine, key);
            }
        }
    }

    /// The places that may still be asked for, to be moved.
    pub(super) fn live(&mut self, spine: &SpinePart) -> impl Iterator<Item = &mut Place> {
        let ends = spine.starts.iter().skip(1);
        let states = self.states.iter_mut().zip(ends).filter(|(state, end)| state.cursor < **end);
        let best = states.map(|(state, _)| &mut state.best.place);
        let waiting = self.waiting.iter_mut().flatten().map(|candidate| &mut candidate.place);
        best.chain(waiting).filter(|place| **place != 0)
    }
}

fn next(spine: &SpinePart, cursor: u32, end: u32) -> i64 {
    if cursor < end { spine.bounds[cursor as usize].upper } else { i64::MAX }
}

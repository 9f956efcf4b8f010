//! The windows of some keys while the history streams by, in order of event time.

use std::collections::VecDeque;

use hashbrown::{DefaultHashBuilder, HashMap};

use super::track::{Track, TrackPlan};
use super::values::{Bytes, Values};
use crate::Result;
use crate::entity::NONE;
use crate::pit::{SpinePart, local};

/// Rows of a history in order of event time.
pub(super) struct Chunk<'a> {
    /// Numbers of the keys; [`NONE`] for rows that do not count.
    pub(super) ids: &'a [u32],
    pub(super) events: &'a [i64],
    /// Created times, the least value for null; where rows only count once they are created.
    pub(super) created: Option<&'a [i64]>,
    /// What tells rows of one key and time apart that do not restate each other, where something does.
    pub(super) others: Option<&'a arrow::row::Rows>,
    /// What the tracks take, by their `input`.
    pub(super) inputs: &'a [Values],
}

/// A row that counts from when it was created until it is restated.
struct Known {
    event: i64,
    created: i64,
    other: Option<Bytes>,
}

/// The windows of the keys of one part.
pub(super) struct Sweep<'a> {
    spine: &'a SpinePart,
    cursors: Vec<u32>,
    tracks: Vec<Box<dyn Track>>,
    /// Which of a chunk's inputs each track takes.
    inputs: &'a [usize],
    /// Rows of each key, where each entity row knows others.
    known: Option<Vec<VecDeque<Known>>>,
    /// Entity rows in the order of the answers.
    answered: Vec<u32>,
    part: usize,
    parts: usize,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(
        spine: &'a SpinePart,
        plans: &[TrackPlan],
        inputs: &'a [usize],
        known_as_of: bool,
        part: usize,
        parts: usize,
    ) -> Self {
        let keys = spine.starts.len() - 1;
        Self {
            spine,
            cursors: spine.starts[..keys].to_vec(),
            tracks: plans.iter().map(|plan| plan.track(keys)).collect(),
            inputs,
            known: known_as_of.then(|| (0..keys).map(|_| VecDeque::new()).collect()),
            answered: Vec::new(),
            part,
            parts,
        }
    }

    /// Takes the next rows.
    pub(super) fn push(&mut self, chunk: &Chunk<'_>) {
        for (row, id) in chunk.ids.iter().enumerate() {
            if *id == NONE || *id as usize % self.parts != self.part {
                continue;
            }
            let (key, event) = (local(*id, self.parts) as usize, chunk.events[row]);
            while let Some(at) = self.next(key).filter(|at| self.spine.bounds[*at].upper < event) {
                self.answer(key, at);
            }
            // No later entity row sees further back than the next one.
            if self.next(key).is_some_and(|at| self.spine.bounds[at].lower <= event) {
                self.take(key, event, row, chunk);
            }
        }
    }

    fn next(&self, key: usize) -> Option<usize> {
        let cursor = self.cursors[key];
        (cursor < self.spine.starts[key + 1]).then_some(cursor as usize)
    }

    fn take(&mut self, key: usize, event: i64, row: usize, chunk: &Chunk<'_>) {
        let values = |at: usize| &chunk.inputs[self.inputs[at]];
        let Some(known) = &mut self.known else {
            for (at, track) in self.tracks.iter_mut().enumerate() {
                track.push(key, event, values(at), row);
            }
            return;
        };
        let created = chunk.created.map_or(i64::MIN, |created| created[row]);
        // A null created time is never known (S08).
        if created == i64::MIN {
            return;
        }
        let other = chunk.others.map(|others| others.row(row).as_ref().into());
        known[key].push_back(Known { event, created, other });
        for (at, track) in self.tracks.iter_mut().enumerate() {
            track.keep(key, values(at), row);
        }
    }

    /// Answers for the entity row at `at`.
    fn answer(&mut self, key: usize, at: usize) {
        let bounds = self.spine.bounds[at];
        match &mut self.known {
            None => self.tracks.iter_mut().for_each(|track| track.answer(key, bounds.lower)),
            Some(known) => {
                let known = &mut known[key];
                while known.front().is_some_and(|row| row.event < bounds.lower) {
                    known.pop_front();
                    self.tracks.iter_mut().for_each(|track| track.forget(key));
                }
                let chosen = chosen(known, bounds.known, bounds.upper);
                self.tracks.iter_mut().for_each(|track| track.answer_for(key, &chosen));
            }
        }
        self.answered.push(self.spine.rows[at]);
        self.cursors[key] += 1;
        if self.next(key).is_none() {
            self.tracks.iter_mut().for_each(|track| track.release(key));
            if let Some(known) = &mut self.known {
                known[key] = VecDeque::new();
            }
        }
    }

    /// Answers for all entity rows that are left: these, and an array for each track.
    pub(super) fn finish(mut self) -> Result<(Vec<u32>, Vec<arrow::array::ArrayRef>)> {
        for key in 0..self.cursors.len() {
            while let Some(at) = self.next(key) {
                self.answer(key, at);
            }
        }
        let arrays = self.tracks.into_iter().map(Track::finish).collect::<Result<_>>()?;
        Ok((self.answered, arrays))
    }
}

/// Places of the rows that were created by then and not restated by then, in their order (S03, S08).
fn chosen(rows: &VecDeque<Known>, by: i64, upper: i64) -> Vec<usize> {
    let mut best: HashMap<(i64, Option<&Bytes>), usize, DefaultHashBuilder> = HashMap::default();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.created <= by && row.event <= upper) {
        let held = best.entry((row.event, row.other.as_ref())).or_insert(at);
        // Later in the stream wins among equals.
        if rows[*held].created <= row.created {
            *held = at;
        }
    }
    let mut chosen: Vec<usize> = best.into_values().collect();
    chosen.sort_unstable();
    chosen
}

//! The window of a row that is asked for and not taken in: as if it were, to the bit.

use super::key;
use super::track::{folded_back, merged};
use super::tracks::{Late, Tracks, one_of};
use crate::fold::Accumulator;
use crate::value::Value;

impl<A: Accumulator> Tracks<A> {
    /// Value, time and keys.
    pub(super) fn outcome_of(&self, args: &[&Value]) -> Result<A, Late> {
        let [value, time, keys @ ..] = args else { return Ok(A::default()) };
        let mut text = String::new();
        let has_key = keys.iter().all(|key| key::write_key(&mut text, key));
        let (Some(time), true) = (key::micros(time), has_key) else { return Ok(A::default()) };
        if let Some(newest) = self.newest.filter(|&newest| time < newest) {
            return if self.extent.drops_late { Ok(A::default()) } else { Err(Late { row: 0, time, newest }) };
        }
        let own = if self.extent.without_own { None } else { one_of::<A>(value, self.item) };
        let Some(track) = self.by_key.get(&text) else { return Ok(merged(None, own.as_ref())) };
        let (gone, front) = track.after(time.saturating_sub(self.extent.span));
        if gone > track.front.len() {
            // All that remains would become the older rows.
            let outcomes = folded_back(track.rows.range(gone..));
            return Ok(merged(outcomes.last(), own.as_ref()));
        }
        let older = front.checked_sub(1).and_then(|at| track.front.get(at));
        let newer = match (&track.back, &own) {
            (None, None) => None,
            (back, own) => Some(merged(back.as_ref(), own.as_ref())),
        };
        Ok(merged(older, newer.as_ref()))
    }
}

//! The windows of all keys: what a run goes through row by row, and what a stream keeps.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use serde::{Deserialize, Serialize};

use super::track::Track;
use super::{Extent, Window, Windowed, key};
use crate::flow_type::Item;
use crate::fold::{Accumulator, Part};
use crate::row::lane::{conform, item_of, lane};
use crate::row::{AnyLane, CHUNK_ROWS};
use crate::value::Value;

/// A row before one that came earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) row: usize,
    /// Its time, and that of the earlier row, in microseconds.
    pub(crate) time: i64,
    pub(crate) newest: i64,
}

/// Windows of an accumulator that is known at run time.
pub(crate) trait AnyWindow: Any + Send + Sync {
    /// The windows of rows, which are taken in. Until [`AnyWindow::commit`] that can be undone.
    fn scan(&mut self, values: &ArrayRef, times: &ArrayRef, keys: &[ArrayRef]) -> Result<Value, Late>;
    /// The window of one row: value, time and keys. It is not taken in.
    fn peek(&self, args: &[&Value]) -> Result<Value, Late>;
    /// The same; it is taken in.
    fn take_in(&mut self, args: &[&Value]) -> Result<Value, Late>;
    fn commit(&mut self);
    fn roll_back(&mut self);
    fn save(&self) -> Result<serde_json::Value, serde_json::Error>;
    fn load(&mut self, state: &serde_json::Value) -> Result<(), serde_json::Error>;
    fn duplicate(&self) -> Box<dyn AnyWindow>;
}

/// The windows of all keys.
#[derive(Clone)]
pub(crate) struct Tracks<A> {
    pub(super) extent: Extent,
    /// The type of the values, as far as it is known without them.
    pub(super) item: Item,
    pub(super) by_key: HashMap<String, Track<A>>,
    /// The latest time that came.
    pub(super) newest: Option<i64>,
    /// The keys that changed since the last commit, and the latest time then.
    touched: Vec<String>,
    newest_before: Option<i64>,
    swept: Option<i64>,
    text: String,
}

/// The form that a state is stored in.
#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Accumulator")]
struct Stored<A> {
    newest: Option<i64>,
    keys: BTreeMap<String, StoredTrack<A>>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Accumulator")]
struct StoredTrack<A> {
    /// How many rows are the older ones: outcomes come back to the bit.
    front: usize,
    rows: VecDeque<(i64, A)>,
}

impl<A: Accumulator> Tracks<A> {
    pub(crate) fn new(extent: Extent, item: Item) -> Self {
        Self {
            extent,
            item: if A::ITEM == Item::Any { item } else { A::ITEM },
            by_key: HashMap::new(),
            newest: None,
            touched: Vec::new(),
            newest_before: None,
            swept: None,
            text: String::new(),
        }
    }

    /// The window of one row, which is taken in. The key is in `self.text`.
    fn step(
        &mut self,
        row: usize,
        time: Option<i64>,
        has_key: bool,
        one: impl FnOnce() -> Option<A>,
    ) -> Result<A, Late> {
        let (Some(time), true) = (time, has_key) else { return Ok(A::default()) };
        if let Some(newest) = self.newest.filter(|&newest| time < newest) {
            return if self.extent.drops_late { Ok(A::default()) } else { Err(Late { row, time, newest }) };
        }
        self.newest = Some(time);
        let before = time.saturating_sub(self.extent.span);
        if !self.by_key.contains_key(&self.text) {
            self.by_key.insert(self.text.clone(), Track::default());
        }
        let Some(track) = self.by_key.get_mut(&self.text) else { return Ok(A::default()) };
        if track.mark() {
            self.touched.push(self.text.clone());
        }
        track.evict(before);
        let without = self.extent.without_own.then(|| track.outcome());
        if let Some(one) = one() {
            track.push(time, one);
        }
        Ok(without.unwrap_or_else(|| track.outcome()))
    }

    fn write_key(&mut self, mut parts: impl Iterator<Item = Value>) -> bool {
        self.text.clear();
        parts.all(|part| key::write_key(&mut self.text, &part))
    }

    /// Rows that are in no later window go; keys without rows too. Now and then, so that it costs little.
    fn sweep(&mut self) {
        let Some(newest) = self.newest else { return };
        if self.swept.is_some_and(|swept| newest.saturating_sub(swept) < self.extent.span) {
            return;
        }
        self.swept = Some(newest);
        let before = newest.saturating_sub(self.extent.span);
        self.by_key.retain(|_, track| {
            track.evict(before);
            !track.rows.is_empty()
        });
    }
}

/// The folded value of one row; nothing if it is null.
pub(super) fn one<A: Accumulator>(lane: &dyn AnyLane, row: usize) -> Option<A> {
    lane.validity().is_valid(row).then(|| {
        let mut made = A::default();
        made.fold(&Part::row(lane, row));
        made
    })
}

/// The folded value of one value; nothing if it is null.
pub(super) fn one_of<A: Accumulator>(value: &Value, item: Item) -> Option<A> {
    let mut lane = lane(if item == Item::Any { crate::flow_type::item_of_value(value)? } else { item })?;
    if lane.load_one(value, 1) { one(&*lane, 0) } else { None }
}

impl<A: Accumulator> AnyWindow for Tracks<A> {
    fn scan(&mut self, values: &ArrayRef, times: &ArrayRef, keys: &[ArrayRef]) -> Result<Value, Late> {
        let mut made = Vec::with_capacity(values.len());
        let columns = [values, times].into_iter().chain(keys);
        let columns =
            columns.map(|column| item_of(column).and_then(|item| Some((lane(item)?, conform(column, item)?))));
        let Some(mut columns) = columns.collect::<Option<Vec<_>>>() else { return Ok(Value::Null) };
        for start in (0..values.len()).step_by(CHUNK_ROWS) {
            let len = CHUNK_ROWS.min(values.len() - start);
            for (lane, column) in &mut columns {
                lane.load(column, start, len);
            }
            let [(values, _), (times, _), keys @ ..] = &columns[..] else { return Ok(Value::Null) };
            for row in 0..len {
                let has_key = self.write_key(keys.iter().map(|(key, _)| key.get(row)));
                let time = key::micros(&times.get(row));
                made.push(self.step(start + row, time, has_key, || one(&**values, row))?);
            }
        }
        Ok(Value::other(Windowed(Arc::new(made))))
    }

    fn peek(&self, args: &[&Value]) -> Result<Value, Late> {
        self.outcome_of(args).map(|made| Value::other(Window(made)))
    }

    fn take_in(&mut self, args: &[&Value]) -> Result<Value, Late> {
        let [value, time, keys @ ..] = args else { return Ok(Value::Null) };
        let has_key = self.write_key(keys.iter().map(|&key| key.clone()));
        let item = self.item;
        self.step(0, key::micros(time), has_key, || one_of(value, item)).map(|made| Value::other(Window(made)))
    }

    fn commit(&mut self) {
        for key in self.touched.drain(..) {
            if let Some(track) = self.by_key.get_mut(&key) {
                track.commit();
            }
        }
        self.newest_before = self.newest;
        self.sweep();
    }

    fn roll_back(&mut self) {
        for key in self.touched.drain(..) {
            if let Some(track) = self.by_key.get_mut(&key) {
                track.roll_back();
            }
        }
        self.newest = self.newest_before;
    }

    fn save(&self) -> Result<serde_json::Value, serde_json::Error> {
        let before = self.newest.map(|newest| newest.saturating_sub(self.extent.span));
        let keys = self.by_key.iter().filter_map(|(key, track)| {
            let (gone, front) = track.after(before?);
            let rows: VecDeque<(i64, A)> = track.rows.iter().skip(gone).cloned().collect();
            (!rows.is_empty()).then(|| (key.clone(), StoredTrack { front, rows }))
        });
        serde_json::to_value(Stored { newest: self.newest, keys: keys.collect() })
    }

    fn load(&mut self, state: &serde_json::Value) -> Result<(), serde_json::Error> {
        let stored = Stored::<A>::deserialize(state)?;
        let tracks = stored.keys.into_iter().map(|(key, track)| (key, Track::load(track.rows, track.front)));
        *self = Self { by_key: tracks.collect(), newest: stored.newest, ..Self::new(self.extent, self.item) };
        self.newest_before = self.newest;
        self.swept = self.newest;
        Ok(())
    }

    fn duplicate(&self) -> Box<dyn AnyWindow> {
        Box::new(self.clone())
    }
}

//! [`Events`]: where intervals end among the rows of one call, and what names them.

use arrow::array::ArrayRef;
use arrow::compute::{concat, partition};
use serde::{Deserialize, Serialize};

use super::interval::{Interval, Tiler};
use super::options::Side;
use crate::keys::gallop;
use crate::{Error, Result};

/// Most intervals without rows that one call makes.
pub(crate) const MAX_EMPTY: usize = 10_000_000;

/// The ends of intervals, in order. If one is open at the end of the rows, it is the last.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// How many rows go before each end.
    pub(crate) ends: Vec<usize>,
    /// Orders ends that lie between the same two rows. The last tick of intervals of time.
    pub(crate) lasts: Vec<i64>,
    pub(crate) labels: Labels,
    /// Whether the last one is open.
    pub(crate) open: bool,
}

/// What names intervals.
#[derive(Debug)]
pub(crate) enum Labels {
    /// Ticks of the ordered column.
    Ticks(Vec<i64>),
    /// The value at this row of the ordered column or of the column of labels; [`HELD`] for that of an earlier call.
    Rows(Vec<usize>),
    Ordinals(Vec<u64>),
}

/// The row of a label that an earlier call brought.
pub(crate) const HELD: usize = usize::MAX;

impl Default for Labels {
    fn default() -> Self {
        Self::Ticks(Vec::new())
    }
}

impl Events {
    /// How many intervals have ended.
    pub(crate) fn closed(&self) -> usize {
        self.ends.len() - usize::from(self.open)
    }
}

/// The ends of periods. `open` is the one that an earlier call left open, and afterwards the one open now.
pub(crate) fn of_periods(tiler: &Tiler, keys: &[i64], open: &mut Option<Interval>, skip_empty: bool) -> Result<Events> {
    let mut events = Events::default();
    let Some(mut interval) = open.or_else(|| keys.first().map(|key| tiler.of(*key))) else { return Ok(events) };
    let (mut row, mut labels, mut empty) = (0, Vec::new(), 0);
    loop {
        let end = gallop(keys, row, |key| key <= interval.last);
        empty += usize::from(end == row);
        row = end;
        events.ends.push(row);
        events.lasts.push(interval.last);
        labels.push(tiler.label(interval));
        let Some(key) = keys.get(row) else { break };
        let next = tiler.after(interval);
        interval = if skip_empty && *key > next.last { tiler.of(*key) } else { next };
        if empty > MAX_EMPTY {
            return Err(Error::TooManyBins { limit: MAX_EMPTY, after: format!("tick {}", tiler.label(interval)) });
        }
    }
    *open = Some(interval);
    events.labels = Labels::Ticks(labels);
    events.open = true;
    Ok(events)
}

/// A bin of rows that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filling {
    /// How many rows it has.
    pub(crate) rows: u64,
    /// Its number.
    pub(crate) ordinal: u64,
}

/// The ends of bins of `count` rows.
pub(crate) fn of_rows(count: u64, num_rows: usize, ordinals: bool, last: i64, open: &mut Option<Filling>) -> Events {
    let mut events = Events::default();
    if num_rows == 0 && open.is_none() {
        return events;
    }
    let (mut filling, mut first) = open.map_or((Filling { rows: 0, ordinal: 0 }, 0), |filling| (filling, HELD));
    let (mut row, mut labels, mut numbers) = (0, Vec::new(), Vec::new());
    loop {
        let room = usize::try_from(count.saturating_sub(filling.rows)).unwrap_or(usize::MAX);
        let taken = room.min(num_rows - row);
        row += taken;
        filling.rows += taken as u64;
        events.ends.push(row);
        events.lasts.push(last);
        labels.push(first);
        numbers.push(filling.ordinal);
        if row == num_rows {
            break;
        }
        filling = Filling { rows: 0, ordinal: filling.ordinal + 1 };
        first = row;
    }
    *open = Some(filling);
    events.labels = if ordinals { Labels::Ordinals(numbers) } else { Labels::Rows(labels) };
    events.open = true;
    events
}

/// The ends of runs of equal values. `held` is the value of the run that an earlier call left open.
pub(crate) fn of_column(column: &ArrayRef, last: i64, held: Option<&ArrayRef>) -> Result<Events> {
    let failed = || Error::arrow("find where labels change");
    let (mut ends, mut labels) = (Vec::new(), Vec::new());
    if let Some(held) = held {
        let first = column.slice(0, column.len().min(1));
        let goes_on = concat(&[held.as_ref(), first.as_ref()]).map_err(failed())?;
        let goes_on = partition(&[goes_on]).map_err(failed())?.len() == 1;
        labels.push(HELD);
        if !goes_on || column.is_empty() {
            ends.push(0);
        }
    }
    if !column.is_empty() {
        for run in partition(std::slice::from_ref(column)).map_err(failed())?.ranges() {
            ends.push(run.end);
            // The first may go on from an earlier call, and has its label already.
            if labels.len() < ends.len() {
                labels.push(run.start);
            }
        }
    }
    let open = !ends.is_empty();
    Ok(Events { lasts: vec![last; ends.len()], ends, labels: Labels::Rows(labels), open })
}

/// The given times that rows of this call, or the end, have shown to be complete. `next` counts those that are.
pub(crate) fn of_times(times: &[i64], closed: Side, keys: &[i64], ended: bool, next: &mut usize) -> Events {
    let mut events = Events::default();
    let (mut row, mut labels) = (0, Vec::new());
    while let Some(time) = times.get(*next) {
        row = match closed {
            Side::Right => gallop(keys, row, |key| key <= *time),
            Side::Left => gallop(keys, row, |key| key < *time),
        };
        if row == keys.len() && !ended {
            break;
        }
        events.ends.push(row);
        events.lasts.push(match closed {
            Side::Right => *time,
            Side::Left => time.saturating_sub(1),
        });
        labels.push(*time);
        *next += 1;
    }
    events.labels = Labels::Ticks(labels);
    events
}

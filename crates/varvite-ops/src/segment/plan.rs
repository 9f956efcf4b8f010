//! [`Plan`]: what is done between which rows of one call. Positions alone, no values.

use super::events::{Events, Labels};
use super::options::EmptyBins;

/// What is done after some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A bin ends: its values go to the result, and those of the next begin.
    Close,
    /// The bin is still open at the end of the rows: its values so far go to the result.
    Open,
    /// The values so far go to the snapshots.
    Snapshot,
}

/// Rows up to `end` are taken in, then `act` is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) end: usize,
    pub(crate) act: Act,
}

/// The steps of one call, and what names its results.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) bins: Labels,
    pub(crate) snapshots: Labels,
}

/// Joins ends of bins and of snapshots: between the same two rows by time, a snapshot before the end of a bin.
///
/// `has_rows` says that the open bin has rows of earlier calls. If the operator `ended`, the last bin is closed, so that
/// snapshots behind it see none.
pub(crate) fn join(bins: Events, snapshots: Events, has_rows: bool, empty: EmptyBins, ended: bool) -> Plan {
    let closed_bins = if ended { bins.ends.len() } else { bins.closed() };
    let closed_snapshots = snapshots.closed();
    let mut steps = Vec::with_capacity(bins.ends.len() + snapshots.ends.len());
    let mut kept = Vec::with_capacity(snapshots.ends.len());
    let (mut bin, mut snapshot, mut start, mut carried) = (0, 0, 0, has_rows);
    let seen = |start, carried, end| empty == EmptyBins::Null || carried || end > start;
    while bin < closed_bins || snapshot < closed_snapshots {
        let snapshot_first = snapshot < closed_snapshots
            && (bin == closed_bins
                || (snapshots.ends[snapshot], snapshots.lasts[snapshot]) <= (bins.ends[bin], bins.lasts[bin]));
        if snapshot_first {
            let end = snapshots.ends[snapshot];
            if seen(start, carried, end) {
                steps.push(Step { end, act: Act::Snapshot });
                kept.push(snapshot);
            }
            snapshot += 1;
        } else {
            let end = bins.ends[bin];
            steps.push(Step { end, act: Act::Close });
            (start, carried) = (end, false);
            bin += 1;
        }
    }
    if snapshots.open {
        let end = snapshots.ends[closed_snapshots];
        if seen(start, carried, end) {
            steps.push(Step { end, act: Act::Snapshot });
            kept.push(closed_snapshots);
        }
    }
    if bins.open && !ended {
        steps.push(Step { end: bins.ends[closed_bins], act: Act::Open });
    }
    let snapshots = if kept.len() == snapshots.ends.len() { snapshots.labels } else { snapshots.labels.select(&kept) };
    Plan { steps, bins: bins.labels, snapshots }
}

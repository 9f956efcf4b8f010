//! [`Plan`]: what is done between which rows of one call. Positions alone, no values.

use super::events::{Events, Labels};

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

/// Joins ends of bins and of snapshots: between the same two rows by time, a snapshot before the end of a bin. If the
/// operator `ended`, the last bin is closed, so that snapshots behind it see none.
pub(crate) fn join(bins: Events, snapshots: Events, ended: bool) -> Plan {
    let closed_bins = if ended { bins.ends.len() } else { bins.closed() };
    let closed_snapshots = snapshots.closed();
    let mut steps = Vec::with_capacity(bins.ends.len() + snapshots.ends.len());
    let (mut bin, mut snapshot) = (0, 0);
    while bin < closed_bins || snapshot < closed_snapshots {
        let snapshot_first = snapshot < closed_snapshots
            && (bin == closed_bins
                || (snapshots.ends[snapshot], snapshots.lasts[snapshot]) <= (bins.ends[bin], bins.lasts[bin]));
        if snapshot_first {
            steps.push(Step { end: snapshots.ends[snapshot], act: Act::Snapshot });
            snapshot += 1;
        } else {
            steps.push(Step { end: bins.ends[bin], act: Act::Close });
            bin += 1;
        }
    }
    if snapshots.open {
        steps.push(Step { end: snapshots.ends[closed_snapshots], act: Act::Snapshot });
    }
    if bins.open && !ended {
        steps.push(Step { end: bins.ends[closed_bins], act: Act::Open });
    }
    Plan { steps, bins: bins.labels, snapshots: snapshots.labels }
}

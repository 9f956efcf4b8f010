//! Windows: for each row, the rows of its key within a span of time up to it, folded by an accumulator.

mod key;
mod peek;
mod track;
mod tracks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use tracks::{AnyWindow, Late, Tracks};

/// The rows of a key within a span up to this row, folded by `A`, as a parameter of a function of rows. Which span, of
/// which times and keys, is told by [`crate::Node::with_window`].
#[derive(Debug, Clone, PartialEq)]
pub struct Window<A>(pub(crate) A);

impl<A> Window<A> {
    /// What a test gives a function that reads it.
    pub fn new(accumulator: A) -> Self {
        Self(accumulator)
    }
}

impl<A> std::ops::Deref for Window<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

/// Which rows a [`Window`] has.
///
/// Rows come in the order of their times. The window of a row at `t` are the rows of its key that came up to it, it
/// included, with times in `(t - span, t]`: the right end is in, the left end is not, so that adjacent windows tile.
/// Rows of the same time that come later are not seen, so that the answer does not depend on how rows are cut into
/// batches. Nulls of the column are passed over; a row without a time or a key is in no window, and its own is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSpec {
    pub(crate) time: String,
    pub(crate) keys: Vec<String>,
    pub(crate) extent: Extent,
}

/// What becomes of a row whose time is before that of a row that came earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LateRows {
    /// The run or the batch fails; a stream stays as it was before the batch.
    #[default]
    Refuse,
    /// The row is in no window, and its own window is empty.
    Drop,
}

/// Length and rules of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Extent {
    /// Microseconds.
    pub(crate) span: i64,
    pub(crate) drops_late: bool,
    pub(crate) without_own: bool,
}

impl WindowSpec {
    /// The rows within `span` by the times of a node or an input: dates, date-times or instants. Counted in whole
    /// microseconds.
    pub fn new(time: impl Into<String>, span: Duration) -> Self {
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let extent = Extent { span, drops_late: false, without_own: false };
        Self { time: time.into(), keys: Vec::new(), extent }
    }

    /// Takes rows of the same value of this node or input alone; several may be told.
    pub fn by(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Says what becomes of late rows; [`LateRows::Refuse`] unless told.
    pub fn late_rows(mut self, policy: LateRows) -> Self {
        self.extent.drops_late = policy == LateRows::Drop;
        self
    }

    /// Leaves the row itself out of its window.
    pub fn without_own_row(mut self) -> Self {
        self.extent.without_own = true;
        self
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", Duration::from_micros(self.span.unsigned_abs()))?;
        f.write_str(if self.without_own { " before" } else { "" })?;
        f.write_str(if self.drops_late { ", late rows dropped" } else { "" })
    }
}

/// The windows of all rows of a run.
pub(crate) struct Windowed<A>(pub(crate) Arc<Vec<A>>);

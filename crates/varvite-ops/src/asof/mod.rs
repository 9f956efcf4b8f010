//! [`AsofMerge`]: the latest rows before each target.

mod age;
mod gather;
mod layout;
mod options;
mod plan;
mod state;
mod taken;

use std::ops::Range;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::concat_batches;
use arrow::datatypes::FieldRef;

pub use options::{AsofFrame, AsofOptions, EarlierRows, Matching, Tolerance};
pub use state::AsofState;

use crate::keys::{Keys, find, text};
use crate::{Error, Result};
use age::MaxAge;
use gather::{Ages, Gather, Matched, Source};
use layout::Layout;
use plan::{BLOCK, count_before};

/// Finds the latest rows before each target, call after call.
///
/// Targets and rows are ordered on one column. Of each group it remembers the last `n_prev + 1` rows of each frame; the
/// rows of a call stand behind them. So targets and rows may come in any portions, as long as a target comes no later
/// than rows after it: as chunks of a walk over several datasets do. The first rows may be a warm-up, without targets.
///
/// The result has the columns of the targets, then those of the matched rows: by join position, frame, column, and
/// position in the window, the earliest row first. Of rows with equal values the last one matches. Where there is no row,
/// values are null, or those of [`AsofFrame::with_fill`]. A matched null stays null.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch};
/// use arrow::datatypes::Float64Type;
/// use varvite_ops::{AsofFrame, AsofMerge, AsofOptions, Matching};
///
/// let times = |ts: Vec<i64>| RecordBatch::try_from_iter([("ts", Arc::new(Int64Array::from(ts)) as ArrayRef)]);
/// let trades = |ts: Vec<i64>, price: Vec<f64>| {
///     let price = Arc::new(Float64Array::from(price)) as ArrayRef;
///     RecordBatch::try_from_iter([("ts", Arc::new(Int64Array::from(ts)) as ArrayRef), ("price", price)])
/// };
///
/// let mut merge = AsofMerge::try_new(AsofOptions::new("ts", [AsofFrame::new(Matching::Before)]))?;
/// let first = merge.push(&times(vec![1, 3])?, &[trades(vec![1, 2], vec![10.0, 11.0])?])?;
/// let price = first["price"].as_primitive::<Float64Type>();
/// assert_eq!(price.iter().collect::<Vec<_>>(), [None, Some(11.0)]);
///
/// // The next call goes on from the last row.
/// let second = merge.push(&times(vec![5])?, &[trades(vec![], vec![])?])?;
/// assert_eq!(second["price"].as_primitive::<Float64Type>().value(0), 11.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct AsofMerge {
    options: AsofOptions,
    /// `None` before the first call.
    layout: Option<Layout>,
    /// By group and frame: the last rows, at most `n_prev + 1`.
    history: Vec<Vec<RecordBatch>>,
}

impl AsofMerge {
    /// Makes a merge that has seen nothing yet.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for options that do not fit together.
    pub fn try_new(options: AsofOptions) -> Result<Self> {
        options.check()?;
        Ok(Self { options, layout: None, history: Vec::new() })
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// [`Error::State`] if it was saved with other options, or by another version.
    pub fn restore(options: AsofOptions, state: AsofState) -> Result<Self> {
        state.into_merge(options)
    }

    /// What is remembered, to be saved: the options and the last rows.
    pub fn state(&self) -> AsofState {
        AsofState::of(self)
    }

    /// The options.
    pub fn options(&self) -> &AsofOptions {
        &self.options
    }

    /// Matches each target with rows of the only group: one batch a frame, perhaps without rows.
    ///
    /// # Errors
    /// Those of [`push_groups`](Self::push_groups).
    pub fn push(&mut self, targets: &RecordBatch, group: &[RecordBatch]) -> Result<RecordBatch> {
        self.step(targets, &[group], None)
    }

    /// Matches each target with rows of the groups that it chooses.
    ///
    /// All groups have the same columns, frame by frame, and their number stays the same; the order of columns does not
    /// matter. `chosen` has for each join position one entry a target: the index of the group that it refers to.
    /// Groups that nobody chooses are remembered all the same.
    ///
    /// # Errors
    /// The merge is then as before.
    /// - [`Error::Groups`] for numbers of groups, frames or choices that do not fit.
    /// - [`Error::UnknownColumn`], [`Error::UnsupportedType`] for the ordered column; [`Error::DuplicateColumn`] for
    ///   names of the result; [`Error::ColumnsChanged`] for other columns or types than in the first call.
    /// - [`Error::Unordered`], [`Error::Unorderable`], naming the row; [`Error::LateTarget`].
    pub fn push_groups(
        &mut self,
        targets: &RecordBatch,
        groups: &[Vec<RecordBatch>],
        chosen: &[Vec<u32>],
    ) -> Result<RecordBatch> {
        let groups: Vec<&[RecordBatch]> = groups.iter().map(Vec::as_slice).collect();
        self.step(targets, &groups, Some(chosen))
    }

    fn step(
        &mut self,
        targets: &RecordBatch,
        groups: &[&[RecordBatch]],
        chosen: Option<&[Vec<u32>]>,
    ) -> Result<RecordBatch> {
        self.check_groups(targets.num_rows(), groups, chosen)?;
        let layout = match &self.layout {
            Some(layout) => layout.clone(),
            None => Layout::of_first(&self.options, targets, groups[0])?,
        };
        let targets = layout.fit_targets(targets)?;
        let target_keys = Keys::try_new(&targets, &self.options.on, "targets")?;
        let empty: Vec<Vec<RecordBatch>>;
        let history = if self.history.is_empty() {
            let of_group = || layout.frames.iter().cloned().map(RecordBatch::new_empty).collect();
            empty = groups.iter().map(|_| of_group()).collect();
            &empty
        } else {
            &self.history
        };
        let call = Call { options: &self.options, layout: &layout, history, targets: &targets, target_keys };
        let frames = (0..layout.frames.len()).map(|at| call.frame(groups, at)).collect::<Result<Vec<_>>>()?;
        let mut columns = targets.columns().to_vec();
        for position in 0..self.options.num_positions() {
            let chosen = chosen.map(|chosen| chosen[position].as_slice());
            for (at, frame) in frames.iter().enumerate() {
                columns.extend(call.matched(at, frame, chosen)?);
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(targets.num_rows()));
        let merged = RecordBatch::try_new_with_options(layout.result.clone(), columns, &options)
            .map_err(Error::arrow("put the result of an as-of merge together"))?;
        let remembered = call.remember(&frames)?;
        self.history = remembered;
        self.layout = Some(layout);
        Ok(merged)
    }

    fn check_groups(&self, targets: usize, groups: &[&[RecordBatch]], chosen: Option<&[Vec<u32>]>) -> Result<()> {
        let refused = |reason| Err(Error::Groups { reason });
        let frames = self.options.frames.len();
        if groups.is_empty() {
            return refused("there is none".to_owned());
        }
        if let Some(at) = groups.iter().position(|group| group.len() != frames) {
            return refused(format!("group {at} has {} frames instead of {frames}", groups[at].len()));
        }
        if !self.history.is_empty() && self.history.len() != groups.len() {
            let before = self.history.len();
            return refused(format!("there are {} of them, and were {before}: give empty batches", groups.len()));
        }
        let positions = self.options.num_positions();
        let Some(chosen) = chosen else {
            return if positions == 1 {
                Ok(())
            } else {
                refused(format!("{positions} join positions need to be told which group each target chooses"))
            };
        };
        if chosen.len() != positions {
            return refused(format!("groups are chosen for {} join positions of {positions}", chosen.len()));
        }
        for (at, chosen) in chosen.iter().enumerate() {
            if chosen.len() != targets {
                let choices = chosen.len();
                return refused(format!("join position {at} has {choices} choices for {targets} targets"));
            }
            if let Some(row) = chosen.iter().position(|group| *group as usize >= groups.len()) {
                let (group, count) = (chosen[row], groups.len());
                return refused(format!("target row {row} chooses group {group} at join position {at}, of {count}"));
            }
        }
        Ok(())
    }
}

/// What one call works on.
struct Call<'a> {
    options: &'a AsofOptions,
    layout: &'a Layout,
    history: &'a [Vec<RecordBatch>],
    targets: &'a RecordBatch,
    target_keys: Keys,
}

/// One frame of all groups.
struct Frame {
    rows: Vec<RecordBatch>,
    keys: Vec<Keys>,
    /// Of what is remembered.
    history: Vec<Keys>,
    max_age: Option<MaxAge>,
}

impl Call<'_> {
    /// Takes frame `at` of all groups, checked.
    fn frame(&self, groups: &[&[RecordBatch]], at: usize) -> Result<Frame> {
        let on = self.options.on.as_str();
        let rows = |(group, rows): (usize, &&[RecordBatch])| self.layout.fit_frame(self.options, &rows[at], group, at);
        let rows = groups.iter().enumerate().map(rows).collect::<Result<Vec<_>>>()?;
        let mut frame = Frame { rows, keys: Vec::new(), history: Vec::new(), max_age: None };
        for (group, rows) in frame.rows.iter().enumerate() {
            let keys = Keys::try_new(rows, on, &self.options.place(group, at))?;
            let history = Keys::try_new(&self.history[group][at], on, &self.options.place(group, at))?;
            self.check_after(&history, &keys, rows, group, at)?;
            frame.keys.push(keys);
            frame.history.push(history);
        }
        if let Some(tolerance) = self.options.frames[at].tolerance {
            let data_type = self.layout.frames[at].field(0).data_type();
            frame.max_age = Some(MaxAge::try_new(tolerance, on, data_type)?);
        }
        Ok(frame)
    }

    /// Rows do not lie before those of earlier calls.
    fn check_after(&self, history: &Keys, keys: &Keys, rows: &RecordBatch, group: usize, at: usize) -> Result<()> {
        let (remembered, checked) = (history.len(), self.options.earlier == EarlierRows::Checked);
        if !checked || remembered == 0 || keys.len() == 0 || !keys.is_below(0, history, remembered - 1) {
            return Ok(());
        }
        let on = self.options.on.as_str();
        let place = self.options.place(group, at);
        let before = text(find(&self.history[group][at], on, &place)?, remembered - 1);
        let value = text(find(rows, on, &place)?, 0);
        Err(Error::Unordered { column: on.to_owned(), place, row: 0, value, before })
    }

    /// The columns that frame `at` gives at a join position.
    fn matched(&self, at: usize, frame: &Frame, chosen: Option<&[u32]>) -> Result<Vec<ArrayRef>> {
        self.check_targets(at, frame, chosen)?;
        let options = &self.options.frames[at];
        let history = self.history.iter().map(|group| &group[at]).collect();
        let source = Source { frame: options, history, rows: &frame.rows };
        source.check_size()?;
        let ages = frame.max_age.map(|max| Ages {
            max,
            targets: &self.target_keys,
            history: &frame.history,
            rows: &frame.keys,
        });
        let fields: &[FieldRef] = &self.layout.frames[at].fields()[1..];
        let mut columns = Gather::try_new(&source, fields, ages.as_ref(), self.targets.num_rows(), BLOCK)?;
        let mut take = |targets: Range<usize>, before: &[u32]| {
            let chosen = chosen.map(|chosen| &chosen[targets.clone()]);
            columns.add(&Matched { targets, before, chosen })
        };
        count_before(&self.target_keys, &frame.keys, chosen, options.matching, BLOCK, &mut take)?;
        columns.finish()
    }

    /// No target lies before what is remembered of its group.
    fn check_targets(&self, at: usize, frame: &Frame, chosen: Option<&[u32]>) -> Result<()> {
        if self.options.earlier == EarlierRows::Precede {
            return Ok(());
        }
        let targets = self.targets.num_rows();
        for (group, history) in frame.history.iter().enumerate() {
            // Targets ascend, so the first of a group tells for all of them.
            let first = match chosen {
                None => (targets > 0).then_some(0),
                Some(chosen) => chosen.iter().position(|chosen| *chosen as usize == group),
            };
            let (Some(row), Some(last)) = (first, history.len().checked_sub(1)) else { continue };
            let late = match self.options.frames[at].matching {
                Matching::Before => !history.is_below(last, &self.target_keys, row),
                Matching::AtOrBefore => self.target_keys.is_below(row, history, last),
            };
            if late {
                let place = self.options.place(group, at);
                let target = text(find(self.targets, &self.options.on, "targets")?, row);
                let seen = text(find(&self.history[group][at], &self.options.on, &place)?, last);
                return Err(Error::LateTarget { row, target, place, seen });
            }
        }
        Ok(())
    }

    /// The last rows of each group and frame, in memory of their own.
    fn remember(&self, frames: &[Frame]) -> Result<Vec<Vec<RecordBatch>>> {
        let of_frame = |group: usize, at: usize| {
            let (history, rows) = (&self.history[group][at], &frames[at].rows[group]);
            let keep = self.options.frames[at].n_prev + 1;
            let new = rows.num_rows().min(keep);
            let old = history.num_rows().min(keep - new);
            let kept = [history.slice(history.num_rows() - old, old), rows.slice(rows.num_rows() - new, new)];
            // Two parts, even if one is empty: of one alone the kernel hands out a slice of the whole batch.
            concat_batches(rows.schema_ref(), &kept).map_err(Error::arrow("remember rows of an as-of merge"))
        };
        let of_group = |group| (0..frames.len()).map(|at| of_frame(group, at)).collect();
        (0..self.history.len()).map(of_group).collect()
    }
}

//! [`AsofOptions`]: what is matched with what, and how the result is named.

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};
use varvite_time::Period;

use crate::rows::Rows;
use crate::{Error, Result};

/// Which rows a target may match. There is no default: with [`AtOrBefore`](Self::AtOrBefore) a target sees what happened
/// in the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// Rows before the target.
    Before,
    /// Rows before the target, and those with the same value.
    AtOrBefore,
}

/// How old a matched row may be. A row exactly that old still matches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// Elapsed time, where the ordered column has timestamps or dates.
    Period(Period),
    /// A difference of integers; for timestamps and dates, in the column's own unit.
    Units(u64),
    /// A difference of floats.
    Distance(f64),
}

/// What rows of earlier calls are to the targets of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EarlierRows {
    /// They must match all of them: a target before one of them is an error, for what it should match is gone. And rows
    /// of a call do not lie before those of earlier calls.
    #[default]
    Checked,
    /// They go before all of them, whatever their values. A target may then match a row that lies after it.
    Precede,
}

/// How the rows at one position of each group are matched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AsofFrame {
    pub(crate) matching: Matching,
    pub(crate) n_prev: usize,
    pub(crate) tolerance: Option<Tolerance>,
    /// By group; the last one is that of all further groups.
    pub(crate) fill: Vec<Rows>,
    /// What messages call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

impl AsofFrame {
    /// Matches the last row that `matching` allows.
    pub fn new(matching: Matching) -> Self {
        Self { matching, n_prev: 0, tolerance: None, fill: Vec::new(), name: None }
    }

    /// Gives the `n_prev` rows before the matched one, too: a window of `n_prev + 1` values a column.
    pub fn with_n_prev(mut self, n_prev: usize) -> Self {
        self.n_prev = n_prev;
        self
    }

    /// Leaves out rows that are too old for their target: at each position of the window they are as if missing.
    pub fn with_tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Gives these values where there is no row. Default: null.
    ///
    /// `rows` has the value columns, not the ordered one, and stands before the first row of each group: its last row is
    /// the one just before. Before its first row, that one repeats, and it stands for rows that are too old. So one row
    /// is a constant.
    pub fn with_fill(self, rows: RecordBatch) -> Self {
        self.with_fills([rows])
    }

    /// Gives these values where there is no row, one batch a group; the last one is that of all further groups. See
    /// [`with_fill`](Self::with_fill).
    pub fn with_fills(mut self, groups: impl IntoIterator<Item = RecordBatch>) -> Self {
        self.fill = groups.into_iter().map(Rows).collect();
        self
    }

    /// The values that stand for missing rows of a group.
    pub(crate) fn fill_of(&self, group: usize) -> Option<&RecordBatch> {
        self.fill.get(group).or(self.fill.last()).map(|rows| &rows.0)
    }
}

/// What is matched with what, and how the result is named.
///
/// # Examples
/// ```
/// use varvite_ops::{AsofFrame, AsofOptions, Matching};
/// let options = AsofOptions::new("ts", [AsofFrame::new(Matching::Before).with_n_prev(2)]).with_prefixes([["trade_"]]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AsofOptions {
    pub(crate) on: String,
    pub(crate) frames: Vec<AsofFrame>,
    pub(crate) prefixes: Vec<Vec<String>>,
    pub(crate) suffix_start: usize,
    pub(crate) earlier: EarlierRows,
}

impl AsofOptions {
    /// Matches on column `on` of targets and rows. Each group has one batch for each of `frames`.
    pub fn new(on: impl Into<String>, frames: impl IntoIterator<Item = AsofFrame>) -> Self {
        Self {
            on: on.into(),
            frames: frames.into_iter().collect(),
            prefixes: Vec::new(),
            suffix_start: 0,
            earlier: EarlierRows::default(),
        }
    }

    /// Begins the names of matched columns so: for each join position (how many groups a target row chooses) one prefix
    /// a frame. Default: one join position, without prefixes.
    pub fn with_prefixes<S: Into<String>, F: IntoIterator<Item = S>>(
        mut self,
        prefixes: impl IntoIterator<Item = F>,
    ) -> Self {
        let of_position = |prefixes: F| prefixes.into_iter().map(Into::into).collect();
        self.prefixes = prefixes.into_iter().map(of_position).collect();
        self
    }

    /// Counts the suffixes of windows from here. With `n_prev` 2 they are `_2`, `_1`, `_0` by default, the matched row last.
    pub fn with_suffix_start(mut self, start: usize) -> Self {
        self.suffix_start = start;
        self
    }

    /// Says what rows of earlier calls are to later targets. Default: [`EarlierRows::Checked`].
    pub fn with_earlier_rows(mut self, earlier: EarlierRows) -> Self {
        self.earlier = earlier;
        self
    }

    /// Calls the frames so in messages. Default: by their place.
    pub fn with_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        for (frame, name) in self.frames.iter_mut().zip(names) {
            frame.name = Some(name.into());
        }
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let refused = |option, reason: String| Err(Error::InvalidOption { option, reason });
        if self.frames.is_empty() {
            return refused("frames", "a group has at least one frame".to_owned());
        }
        if let Some(position) = self.prefixes.iter().position(|of| of.len() != self.frames.len()) {
            let (given, frames) = (self.prefixes[position].len(), self.frames.len());
            return refused(
                "prefixes",
                format!("join position {position} has {given} prefixes, and a group {frames} frames"),
            );
        }
        if self.frames.iter().any(|frame| frame.n_prev >= u32::MAX as usize) {
            return refused("n_prev", format!("at most {}", u32::MAX - 1));
        }
        if self.frames.iter().any(|frame| frame.fill.iter().any(|fill| fill.0.num_rows() == 0)) {
            return refused("fill", "it has no row".to_owned());
        }
        let short = |tolerance| match tolerance {
            Some(Tolerance::Distance(distance)) => distance.is_nan() || distance < 0.0,
            Some(Tolerance::Period(period)) => period.elapsed_ns().is_none(),
            _ => false,
        };
        if self.frames.iter().any(|frame| short(frame.tolerance)) {
            return refused(
                "tolerance",
                "it is a length that is known: no calendar months, nothing below 0".to_owned(),
            );
        }
        Ok(())
    }

    /// The ordered column.
    pub fn on(&self) -> &str {
        &self.on
    }

    /// How many frames a group has.
    pub fn num_frames(&self) -> usize {
        self.frames.len()
    }

    /// The most rows of a frame that a target is given.
    pub fn num_rows(&self, frame: usize) -> usize {
        self.frames.get(frame).map_or(0, |frame| frame.n_prev + 1)
    }

    /// How many groups a target row chooses.
    pub fn num_positions(&self) -> usize {
        self.prefixes.len().max(1)
    }

    pub(crate) fn prefix(&self, position: usize, frame: usize) -> &str {
        self.prefixes.get(position).map_or("", |of| &of[frame])
    }

    /// What errors call a group's rows.
    pub(crate) fn place(&self, group: usize, frame: usize) -> String {
        match (&self.frames[frame].name, group) {
            (None, _) => format!("group {group}, frame {frame}"),
            (Some(name), 0) => format!("`{name}`"),
            (Some(name), _) => format!("`{name}` of group {group}"),
        }
    }

    /// Name of a matched column, `back` rows before the matched one.
    pub(crate) fn name(&self, position: usize, frame: usize, column: &str, back: usize) -> String {
        let prefix = self.prefix(position, frame);
        match self.frames[frame].n_prev {
            0 => format!("{prefix}{column}"),
            _ => format!("{prefix}{column}_{}", back + self.suffix_start),
        }
    }
}

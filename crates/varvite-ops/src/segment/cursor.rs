//! [`Cursor`]: where the open interval of bins or of snapshots stands, from one call to the next.

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, UInt64Array, new_empty_array, new_null_array};
use arrow::compute::{cast, interleave};
use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::accumulate::detached;
use super::events::{Events, Filling, HELD, Labels, of_column, of_periods, of_rows, of_times};
use super::held;
use super::interval::{Interval, Tiler};
use super::options::{Bins, RowLabel, Side, Snapshots};
use crate::keys::{Keys, find};
use crate::rows::Rows;
use crate::{Error, Result};

/// How intervals of one kind are found.
#[derive(Debug, Clone)]
enum Way {
    Periods(Tiler),
    Rows {
        count: u64,
        ordinals: bool,
    },
    Column(String),
    Times {
        times: Arc<[i64]>,
        closed: Side,
    },
    /// There are none: no snapshots were asked for.
    None,
}

/// Where the open interval stands.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    way: Way,
    /// Orders the ends of intervals that are no time: those of bins behind all others, those of snapshots before.
    last: i64,
    /// The type of labels.
    data_type: DataType,
    period: Option<Interval>,
    filling: Option<Filling>,
    /// The label of the open interval, where it is a value of a row.
    label: Option<ArrayRef>,
    /// How many of the given times have passed.
    passed: usize,
}

/// A cursor's position, to be saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    period: Option<Interval>,
    filling: Option<Filling>,
    label: Option<Rows>,
    passed: usize,
}

impl Cursor {
    pub(crate) fn of_bins(bins: &Bins, ordered_on: &str, rows: &RecordBatch) -> Result<Self> {
        Self::new(bins, ordered_on, rows, i64::MAX)
    }

    pub(crate) fn of_snapshots(snapshots: Option<&Snapshots>, ordered_on: &str, rows: &RecordBatch) -> Result<Self> {
        let ordered = find(rows, ordered_on, "rows")?.data_type();
        match snapshots {
            None => Ok(Self::at(Way::None, ordered.clone(), i64::MIN)),
            Some(Snapshots::Every(bins)) => Self::new(bins, ordered_on, rows, i64::MIN),
            Some(Snapshots::At { times, closed }) => {
                let signed = ordered.is_signed_integer() || crate::keys::unit(ordered).is_some();
                if !signed {
                    return Err(Error::UnsupportedType {
                        column: ordered_on.to_owned(),
                        place: "rows".to_owned(),
                        data_type: ordered.to_string(),
                        reason: "snapshots at given values need integers, dates or timestamps".to_owned(),
                    });
                }
                Ok(Self::at(Way::Times { times: times.as_slice().into(), closed: *closed }, ordered.clone(), i64::MIN))
            }
        }
    }

    fn new(bins: &Bins, ordered_on: &str, rows: &RecordBatch, last: i64) -> Result<Self> {
        let ordered = find(rows, ordered_on, "rows")?.data_type();
        let (way, data_type) = match bins {
            Bins::Period(bins) => (Way::Periods(Tiler::try_new(bins, ordered_on, ordered)?), ordered.clone()),
            Bins::Rows { count, label } => {
                let ordinals = *label == RowLabel::Ordinal;
                let data_type = if ordinals { DataType::UInt64 } else { ordered.clone() };
                (Way::Rows { count: count.get(), ordinals }, data_type)
            }
            Bins::Column(column) => (Way::Column(column.clone()), find(rows, column, "rows")?.data_type().clone()),
        };
        Ok(Self::at(way, data_type, last))
    }

    fn at(way: Way, data_type: DataType, last: i64) -> Self {
        Self { way, last, data_type, period: None, filling: None, label: None, passed: 0 }
    }

    /// The type of labels.
    pub(crate) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The ends of intervals among these rows; if the operator `ended`, also what was waiting for a later row.
    pub(crate) fn events(&mut self, rows: &RecordBatch, keys: &Keys, skip_empty: bool, ended: bool) -> Result<Events> {
        let ints: &[i64] = if let Keys::Int(keys) = keys { keys } else { &[] };
        match &self.way {
            Way::Periods(tiler) => of_periods(tiler, ints, &mut self.period, skip_empty),
            Way::Rows { count, ordinals } => {
                Ok(of_rows(*count, rows.num_rows(), *ordinals, self.last, &mut self.filling))
            }
            Way::Column(column) => of_column(find(rows, column, "rows")?, self.last, self.label.as_ref()),
            Way::Times { times, closed } => Ok(of_times(times, *closed, ints, ended, &mut self.passed)),
            Way::None => Ok(Events::default()),
        }
    }

    /// The labels as a column.
    pub(crate) fn labels(&self, labels: &Labels, rows: &RecordBatch, ordered_on: &str) -> Result<ArrayRef> {
        let failed = || Error::arrow("name bins");
        match labels {
            Labels::Ticks(ticks) if ticks.is_empty() => Ok(new_empty_array(&self.data_type)),
            Labels::Ticks(ticks) => cast(&Int64Array::from(ticks.clone()), &self.data_type).map_err(failed()),
            Labels::Ordinals(ordinals) => Ok(Arc::new(UInt64Array::from(ordinals.clone()))),
            Labels::Rows(found) => {
                let column = self.labelled_by(rows, ordered_on)?;
                let none = new_null_array(column.data_type(), 1);
                let sources: [&dyn Array; 2] = [self.label.as_ref().unwrap_or(&none).as_ref(), column.as_ref()];
                let place = |row: &usize| if *row == HELD { (0, 0) } else { (1, *row) };
                interleave(&sources, &found.iter().map(place).collect::<Vec<_>>()).map_err(failed())
            }
        }
    }

    /// Keeps the label of the open interval.
    pub(crate) fn keep_label(&mut self, last: Option<usize>, rows: &RecordBatch, ordered_on: &str) -> Result<()> {
        if let Some(row) = last.filter(|row| *row != HELD) {
            self.label = Some(detached(self.labelled_by(rows, ordered_on)?, row)?);
        }
        Ok(())
    }

    fn labelled_by<'a>(&self, rows: &'a RecordBatch, ordered_on: &str) -> Result<&'a ArrayRef> {
        match &self.way {
            Way::Column(column) => find(rows, column, "rows"),
            _ => find(rows, ordered_on, "rows"),
        }
    }

    pub(crate) fn save(&self) -> Result<Position> {
        Ok(Position {
            period: self.period,
            filling: self.filling,
            label: self.label.as_ref().map(held::save).transpose()?,
            passed: self.passed,
        })
    }

    /// Goes on from a saved position; `None` if it is not one of this cursor.
    pub(crate) fn load(&mut self, saved: &Position) -> Option<()> {
        self.period = saved.period;
        self.filling = saved.filling;
        self.passed = saved.passed;
        self.label = saved.label.as_ref().map(|label| held::load(label, &self.data_type).ok_or(())).transpose().ok()?;
        Some(())
    }
}

/// The row whose value names the last of these, if rows do.
pub(crate) fn last_row(labels: &Labels) -> Option<usize> {
    if let Labels::Rows(rows) = labels { rows.last().copied() } else { None }
}

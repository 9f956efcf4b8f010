//! A row of the online table: its rank, and its values where a look-up finds them without reading the others.
//!
//! ```text
//! layout u16 | flags u8 | event i64 | created i64 | commit u64 | row u32 | a bit a feature | a slot a feature | tail
//! ```
//!
//! Numbers are little-endian. A bit is set where the feature is not null. The slot of a value of fixed width is the value;
//! that of another is where it starts and ends in the row, as two `u32`.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType as Arrow;
use arrow::error::ArrowError;

use super::database::damaged;
use super::value::{push_value, width};
use crate::{Error, Result};

/// Where the bits begin.
const HEADER: usize = 31;
/// Flag: the row has a created time.
const CREATED: u8 = 1;

/// Which of two rows of a key is served: the greater one (S15). Times count the units of their columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) event: i64,
    pub(super) created: Option<i64>,
    pub(super) commit: u64,
    /// Among the rows of one commit and one event time.
    pub(super) row: u32,
}

/// Where the values of rows of one layout are.
#[derive(Debug, Clone)]
pub(super) struct RowPlan {
    /// Of each feature: where its slot is, and how wide its value is, if they are all of one width.
    slots: Vec<(usize, Option<usize>)>,
    /// Where the tail begins.
    tail: usize,
}

/// A stored row.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowView<'a>(&'a [u8]);

impl RowPlan {
    pub(super) fn new(types: &[Arrow]) -> Self {
        let mut at = HEADER + types.len().div_ceil(8);
        let slots = types.iter().map(|data_type| {
            let (slot, width) = (at, width(data_type));
            at += width.unwrap_or(8);
            (slot, width)
        });
        let slots = slots.collect();
        Self { slots, tail: at }
    }

    /// Writes the row that `features` have at `at`.
    pub(super) fn write(
        &self,
        layout: u16,
        rank: &Rank,
        features: &[ArrayRef],
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ArrowError> {
        out.clear();
        out.extend_from_slice(&layout.to_le_bytes());
        out.push(if rank.created.is_some() { CREATED } else { 0 });
        out.extend_from_slice(&rank.event.to_le_bytes());
        out.extend_from_slice(&rank.created.unwrap_or_default().to_le_bytes());
        out.extend_from_slice(&rank.commit.to_le_bytes());
        out.extend_from_slice(&rank.row.to_le_bytes());
        out.resize(self.tail, 0);
        let mut value = Vec::new();
        for (feature, (array, (slot, width))) in features.iter().zip(&self.slots).enumerate() {
            if array.is_null(at) {
                continue;
            }
            out[HEADER + feature / 8] |= 1 << (feature % 8);
            if let Some(width) = width {
                value.clear();
                push_value(array, at, &mut value)?;
                out[*slot..slot + width].copy_from_slice(&value);
            } else {
                let start = position(out.len())?;
                push_value(array, at, out)?;
                let end = position(out.len())?;
                out[*slot..slot + 4].copy_from_slice(&start.to_le_bytes());
                out[slot + 4..slot + 8].copy_from_slice(&end.to_le_bytes());
            }
        }
        Ok(())
    }

    /// The value of a feature; `None` if it is null.
    pub(super) fn value<'a>(&self, row: RowView<'a>, feature: usize) -> Result<Option<&'a [u8]>> {
        let bits = row.0.get(HEADER + feature / 8).ok_or_else(damaged_row)?;
        if bits & (1 << (feature % 8)) == 0 {
            return Ok(None);
        }
        self.bytes(row, feature).map(Some).ok_or_else(damaged_row)
    }

    fn bytes<'a>(&self, row: RowView<'a>, feature: usize) -> Option<&'a [u8]> {
        let (slot, width) = *self.slots.get(feature)?;
        if let Some(width) = width {
            return row.0.get(slot..slot + width);
        }
        let place = |at| row.0.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize);
        row.0.get(place(slot)?..place(slot + 4)?)
    }
}

/// A row does not hold what its layout says.
pub(super) fn damaged_row() -> Error {
    damaged("a row does not hold what its layout says".to_owned())
}

fn position(at: usize) -> Result<u32, ArrowError> {
    u32::try_from(at).map_err(|_| ArrowError::InvalidArgumentError("a row of 4 GiB".to_owned()))
}

impl<'a> RowView<'a> {
    /// The row with these bytes, if they can be one.
    pub(super) fn try_new(bytes: &'a [u8]) -> Result<Self> {
        if bytes.len() >= HEADER { Ok(Self(bytes)) } else { Err(damaged_row()) }
    }

    pub(super) fn layout(self) -> usize {
        usize::from(u16::from_le_bytes(self.at(0)))
    }

    /// The event time, as a count of the unit of its column.
    pub(super) fn event(self) -> i64 {
        i64::from_le_bytes(self.at(3))
    }

    pub(super) fn rank(self) -> Rank {
        let created = i64::from_le_bytes(self.at(11));
        Rank {
            event: self.event(),
            created: (self.0[2] & CREATED != 0).then_some(created),
            commit: u64::from_le_bytes(self.at(19)),
            row: u32::from_le_bytes(self.at(27)),
        }
    }

    /// Bytes of the header, which is there.
    fn at<const N: usize>(self, start: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.0[start..start + N]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int32Array, StringArray};

    use super::*;

    fn read<'a>(plan: &RowPlan, row: RowView<'a>, feature: usize) -> Option<&'a [u8]> {
        plan.value(row, feature).unwrap()
    }

    #[test]
    fn a_row_gives_back_rank_and_values() {
        let features: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("a"), None])),
            Arc::new(Int32Array::from(vec![None, Some(-5)])),
            Arc::new(StringArray::from(vec![Some(""), Some("long")])),
            Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN)])),
        ];
        let types: Vec<Arrow> = features.iter().map(|array| array.data_type().clone()).collect();
        let plan = RowPlan::new(&types);
        let rank = Rank { event: -3, created: Some(i64::MAX), commit: 9, row: 2 };
        let mut bytes = Vec::new();
        plan.write(7, &rank, &features, 0, &mut bytes).unwrap();
        let row = RowView::try_new(&bytes).unwrap();
        assert_eq!((row.layout(), row.rank()), (7, rank));
        assert_eq!(
            (read(&plan, row, 0), read(&plan, row, 1), read(&plan, row, 2)),
            (Some(&b"a"[..]), None, Some(&[][..]))
        );
        assert_eq!(read(&plan, row, 3), Some(&0.5_f64.to_le_bytes()[..]));
        let older = Rank { created: None, ..rank };
        plan.write(7, &older, &features, 1, &mut bytes).unwrap();
        let row = RowView::try_new(&bytes).unwrap();
        assert_eq!(row.rank(), older);
        assert!(older < rank, "a created time that is null is lowest (S03)");
        assert_eq!((read(&plan, row, 0), read(&plan, row, 2)), (None, Some("long".as_bytes())));
        assert!(RowView::try_new(&bytes[..30]).is_err());
        assert!(plan.value(RowView::try_new(&bytes[..40]).unwrap(), 3).is_err(), "damage is noticed");
    }
}

//! [`Pool`]: the values of rows that may still win, and of those that won.

use arrow::array::{ArrayRef, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::sweep::{Place, SpinePart, Stream, Sweep};
use crate::Result;
use crate::error::arrow;

/// Columns of a group that win together, with the sweeps that choose among their rows.
pub(super) struct Pool {
    types: Vec<DataType>,
    /// Kept rows, batch by batch; the first is one row of nulls.
    batches: Vec<Vec<ArrayRef>>,
    kept_rows: usize,
    /// About how many bytes of rows are kept before those that cannot win any more are dropped.
    kept_bytes: usize,
    /// Rows are sorted out when so many are kept.
    limit: usize,
    sweeps: Vec<Sweep>,
    /// Values of winners, in the order in which entity rows were resolved; the first is one row of nulls.
    won: Vec<Vec<ArrayRef>>,
    /// Where the values of each entity row are among those.
    won_at: Vec<(u32, u32)>,
}

impl Pool {
    pub(super) fn new(
        types: Vec<DataType>,
        spine: &[SpinePart],
        known_as_of: bool,
        kept_bytes: usize,
        entity_rows: usize,
    ) -> Self {
        let nulls: Vec<ArrayRef> = types.iter().map(|data_type| new_null_array(data_type, 1)).collect();
        let sweep = |(part, of): (usize, &SpinePart)| Sweep::new(of, known_as_of, part, spine.len());
        Self {
            types,
            batches: vec![nulls.clone()],
            kept_rows: 0,
            kept_bytes,
            limit: 0,
            sweeps: spine.iter().enumerate().map(sweep).collect(),
            won: vec![nulls],
            won_at: vec![(0, 0); entity_rows],
        }
    }

    /// Takes the next rows: `values` are the columns of the pool, `stream` what decides.
    pub(super) fn push(&mut self, spine: &[SpinePart], values: Vec<ArrayRef>, stream: &Stream<'_>) -> Result<()> {
        let rows = stream.ids.len();
        let stream = &Stream { place: (self.batches.len() as u64) << 32, ..*stream };
        self.limit = self.limit.max(self.kept_bytes / width(&values, rows)).max(rows);
        self.kept_rows += rows;
        self.batches.push(values);
        self.sweeps.par_iter_mut().zip(spine).for_each(|(sweep, part)| sweep.push(part, stream));
        if self.kept_rows > self.limit { self.sort_out(spine) } else { Ok(()) }
    }

    /// The values of each entity row's winner.
    pub(super) fn finish(mut self, spine: &[SpinePart]) -> Result<Vec<ArrayRef>> {
        self.sweeps.par_iter_mut().zip(spine).for_each(|(sweep, part)| sweep.finish(part));
        self.gather()?;
        self.batches.clear();
        let at: Vec<(usize, usize)> = self.won_at.iter().map(|(batch, row)| (*batch as usize, *row as usize)).collect();
        (0..self.types.len()).map(|column| interleaved(&self.won, column, &at)).collect()
    }

    /// Keeps the values of those that won, and of those that may still win.
    fn sort_out(&mut self, spine: &[SpinePart]) -> Result<()> {
        self.gather()?;
        let batches = &self.batches;
        let columns = self.types.len();
        let keep = |(part, (sweep, spine)): (usize, (&mut Sweep, &SpinePart))| -> Result<Vec<ArrayRef>> {
            let mut at = Vec::new();
            for place in sweep.live(spine) {
                let row = at.len() as u64;
                at.push(split(*place));
                *place = ((part as u64 + 1) << 32) + row;
            }
            (0..columns).map(|column| interleaved(batches, column, &at)).collect()
        };
        let kept: Vec<_> = self.sweeps.par_iter_mut().zip(spine).enumerate().map(keep).collect::<Result<_>>()?;
        self.batches.truncate(1);
        self.batches.extend(kept);
        self.kept_rows = self.batches[1..].iter().map(|columns| columns.first().map_or(0, |column| column.len())).sum();
        self.limit = self.limit.max(2 * self.kept_rows);
        Ok(())
    }

    /// Takes the values of the winners that were found since.
    fn gather(&mut self) -> Result<()> {
        let (batches, columns) = (&self.batches, self.types.len());
        let values = |sweep: &Sweep| -> Result<Vec<ArrayRef>> {
            let at: Vec<(usize, usize)> = sweep.resolved.iter().map(|(_, place)| split(*place)).collect();
            (0..columns).map(|column| interleaved(batches, column, &at)).collect()
        };
        let won: Vec<_> = self.sweeps.par_iter().map(values).collect::<Result<_>>()?;
        for (sweep, values) in self.sweeps.iter_mut().zip(won) {
            let batch = u32::try_from(self.won.len()).unwrap_or(u32::MAX);
            for (at, (entity_row, _)) in (0_u32..).zip(sweep.resolved.drain(..)) {
                self.won_at[entity_row as usize] = (batch, at);
            }
            self.won.push(values);
        }
        Ok(())
    }
}

#[allow(clippy::cast_possible_truncation, reason = "each half has 32 bits")]
fn split(place: Place) -> (usize, usize) {
    ((place >> 32) as usize, (place & u64::from(u32::MAX)) as usize)
}

fn interleaved(batches: &[Vec<ArrayRef>], column: usize, at: &[(usize, usize)]) -> Result<ArrayRef> {
    let arrays: Vec<&dyn arrow::array::Array> = batches.iter().map(|columns| columns[column].as_ref()).collect();
    interleave(&arrays, at).map_err(arrow("choose values"))
}

/// Bytes of a row.
fn width(values: &[ArrayRef], rows: usize) -> usize {
    let bytes: usize = values.iter().map(|array| array.get_array_memory_size()).sum();
    bytes.div_ceil(rows.max(1)).max(1)
}

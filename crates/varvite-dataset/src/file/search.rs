//! Where a value stands in the ordered column of a file: found page by page, so that most pages are never read.

use super::{CurrentFile, OpenFile};
use crate::{ColumnPath, Ordered, OrderedValue, Result};

impl CurrentFile {
    /// The first row of the file whose value is not below `bound`; the number of rows if there is none.
    pub(crate) fn lower_bound(&self, column: &ColumnPath, bound: &OrderedValue) -> Result<u64> {
        let file = self.file();
        let starts = file.page_starts(column);
        if let Some(row) = self.indexed_lower_bound(column, bound, &starts)? {
            return Ok(row);
        }
        // The last page that begins below the bound holds the place.
        let (mut low, mut high) = (0, starts.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let begins_below = self.rows(column, starts[middle]..starts[middle] + 1)?.lower_bound(bound) > 0;
            if begins_below { low = middle + 1 } else { high = middle }
        }
        let Some(page) = low.checked_sub(1) else { return Ok(0) };
        let end = starts.get(low).copied().unwrap_or(file.num_rows());
        Ok(starts[page] + self.rows(column, starts[page]..end)?.lower_bound(bound) as u64)
    }

    /// The same by the column index, of which every claim that counts is checked; `None` if it does not help.
    fn indexed_lower_bound(&self, column: &ColumnPath, bound: &OrderedValue, starts: &[u64]) -> Result<Option<u64>> {
        let OrderedValue::Int(bound_value) = bound else { return Ok(None) };
        let Some(minima) = self.file().page_minima(column).filter(|minima| minima.len() == starts.len()) else {
            return Ok(None);
        };
        let Some(page) = minima.partition_point(|min| min < bound_value).checked_sub(1) else { return Ok(None) };
        let end = starts.get(page + 1).copied().unwrap_or(self.file().num_rows());
        let row = starts[page] + self.rows(column, starts[page]..end)?.lower_bound(bound) as u64;
        // At either end of the page, the place may lie beyond.
        let is_inside = starts[page] < row && (row < end || end == self.file().num_rows());
        Ok(is_inside.then_some(row))
    }

    /// The values of these rows.
    fn rows(&self, column: &ColumnPath, rows: std::ops::Range<u64>) -> Result<Ordered> {
        let batch = self.file().column_rows(column, rows)?;
        Ordered::try_new(&batch, column)
    }
}

impl OpenFile {
    /// The rows at which pages of the column begin: at least the first.
    fn page_starts(&self, column: &ColumnPath) -> Vec<u64> {
        let starts = self.page_rows(column).unwrap_or_default();
        if starts.is_empty() { vec![0] } else { starts }
    }
}

//! [`Origins`]: where merged rows stand already.

use std::ops::Range;

/// Where a row stands already, if it does: row group and row in it.
pub(crate) type Origin = Option<(usize, u64)>;

/// Where each of some rows stands already, as stretches of rows that stand one after the other in one row group, or
/// nowhere: most rows come in long ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origins {
    /// The first row of each stretch and where it stands, in order.
    starts: Vec<(usize, Origin)>,
    len: usize,
}

impl Origins {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds `len` rows that follow each other.
    pub(crate) fn push(&mut self, first: Origin, len: usize) {
        if len == 0 {
            return;
        }
        let follows = self.starts.last().is_some_and(|(start, origin)| later(*origin, self.len - start) == first);
        if !follows {
            self.starts.push((self.len, first));
        }
        self.len += len;
    }

    /// Adds `rows` of `other`.
    pub(crate) fn extend(&mut self, other: &Self, rows: Range<usize>) {
        for (first, len) in other.stretches(rows) {
            self.push(first, len);
        }
    }

    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        let mut slice = Self::default();
        slice.extend(self, rows);
        slice
    }

    /// Where the row at `row` stands.
    pub(crate) fn at(&self, row: usize) -> Origin {
        let (start, origin) = self.starts[self.stretch_of(row)];
        later(origin, row - start)
    }

    /// The stretches of `rows`: where the first row of each stands, and how many there are.
    pub(crate) fn stretches(&self, rows: Range<usize>) -> impl Iterator<Item = (Origin, usize)> {
        let first = if rows.is_empty() { self.starts.len() } else { self.stretch_of(rows.start) };
        let starts = self.starts[first..].iter().take_while(move |(start, _)| *start < rows.end);
        starts.zip(first + 1..).map(move |((start, origin), next)| {
            let end = self.starts.get(next).map_or(self.len, |(start, _)| *start);
            let (from, to) = (rows.start.max(*start), rows.end.min(end));
            (later(*origin, from - start), to - from)
        })
    }

    fn stretch_of(&self, row: usize) -> usize {
        self.starts.partition_point(|(start, _)| *start <= row) - 1
    }
}

/// Where the row `rows` behind one that stands at `origin` stands, in the same stretch.
fn later(origin: Origin, rows: usize) -> Origin {
    origin.map(|(row_group, row)| (row_group, row + rows as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_follow_each_other_are_one_stretch() {
        let mut origins = Origins::default();
        origins.push(Some((3, 0)), 2);
        origins.push(Some((3, 2)), 1);
        origins.push(None, 1);
        origins.push(None, 2);
        origins.push(Some((3, 3)), 1);
        let all: Vec<_> = origins.stretches(0..origins.len()).collect();
        assert_eq!(all, [(Some((3, 0)), 3), (None, 3), (Some((3, 3)), 1)]);
    }

    #[test]
    fn a_slice_is_the_rows_one_by_one() {
        let mut origins = Origins::default();
        origins.push(None, 2);
        origins.push(Some((0, 5)), 4);
        origins.push(Some((1, 0)), 1);
        for from in 0..=origins.len() {
            for to in from..=origins.len() {
                let slice = origins.slice(from..to);
                let rows: Vec<_> = (0..slice.len()).map(|row| slice.at(row)).collect();
                assert_eq!(rows, (from..to).map(|row| origins.at(row)).collect::<Vec<_>>());
            }
        }
    }
}

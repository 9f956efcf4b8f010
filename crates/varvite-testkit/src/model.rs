//! [`Rows`]: a dataset as a sorted `Vec`.

/// One row: the ordered value, a key, a value.
pub type Row = (i64, i64, i64);

/// What counts as the same row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// Nothing does.
    Never,
    /// The ordered value.
    Time,
    /// The ordered value and the key.
    TimeAndKey,
    /// Everything.
    All,
}

impl Same {
    fn key(self, row: Row) -> Option<Row> {
        match self {
            Self::Never => None,
            Self::Time => Some((row.0, 0, 0)),
            Self::TimeAndKey => Some((row.0, row.1, 0)),
            Self::All => Some(row),
        }
    }
}

/// What a merge should report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that were new.
    pub inserted: u64,
    /// Rows that replaced a row with other values.
    pub updated: u64,
    /// Rows that were there already.
    pub identical: u64,
    /// Rows that a later row of the same batch replaced.
    pub dropped: u64,
    /// Rows behind the newest stored value.
    pub late: u64,
}

/// A dataset as a sorted `Vec`: the definition of a merge, of an overwrite and of a scan.
///
/// Stored duplicates are looked for only where incoming rows are, so the model holds as long as every write of a
/// dataset names the same columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    /// Merges ordered rows: stored ones first among equal values; of rows that are the same the last written stays,
    /// where it stands.
    pub fn merge(&mut self, incoming: &[Row], same: Same) -> Counts {
        let kept = last_of_each(incoming, same);
        let newest = self.0.last().map(|row| row.0);
        let mut counts = Counts { dropped: (incoming.len() - kept.len()) as u64, ..Counts::default() };
        for row in &kept {
            counts.late += u64::from(newest.is_some_and(|newest| row.0 < newest));
            let stored =
                self.0.iter().rev().find(|stored| same.key(**stored).is_some() && same.key(**stored) == same.key(*row));
            match stored {
                None => counts.inserted += 1,
                Some(stored) if stored == row => counts.identical += 1,
                Some(_) => counts.updated += 1,
            }
        }
        self.0.extend_from_slice(&kept);
        self.0.sort_by_key(|row| row.0);
        self.0 = last_of_each(&self.0, same);
        counts
    }

    /// Puts ordered rows behind all others; they do not begin before the last.
    ///
    /// Stored rows are not looked at: duplicates are dropped among the new rows alone.
    pub fn append(&mut self, incoming: &[Row], same: Same) {
        self.0.extend(last_of_each(incoming, same));
    }

    /// Replaces everything.
    pub fn overwrite(&mut self, incoming: &[Row], same: Same) {
        self.0 = last_of_each(incoming, same);
    }

    /// Replaces the rows in `start..end` by ordered rows of that range.
    pub fn replace(&mut self, start: i64, end: i64, incoming: &[Row], same: Same) {
        let first = self.0.partition_point(|row| row.0 < start);
        let last = self.0.partition_point(|row| row.0 < end).max(first);
        self.0.splice(first..last, last_of_each(incoming, same));
    }

    /// The rows in `start..end`, behind up to `n_prev` rows before `start`.
    pub fn scan(&self, start: i64, end: i64, n_prev: usize) -> &[Row] {
        let first = self.0.partition_point(|row| row.0 < start);
        let last = self.0.partition_point(|row| row.0 < end).max(first);
        &self.0[first.saturating_sub(n_prev)..last]
    }
}

/// Of rows that are the same, the last.
fn last_of_each(rows: &[Row], same: Same) -> Vec<Row> {
    let replaced = |at: usize| {
        let key = same.key(rows[at]);
        key.is_some() && rows[at + 1..].iter().any(|later| same.key(*later) == key)
    };
    (0..rows.len()).filter(|at| !replaced(*at)).map(|at| rows[at]).collect()
}

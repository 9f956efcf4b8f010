//! [`ValidationReport`]: why rows are refused, by column and row.

use std::fmt;

use serde::Serialize;

/// Why the rows of a write are refused: everything that was found, columns first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ValidationReport {
    /// Rows that were looked at.
    pub rows: u64,
    /// What was found.
    pub refusals: Vec<Refusal>,
}

/// One thing that is wrong with rows: a column, or the values of a column that break one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refusal {
    /// Which rule is broken.
    pub kind: RefusalKind,
    /// The column.
    pub column: String,
    /// How many rows break it; 0 if the column as a whole does.
    pub count: u64,
    /// The first rows that do, counted from 0 over the whole input.
    pub rows: Vec<u64>,
    /// What is wrong, with the first value.
    pub reason: String,
    /// Which of the column's rules of this kind it is, or two limits would be told as one.
    #[serde(skip)]
    pub(crate) rule: usize,
}

/// Which rule rows break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub enum RefusalKind {
    /// The group has no such column.
    UnknownColumn,
    /// A table has two columns of one name.
    RepeatedColumn,
    /// A column that rows must have is missing.
    MissingColumn,
    /// The column's type is not the defined one, nor one that widens to it.
    TypeMismatch,
    /// An entity key is null.
    NullKey,
    /// An event time is null.
    NullEventTime,
    /// A feature is null and must not be.
    NullViolation,
    /// A value is outside the limits of its feature.
    ConstraintViolation,
    /// A time does not fit the unit that the group is stored with.
    TimeOutOfRange,
    /// An event time lies outside the range that is replaced.
    OutsideRange,
}

/// How many rows a refusal lists.
const LISTED: usize = 10;

impl ValidationReport {
    /// Notes that `rows` break a rule, or the column as a whole if there are none, beside those that do already.
    pub(crate) fn add(&mut self, kind: RefusalKind, column: &str, rows: Vec<u64>, reason: impl FnOnce() -> String) {
        self.add_rule((kind, 0), column, rows, reason);
    }

    /// The same where a column has several rules of a kind.
    pub(crate) fn add_rule(
        &mut self,
        (kind, rule): (RefusalKind, usize),
        column: &str,
        rows: Vec<u64>,
        reason: impl FnOnce() -> String,
    ) {
        let same = |known: &&mut Refusal| (known.kind, known.rule) == (kind, rule) && known.column == column;
        let known = self.refusals.iter_mut().find(same);
        let count = rows.len() as u64;
        if let Some(known) = known {
            known.count += count;
            let free = LISTED.saturating_sub(known.rows.len());
            known.rows.extend(rows.into_iter().take(free));
        } else {
            let rows = rows.into_iter().take(LISTED).collect();
            self.refusals.push(Refusal { kind, column: column.to_owned(), count, rows, reason: reason(), rule });
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.refusals.is_empty()
    }

    /// The rule broken first.
    pub fn kind(&self) -> Option<RefusalKind> {
        self.refusals.first().map(|refusal| refusal.kind)
    }
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column `{}` {}", self.column, self.reason)?;
        if self.count == 0 {
            return Ok(());
        }
        let rows: Vec<String> = self.rows.iter().map(u64::to_string).collect();
        let more = if self.count > self.rows.len() as u64 { ", ..." } else { "" };
        let noun = if self.count == 1 { "row" } else { "rows" };
        write!(f, " ({} {noun}: {}{more})", self.count, rows.join(", "))
    }
}

impl fmt::Display for ValidationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, refusal) in self.refusals.iter().enumerate() {
            write!(f, "{}{refusal}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

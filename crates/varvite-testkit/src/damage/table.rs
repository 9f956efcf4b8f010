//! [`Table`]: outcomes counted by kind of file and damage.

use std::collections::BTreeMap;
use std::fmt;

use super::change::{Change, Damage};
use super::probe::Outcome;
use super::tree::Kind;

/// How often what became of which damage.
#[derive(Debug, Default, Clone)]
pub struct Table {
    counts: BTreeMap<(Damage, Kind), Counts>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    reported: u64,
    newest: u64,
    older: u64,
    other: u64,
    nothing: u64,
}

impl Table {
    /// Counts a case.
    pub fn add(&mut self, change: &Change, outcome: &Outcome) {
        let counts = self.counts.entry((change.damage, change.kind)).or_default();
        match outcome {
            Outcome::Reported(_) => counts.reported += 1,
            Outcome::Newest => counts.newest += 1,
            Outcome::Older => counts.older += 1,
            Outcome::Other => counts.other += 1,
            Outcome::Nothing => counts.nothing += 1,
        }
    }

    /// How many cases were counted.
    pub fn total(&self) -> u64 {
        self.sum(|_, _| true).total()
    }

    fn sum(&self, of: impl Fn(Damage, Kind) -> bool) -> Counts {
        let chosen = self.counts.iter().filter(|((damage, kind), _)| of(*damage, *kind));
        chosen.fold(Counts::default(), |sum, (_, counts)| Counts {
            reported: sum.reported + counts.reported,
            newest: sum.newest + counts.newest,
            older: sum.older + counts.older,
            other: sum.other + counts.other,
            nothing: sum.nothing + counts.nothing,
        })
    }
}

impl Counts {
    fn total(self) -> u64 {
        self.reported + self.newest + self.older + self.other + self.nothing
    }
}

/// Reported, then the newest rows; where there are any: older rows, another dataset's, no dataset.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total() == 0 {
            return Ok(());
        }
        write!(f, "{}+{}", self.reported, self.newest)?;
        if self.older + self.other + self.nothing > 0 {
            write!(f, "+{}+{}+{}", self.older, self.other, self.nothing)?;
        }
        Ok(())
    }
}

/// A table in Markdown.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| self.sum(|_, of| of == *kind).total() > 0).collect();
        let row = |head: &str, cells: &dyn Fn(Kind) -> String, all: &dyn fmt::Display| {
            let cells: Vec<String> = kinds.iter().map(|kind| cells(*kind)).collect();
            format!("| {head} | {} | {all} |", cells.join(" | "))
        };
        writeln!(f, "{}", row("damage", &|kind| kind.word().to_owned(), &"all"))?;
        writeln!(f, "{}", row("---", &|_| "---".to_owned(), &"---"))?;
        for damage in Damage::ALL {
            let all = self.sum(|of, _| of == damage);
            if all.total() > 0 {
                let cell = |kind| self.sum(|of, at| of == damage && at == kind).to_string();
                writeln!(f, "{}", row(damage.word(), &cell, &all))?;
            }
        }
        f.write_str(&row("all", &|kind| self.sum(|_, at| at == kind).to_string(), &self.sum(|_, _| true)))
    }
}

//! The same query over tables of other names.

use std::collections::{BTreeMap, BTreeSet};

use super::dialect::Dialect;
use super::select::Select;
use crate::{Error, Result};

impl Select {
    /// The same query with its tables under other names, for engines that do not take ours. Columns are found as before:
    /// a table without an alias gets its last name as one.
    ///
    /// # Errors
    /// - [`Error::UnknownTable`] for a table without another name;
    /// - [`Error::InvalidTable`] for one that only an alias could tell from another.
    pub(crate) fn renamed(&self, names: &BTreeMap<String, String>) -> Result<Self> {
        let mut edits = Vec::new();
        let mut shortened = BTreeSet::new();
        for read in &self.found.reads {
            let table = read.table();
            let other =
                names.get(&table).ok_or_else(|| Error::unknown_table(&table, names.keys().map(String::as_str)))?;
            let mut text = Dialect::default().identifier(other);
            if !read.has_alias {
                let last = read.at.end - 1..read.at.end;
                text = format!("{text} AS {}", self.tokens.text(last, Dialect::default()));
                if read.name.len() > 1 {
                    self.check_short(read)?;
                    shortened.insert(read.name.as_slice());
                }
            }
            edits.push((read.at.clone(), text));
        }
        for name in shortened {
            edits.extend(self.prefixes(name).map(|at| (at, String::new())));
        }
        edits.sort_by_key(|(at, _)| at.start);
        self.edited(&edits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let names = [("trades", "t0"), ("Bar.AAPL/5", "t1")];
        let names = names.map(|(name, other)| (name.to_owned(), other.to_owned())).into();
        assert_eq!(Select::parse(text).unwrap().renamed(&names).unwrap().to_string(), expected);
    }

    #[test]
    fn tables_get_other_names_and_columns_stay() {
        check("SELECT trades.x FROM Trades", r#"SELECT trades.x FROM "t0" AS Trades"#);
        check("SELECT a.x FROM trades AS a, trades b", r#"SELECT a.x FROM "t0" AS a, "t0" b"#);
        let both = r#"SELECT "Bar"."AAPL/5".x, trades.y FROM "Bar"."AAPL/5" JOIN trades USING (t)"#;
        check(both, r#"SELECT "AAPL/5".x, trades.y FROM "t1" AS "AAPL/5" JOIN "t0" AS trades USING (t)"#);
        check("WITH t AS (SELECT 1 AS x) SELECT x FROM t", "WITH t AS (SELECT 1 AS x) SELECT x FROM t");
    }

    #[test]
    fn a_table_without_another_name_is_refused() {
        assert_eq!(
            Select::parse("SELECT x FROM other").unwrap().renamed(&BTreeMap::new()).unwrap_err().code(),
            "VV1103"
        );
    }
}

//! [`Ids`]: a query asked for given rows.

use std::fmt::Write as _;

use super::dialect::{Dialect, quote_identifier};
use super::select::Select;
use crate::Result;

/// A table of ids, one row for each row that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// Its name, which no table of the query has: see [`Select::unused_name`].
    pub table: String,
    /// Its column with the number of the row.
    pub row: String,
    /// Its columns with ids, each with the column of the query that it is equal to. With none, each row gets the one row
    /// of a query without keys.
    pub keys: Vec<(String, String)>,
}

impl Select {
    /// The number of each row of `ids`, with those `columns` of the query's rows whose keys are equal; nulls where there
    /// is no such row, or an id is null. Two rows of one id are two rows of the answer.
    ///
    /// ```
    /// use varvite_sql::syntax::{Ids, Select};
    ///
    /// let ids = Ids { table: "ids".into(), row: "row".into(), keys: vec![("key".into(), "symbol".into())] };
    /// assert_eq!(
    ///     Select::parse("SELECT symbol, price FROM trades")?.restrict(&ids, &["price".into()])?.to_string(),
    ///     r#"SELECT vv_ids."row" AS "row", vv_query."price" AS "price" FROM "ids" AS vv_ids LEFT JOIN
    ///        (SELECT symbol, price FROM trades) AS vv_query ON vv_ids."key" = vv_query."symbol""#
    ///         .split_whitespace().collect::<Vec<_>>().join(" ")
    /// );
    /// # Ok::<(), varvite_sql::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Syntax`](crate::Error::Syntax) for names that cannot be written.
    pub fn restrict(&self, ids: &Ids, columns: &[String]) -> Result<Self> {
        let quote = |name: &str| quote_identifier(Dialect::default(), name);
        let (left, right) = (self.unused_name("vv_ids"), self.unused_name("vv_query"));
        let mut text = format!("SELECT {left}.{row} AS {row}", row = quote(&ids.row)?);
        for column in columns {
            let _ = write!(text, ", {right}.{column} AS {column}", column = quote(column)?);
        }
        let _ = write!(text, " FROM {} AS {left} LEFT JOIN ({self}) AS {right} ON ", quote(&ids.table)?);
        let mut on = Vec::new();
        for (id, key) in &ids.keys {
            on.push(format!("{left}.{} = {right}.{}", quote(id)?, quote(key)?));
        }
        text += &if on.is_empty() { "TRUE".to_owned() } else { on.join(" AND ") };
        Self::parse(&text)
    }
}

//! [`Failures`]: what `DuckDB` says, as errors of ours.

use super::ENGINE;
use crate::Error;

/// What is known of a query when it fails.
#[derive(Debug, Clone)]
pub(super) struct Failures {
    pub(super) memory: Option<usize>,
    pub(super) columns: Vec<String>,
}

impl Failures {
    /// An error of ours.
    pub(super) fn of(&self, error: duckdb::Error) -> Error {
        let duckdb::Error::DuckDBFailure(_, Some(text)) = &error else {
            return Error::Engine { engine: ENGINE, source: Box::new(error) };
        };
        let (kind, reason) = text.split_once(" Error: ").unwrap_or(("", text));
        let refused = || Error::Refused { engine: ENGINE, reason: reason.trim().to_owned() };
        match kind {
            "Parser" => Error::Syntax { reason: reason.trim().to_owned() },
            "Binder" => match unknown_column(reason) {
                Some(column) => Error::unknown_column(column, self.columns.iter().map(String::as_str)),
                None => refused(),
            },
            "Catalog" | "Permission" | "Not implemented" | "Mismatch Type" => refused(),
            "Out of Memory" => Error::OutOfMemory {
                limit: self.memory.unwrap_or_default(),
                reason: reason.lines().next().unwrap_or_default().to_owned(),
            },
            "INTERRUPT" => Error::Cancelled,
            _ => Error::Engine { engine: ENGINE, source: Box::new(error) },
        }
    }
}

/// The column that a message says is not there.
fn unknown_column(reason: &str) -> Option<&str> {
    let rest = reason.split_once("Referenced column \"").map(|(_, rest)| rest);
    let rest = rest.or_else(|| reason.split_once("does not have a column named \"").map(|(_, rest)| rest))?;
    rest.split_once('"').map(|(column, _)| column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let failures = Failures { memory: Some(7), columns: vec!["price".to_owned(), "size".to_owned()] };
        let code = duckdb::ffi::Error::new(1);
        assert_eq!(failures.of(duckdb::Error::DuckDBFailure(code, Some(text.to_owned()))).to_string(), expected);
    }

    #[test]
    fn messages_become_errors_of_ours() {
        check(
            "Binder Error: Referenced column \"prise\" not found in FROM clause!\nCandidate bindings: \"price\"",
            "there is no column `prise`; did you mean `price`?: there are price, size",
        );
        check("Binder Error: Cannot compare", "duckdb refuses the query: Cannot compare");
        check("Parser Error: syntax error at end", "the query cannot be read: syntax error at end");
        check("Out of Memory Error: no more\nhints", "the query needs more than 7 bytes of memory: no more");
        check("INTERRUPT Error: Interrupted!", "the query was cancelled");
    }
}

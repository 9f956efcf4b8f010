//! [`Dialect`]: how each engine writes names, text and placeholders.

use crate::{Error, Result};

/// An engine's way of writing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// `"name"`, `'it''s'`, `$value`. Queries are written in it, too.
    #[default]
    DataFusion,
    /// `"name"`, `'it''s'`, `$value`.
    DuckDb,
    /// `` `name` ``, `'it\'s'`, `:value`.
    Spark,
}

impl Dialect {
    /// A placeholder. `name` is one of [`is_placeholder_name`].
    pub(super) fn placeholder(self, name: &str) -> String {
        match self {
            Self::DataFusion | Self::DuckDb => format!("${name}"),
            Self::Spark => format!(":{name}"),
        }
    }

    /// A string.
    pub(super) fn string(self, value: &str) -> String {
        match self {
            Self::DataFusion | Self::DuckDb => format!("'{}'", value.replace('\'', "''")),
            Self::Spark => format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        }
    }

    /// A quoted name, which is neither empty nor holds a NUL.
    pub(super) fn identifier(self, name: &str) -> String {
        match self {
            Self::DataFusion | Self::DuckDb => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::Spark => format!("`{}`", name.replace('`', "``")),
        }
    }
}

/// A name as this engine writes it, whatever is in it.
///
/// ```
/// use varvite_sql::syntax::{Dialect, quote_identifier};
///
/// assert_eq!(quote_identifier(Dialect::DuckDb, r#"a"; DROP TABLE t; --"#)?, r#""a""; DROP TABLE t; --""#);
/// assert_eq!(quote_identifier(Dialect::Spark, "a`b")?, "`a``b`");
/// # Ok::<(), varvite_sql::Error>(())
/// ```
///
/// # Errors
/// [`Error::Syntax`] for an empty name and for one with a NUL, which engines cut there.
pub fn quote_identifier(dialect: Dialect, name: &str) -> Result<String> {
    check_name(name).map_err(|reason| Error::Syntax { reason })?;
    Ok(dialect.identifier(name))
}

/// A text as this engine writes it, whatever is in it.
///
/// # Errors
/// [`Error::Syntax`] for one with a NUL, at which engines cut.
#[cfg(any(feature = "duckdb", feature = "spark"))]
pub(crate) fn quote_text(dialect: Dialect, text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::Syntax { reason: format!("the text {text:?} holds a NUL") });
    }
    Ok(dialect.string(text))
}

/// Why a name cannot be written, if it cannot.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    match name {
        "" => Err("a name is empty".to_owned()),
        name if name.contains('\0') => Err(format!("the name {name:?} holds a NUL")),
        _ => Ok(()),
    }
}

/// Letters, digits and underscores of ASCII, no digit first: what every engine takes after its sign.
pub(super) fn is_placeholder_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}

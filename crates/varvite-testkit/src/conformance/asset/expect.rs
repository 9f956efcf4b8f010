//! What a case expects, compared with what was found.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use varvite_asset::{Error, Interval};
use varvite_time::Instant;

/// An instant as cases write it; one without an offset is in UTC.
pub(super) fn instant(value: &Value) -> Result<Instant> {
    let text = value.as_str().with_context(|| format!("{value} is no timestamp"))?;
    let parsed = text.parse::<Instant>().or_else(|_| format!("{text}Z").parse());
    parsed.with_context(|| format!("`{text}` is no timestamp"))
}

/// Compares an instant.
pub(super) fn check_instant(what: &str, found: Instant, expected: &Value) -> Result<()> {
    ensure!(found == instant(expected)?, "{what} is {found}, expected {expected}");
    Ok(())
}

/// Compares a list of instants.
pub(super) fn check_instants(what: &str, found: &[Instant], expected: &Value) -> Result<()> {
    check_list(what, found, expected, instant)
}

/// Compares a list of intervals, each given as `[start, end]`.
pub(super) fn check_intervals(what: &str, found: &[Interval], expected: &Value) -> Result<()> {
    check_list(what, found, expected, interval)
}

pub(super) fn interval(value: &Value) -> Result<Interval> {
    Ok(Interval { start: instant(&value[0])?, end: instant(&value[1])? })
}

/// Compares a list that is given as it is or, if it is long, as `count`, `first` and `last`.
pub(super) fn check_list<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &[T],
    expected: &Value,
    read: impl Fn(&Value) -> Result<T>,
) -> Result<()> {
    if let Some(expected) = expected.as_array() {
        let expected = expected.iter().map(read).collect::<Result<Vec<_>>>()?;
        ensure!(found == expected, "{what} are {found:?}, expected {expected:?}");
        return Ok(());
    }
    let count = expected["count"].as_u64().with_context(|| format!("{expected} is no list"))?;
    ensure!(found.len() as u64 == count, "{what} are {}, expected {count}", found.len());
    // At either end there is one entry, or a list of some.
    let some = |end: &Value| -> Result<Vec<T>> {
        match (read(end), end.as_array()) {
            (Ok(one), _) => Ok(vec![one]),
            (Err(_), Some(several)) => several.iter().map(&read).collect(),
            (Err(error), None) => Err(error),
        }
    };
    let (first, last) = (some(&expected["first"])?, some(&expected["last"])?);
    ensure!(found.starts_with(&first), "{what} begin with {:?}, expected {first:?}", found.first());
    ensure!(found.ends_with(&last), "{what} end with {:?}, expected {last:?}", found.last());
    Ok(())
}

/// Compares an outcome with the error that a case expects.
pub(super) fn check_error<T>(found: std::result::Result<T, Error>, expected: &Value) -> Result<()> {
    let kind = expected.as_str().context("an error has a name")?;
    let Err(error) = found else { bail!("it worked, and `{kind}` was expected") };
    let codes: &[&str] = match kind {
        "InvalidResolution" => &["VV0601"],
        "InvalidRange" => &["VV0602"],
        "InvalidName" | "InvalidKey" | "InvalidLabel" => &["VV0602", "VV0603"],
        "AssetNotFound" | "MissingIntervals" | "MissingInterval" => &["VV0610", "VV0612"],
        "VersionNotFound" => &["VV0611"],
        "SchemaMismatch" => &["VV0613"],
        "ChecksFailed" | "CheckFailed" => &["VV0615"],
        // What has no code of its own may have any.
        _ => return Ok(()),
    };
    ensure!(codes.contains(&error.code()), "expected `{kind}`, got {}: {error}", error.code());
    Ok(())
}

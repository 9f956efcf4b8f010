//! What needs no catalog: resolutions, their intervals, and dates as of a moment.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use varvite_asset::chrono::TimeDelta;
use varvite_asset::{Bound, Resolution, Span};
use varvite_time::Instant;

use super::expect::{check_error, check_instant, instant};

/// Text becomes a resolution, or is refused.
pub(super) fn parse(given: &Value, ours: &Value) -> Result<()> {
    let text = given["text"].as_str().context("a text")?;
    let found = text.parse::<Resolution>();
    if !ours["error"].is_null() {
        return check_error(found, &ours["error"]);
    }
    let found = found?.to_string();
    let ours = ours.get("ok").unwrap_or(ours);
    let canonical = ours["canonical"].as_str().context("a canonical text")?;
    let said = format!("{}{}", ours["value"], ours["unit"].as_str().unwrap_or_default());
    ensure!(found == canonical && found == said, "it is {found}, expected {canonical}, which is {said}");
    Ok(())
}

/// The interval that a timestamp lies in.
pub(super) fn bucket(given: &Value, ours: &Value) -> Result<()> {
    let at = instant(&given["timestamp"])?;
    check_instant("the timestamp in UTC", at, &given["timestamp_utc"])?;
    let found = resolution(given)?.interval_at(at);
    ensure!(found.contains(at), "{found} does not hold {at}");
    check_instant("the start", found.start, &ours["start"])?;
    check_instant("the end", found.end, &ours["end"])
}

/// The start of a unit, as an interval and as a bound of a range.
pub(super) fn truncate(given: &Value, ours: &Value) -> Result<()> {
    let unit = given["unit"].as_str().context("a unit")?;
    let at = instant(&given["timestamp"])?;
    check_instant("the start", format!("1{unit}").parse::<Resolution>()?.interval_at(at).start, &ours["start"])?;
    let floored = format!("now/{unit}").parse::<Bound>()?.resolve(at)?.context("now has a limit")?;
    check_instant("now/unit", floored, &ours["start"])
}

/// Dates as of a moment.
pub(super) fn resolve(given: &Value, ours: &Value) -> Result<()> {
    let found = span(given)?.resolve(instant(&given["now"])?);
    if !ours["error"].is_null() {
        return check_error(found, &ours["error"]);
    }
    let found = found?;
    for (end, found) in [("start", found.start_ns()), ("end", found.end_ns())] {
        match found {
            None => ensure!(ours[end] == "unbounded", "the {end} is unbounded, expected {}", ours[end]),
            Some(ns) => check_instant(&format!("the {end}"), Instant::from_ns(ns), &ours[end])?,
        }
    }
    Ok(())
}

/// The range that a case gives: without a start from the first row on, without an end until now.
pub(super) fn span(given: &Value) -> Result<Span> {
    let start = bound(&given["start"])?.unwrap_or(Bound::Unbounded);
    Ok(Span { start, end: bound(&given["end"])?.unwrap_or(Bound::NOW) })
}

/// `{"at": …}`, `{"relative_s": …}`, a timestamp, or nothing.
fn bound(given: &Value) -> Result<Option<Bound>> {
    match given {
        Value::Null => Ok(None),
        Value::String(_) => Ok(Some(Bound::At(instant(given)?))),
        Value::Object(form) if form.contains_key("at") => Ok(Some(Bound::At(instant(&given["at"])?))),
        Value::Object(form) if form.contains_key("relative_s") => {
            let seconds = given["relative_s"].as_f64().context("relative seconds")?;
            // Cases give whole microseconds.
            let micros = (seconds * 1e6).round();
            ensure!(micros.abs() < 1e18, "{seconds} s are too long");
            #[allow(clippy::cast_possible_truncation, reason = "compared above")]
            let micros = micros as i64;
            Ok(Some(Bound::from_now(TimeDelta::microseconds(micros))))
        }
        other => bail!("{other} is no form of a date"),
    }
}

pub(super) fn resolution(given: &Value) -> Result<Resolution> {
    Ok(given["resolution"].as_str().context("a resolution")?.parse()?)
}

//! Values of arguments: what is bound, and what a query may take.

use std::result::Result;
use std::time::Duration;

use varvite::sql::Value;

/// Reads `symbol=AAPL`.
pub(super) fn bound(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write it like symbol=AAPL")?;
    let name = name.strip_prefix('$').unwrap_or(name);
    if name.is_empty() {
        return Err("it has no name: write it like symbol=AAPL".to_owned());
    }
    Ok((name.to_owned(), value_of(value)))
}

/// What a text looks like. A number that would be written otherwise, such as `007`, is text.
fn value_of(text: &str) -> Value {
    match text {
        "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    if let Some(quoted) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Value::Text(quoted.to_owned());
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.starts_with(|first: char| first.is_ascii_digit())
        && !(digits.starts_with('0') && digits[1..].starts_with(|second: char| second.is_ascii_digit()));
    let number = || text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Float)).ok();
    is_plain.then(number).flatten().unwrap_or_else(|| Value::Text(text.to_owned()))
}

/// Reads a number of seconds, more than none.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds, such as 30 or 0.5".to_owned())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("it leaves no time".to_owned()) } else { Ok(duration) }
}

/// Reads `500000000`, `500MB`, `2GB`.
pub(super) fn memory(text: &str) -> Result<usize, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let unit: usize = match text[digits..].trim().to_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        other => return Err(format!("`{other}` is no unit: write it like 500000000, 500MB or 2GB")),
    };
    let number: usize = text[..digits].parse().map_err(|_| "write it like 500000000, 500MB or 2GB".to_owned())?;
    number
        .checked_mul(unit)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "that is no number of bytes to work with".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_look_like() {
        let of = |text: &str| bound(&format!("x={text}")).unwrap().1;
        assert_eq!([of("5"), of("-5"), of("0")], [Value::Int(5), Value::Int(-5), Value::Int(0)]);
        assert_eq!([of("0.5"), of("1e3"), of("-0.5")], [0.5, 1e3, -0.5].map(Value::Float));
        assert_eq!([of("null"), of("true"), of("false")], [Value::Null, Value::Bool(true), Value::Bool(false)]);
        for text in ["", "nan", "inf", "-inf", "007", "+5", "NULL", "2024-03-01", "a=b", "1_000", "' OR 1=1 --"] {
            assert_eq!(of(text), Value::Text(text.to_owned()));
        }
        assert_eq!([of("'5'"), of("''")], ["5", ""].map(Value::from));
        assert_eq!(bound("$x=1").unwrap().0, "x");
        assert!(bound("x").is_err() && bound("=1").is_err());
    }

    #[test]
    fn limits_have_units() {
        assert_eq!((memory("5"), memory("5kB"), memory("2 GB")), (Ok(5), Ok(5_000), Ok(2_000_000_000)));
        assert!(["", "0", "MB", "-1", "5 parsecs", "99999999999999999999"].iter().all(|text| memory(text).is_err()));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(["", "0", "-1", "nan", "inf", "1s"].iter().all(|text| seconds(text).is_err()));
    }
}

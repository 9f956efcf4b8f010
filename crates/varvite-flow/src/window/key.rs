//! Keys and times of windows: keys as text, which is also the form they are stored in.

use std::fmt::Write;

use chrono::NaiveTime;

use crate::value::Value;

/// Adds a part of a key to its text; `false` if it is null, or nothing that can be a key. Parts are told apart by type
/// and by their ends.
pub(crate) fn write_key(text: &mut String, part: &Value) -> bool {
    let done = match part {
        Value::Bool(value) => write!(text, "b{value};"),
        Value::I64(value) => write!(text, "i{value};"),
        // The negative zero is the same key as the other.
        Value::F64(value) => write!(text, "f{:?};", value + 0.0),
        Value::Str(value) => write!(text, "s{}:{value};", value.len()),
        Value::Date(value) => write!(text, "d{value:?};"),
        Value::DateTime(value) => write!(text, "t{value:?};"),
        Value::Timestamp(value) => write!(text, "z{};", value.timestamp_micros()),
        Value::Null | Value::List(_) | Value::Column(_) | Value::Batch(_) | Value::Other(_) => return false,
    };
    done.is_ok()
}

/// Microseconds since 1970; nothing for what is no time.
pub(crate) fn micros(time: &Value) -> Option<i64> {
    match time {
        Value::Date(date) => Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_micros()),
        Value::DateTime(at) => Some(at.and_utc().timestamp_micros()),
        Value::Timestamp(at) => Some(at.timestamp_micros()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_keys_have_different_texts() {
        let text = |parts: &[Value]| {
            let mut text = String::new();
            assert!(parts.iter().all(|part| write_key(&mut text, part)));
            text
        };
        assert_ne!(text(&["a;s1:b".into(), "c".into()]), text(&["a".into(), "b;s1:c".into()]));
        assert_ne!(text(&[1_i64.into()]), text(&["1".into()]));
        assert!(!write_key(&mut String::new(), &Value::Null));
    }
}

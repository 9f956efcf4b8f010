//! Periods, tilings, spans and units serialise as their text.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use varvite_time::{Period, Tiling, TimeSpan, TimeUnit};

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
}

#[test]
fn values_are_their_text() {
    check(&Period::QUARTER, "\"1q\"");
    check(&"1d@Europe/Berlin".parse::<Tiling>().unwrap(), "\"1d@Europe/Berlin\"");
    check(&"2013-01-01..".parse::<TimeSpan>().unwrap(), "\"2013-01-01T00:00:00Z..\"");
    check(&TimeUnit::Microsecond, "\"us\"");
}

#[test]
fn errors_say_what_to_write() {
    let error = serde_json::from_str::<Period>("\"ME\"").unwrap_err().to_string();
    assert!(error.starts_with("`ME` is not supported: tiles are named by their start; use `MS`"), "{error}");
    let error = serde_json::from_str::<Period>("15").unwrap_err().to_string();
    assert!(error.contains("expected a period such as `15min`"), "{error}");
}

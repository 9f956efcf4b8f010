//! Whatever text is given for a range, a resolution, a filter: it is understood or refused, and what is understood is
//! printed so that it is read back.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use varvite_asset::{Bound, Coverage, Filter, HyperionAsset, HyperionDate, HyperionLayout, Resolution, Span};
use varvite_time::Instant;

/// Pieces that texts are made of, so that many are nearly right.
fn texts(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let near = prop::collection::vec(prop::sample::select(pieces), 0..10).prop_map(|pieces| pieces.concat());
    let changed = (near.clone(), any::<prop::sample::Index>(), any::<char>()).prop_map(|(mut text, at, with)| {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        text.insert(places[at.index(places.len())], with);
        text
    });
    prop_oneof![4 => near, 2 => changed, 1 => any::<String>()]
}

const TIMES: &[&str] = &[
    "now",
    "-",
    "+",
    "7",
    "999999999",
    "0",
    "d",
    "w",
    "M",
    "y",
    "h",
    "m",
    "s",
    "/",
    "15m",
    "1d",
    "2024-02-29",
    "2023-02-29",
    "0000-01-01",
    "9999-12-31",
    "T",
    "12:30",
    ":59",
    ".5",
    ".123456789",
    "Z",
    "+01:00",
    "-23:59",
    "..",
    " ",
    "é",
    "１",
];

const FILTERS: &[&str] = &[
    "value",
    " ",
    ">",
    "<=",
    "=",
    "!=",
    "in",
    "(",
    ")",
    ",",
    "'a'",
    "\"b\"",
    "''",
    "1",
    "-1.5",
    "1e400",
    "true",
    "null",
    "is ",
    "not ",
    " and ",
    " or ",
    "`a b`",
    "`",
    "'",
    "9223372036854775808",
    "é",
    "NaN",
];

const PATHS: &[&str] = &[
    "weather",
    ".1d",
    ".",
    "/",
    "date=",
    "partition_date=",
    "2025-01-02T00:00:00+00:00",
    "2025-01-02",
    "v1.avro",
    "v",
    "1",
    ".avro",
    "region=north",
    "=",
    "é",
    "v99999999999.avro",
    "0001-01-01T00:00:00+00:01",
];

/// Moments from which ranges are resolved: also those at which calendars end.
const NOWS: [i128; 6] = [0, -1, 1_736_510_400_000_000_000, 9_223_372_036_854_775_807, -(1 << 90), 1 << 90];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn bounds(text in texts(TIMES)) {
        if let Ok(bound) = text.parse::<Bound>() {
            prop_assert_eq!(bound.to_string().parse::<Bound>().unwrap(), bound, "{} is printed as {}", text, bound);
            for now in NOWS {
                let _ = bound.resolve(Instant::from_ns(now));
            }
        }
    }

    #[test]
    fn spans(text in texts(TIMES), resolution in prop::sample::select(vec!["1s", "15m", "1d", "3w", "5M", "10000y"])) {
        let resolution: Resolution = resolution.parse().unwrap();
        if let Ok(span) = text.parse::<Span>() {
            prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span, "{} is printed as {}", text, span);
            for now in NOWS {
                let Ok(resolved) = span.resolve(Instant::from_ns(now)) else { continue };
                prop_assert!(!span.is_reversed(), "what is refused without a clock is refused with every one: {}", text);
                for interval in resolution.intervals(resolved).into_iter().flatten().take(3) {
                    prop_assert!(interval.start < interval.end, "{}: {}", text, interval);
                }
            }
        }
    }

    #[test]
    fn resolutions(text in texts(TIMES)) {
        if let Ok(resolution) = text.parse::<Resolution>() {
            prop_assert_eq!(resolution.to_string(), text);
        }
    }

    #[test]
    fn coverages(text in texts(TIMES)) {
        if let Ok(coverage) = text.parse::<Coverage>() {
            prop_assert_eq!(coverage.to_string().parse::<Coverage>().unwrap(), coverage);
        }
    }

    #[test]
    fn filters(text in texts(FILTERS)) {
        if let Ok(filter) = text.parse::<Filter>() {
            let printed = filter.to_string();
            let again = printed.parse::<Filter>();
            prop_assert!(again.is_ok(), "{} is printed as {}: {:?}", text, printed, again);
            prop_assert_eq!(again.unwrap().to_string(), printed, "{}", text);
        }
    }

    #[test]
    fn paths_of_others(text in texts(PATHS), prefix in texts(PATHS)) {
        let layout = HyperionLayout::below(&prefix);
        if let Some(asset) = layout.parse(&text) {
            prop_assert_eq!(layout.path(&asset), text.clone());
        }
        if let Some(asset) = HyperionAsset::parse(&text) {
            prop_assert_eq!(HyperionAsset::parse(&asset.path()), Some(asset));
        }
        let _ = layout.data_lake([text.as_str()], "weather", Some(&prefix));
        let _ = layout.latest_data_lake([text.as_str()], &prefix, None);
        if let Ok(date) = text.parse::<HyperionDate>() {
            prop_assert_eq!(date.to_string().parse::<HyperionDate>().unwrap(), date);
            for resolution in ["7s", "90m", "5h", "7d", "3w", "13M", "4y"] {
                let _ = date.label(resolution.parse().unwrap());
            }
        }
    }
}

//! Key types, and what must hold of any path that is read as a key.

use varvite_key::{Key, sublevel, toplevel};
use varvite_storage::StoragePath;

#[sublevel]
struct Venue {
    mic: String,
    live: bool,
    size: i64,
}

#[toplevel]
struct Series {
    symbol: String,
    line: u8,
    venue: Venue,
}

#[toplevel(fields_sep = ".")]
struct Dotted {
    a: String,
    b: String,
}

#[toplevel(fields_sep = "_-")]
struct Odd {
    a: String,
    b: String,
}

#[toplevel(fields_sep = "--", strict)]
struct Strict {
    a: String,
    b: String,
}

/// Paths to begin with.
pub(crate) const PATHS: [&str; 8] = [
    "AAPL-7/XNAS-true-60",
    "BRK.B-0/%C3%A9-false--1",
    "%5F-1/%63on-true-0",
    "a.b",
    "a%2Eb.c",
    "x_-y",
    "x--y",
    "%2E%2E-1/a%2Fb-true-1",
];

/// A path is the path of one key at most, and leads nowhere else.
pub(crate) fn look(path: &str) {
    look_as::<Series>(path);
    look_as::<Dotted>(path);
    look_as::<Odd>(path);
    look_as::<Strict>(path);
}

fn look_as<K: Key>(path: &str) {
    let Ok(key) = K::from_path(path) else { return };
    assert_eq!(key.to_path(), path, "the path of {key:?}");
    match StoragePath::try_new(path) {
        Ok(inside) => assert_eq!(inside.parts().count(), K::DEPTH),
        // Strict keys take what datasets of oups may have; no storage does.
        Err(error) => assert!(path.contains('\\'), "{error}"),
    }
    assert_eq!(key.to_string().parse::<K>().ok().as_ref(), Some(&key), "the text of {key:?}");
}

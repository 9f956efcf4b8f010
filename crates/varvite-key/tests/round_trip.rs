//! Keys and paths: exact inverses, one path a key, never a path that leads elsewhere.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use varvite_key::{Error, Key, sublevel, toplevel};

#[sublevel]
struct Window {
    name: String,
    size: i64,
}

#[sublevel]
struct Venue {
    mic: String,
    live: bool,
    window: Window,
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

/// Text that has met a file system before: separators, dots, devices, our own endings, other scripts.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "\\PC{1,12}",
        2 => "[-._/%a-c0-1]{1,8}",
        1 => any::<Vec<char>>().prop_map(|chars| chars.into_iter().take(12).collect::<String>())
            .prop_filter("values are not empty", |text: &String| !text.is_empty()),
        1 => proptest::sample::select(vec![
            ".", "..", "con", "CON", "nul.txt", "com1", "LPT9", "a_opdmd", "a.lock", "_a", ".a", "a.", " a ", "~", "a\0b",
            "..%2F", "%2e%2e", "C:", "\\\\host", "e\u{301}", "é", "\u{202e}", "x:stream",
        ]).prop_map(str::to_owned),
    ]
}

fn is_one_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !br#"/\:*?"<>|"#.contains(&byte);
    !name.is_empty()
        && name.len() <= 240
        && name.bytes().all(plain)
        && !name.starts_with(['.', '_'])
        && !name.ends_with('.')
        && !name.ends_with("_opdmd")
        && !name.to_ascii_lowercase().ends_with(".lock")
}

fn check<K: Key>(key: &K) -> Result<(), TestCaseError> {
    let path = key.to_path();
    prop_assert_eq!(path.split('/').count(), K::DEPTH);
    prop_assert!(path.split('/').all(is_one_plain_name), "{}", path);
    prop_assert_eq!(&K::from_path(&path).unwrap(), key);
    prop_assert_eq!(&key.to_string().parse::<K>().unwrap(), key);
    Ok(())
}

/// A level that is too long for a folder is refused; that is not what these properties are about.
fn fits<K>(key: Result<K, Error>) -> Result<K, TestCaseError> {
    match key {
        Err(Error::TooLong { .. }) => Err(TestCaseError::reject("too long")),
        other => Ok(other.unwrap()),
    }
}

fn series(parts: (String, u8, String, bool, String, i64)) -> Result<Series, Error> {
    let (symbol, line, mic, live, name, size) = parts;
    Series::new(symbol, line, Venue::new(mic, live, Window::new(name, size)?)?)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_path_leads_back_to_its_key(parts in (nasty(), any::<u8>(), nasty(), any::<bool>(), nasty(), any::<i64>())) {
        check(&fits(series(parts))?)?;
    }

    #[test]
    fn any_separator_leads_back(a in nasty(), b in nasty()) {
        check(&fits(Dotted::new(a.clone(), b.clone()))?)?;
        check(&fits(Odd::new(a, b))?)?;
    }

    #[test]
    fn two_keys_never_share_a_path(a in nasty(), b in nasty(), c in nasty(), d in nasty()) {
        let (one, two) = (fits(Dotted::new(a, b))?, fits(Dotted::new(c, d))?);
        prop_assert_eq!(one == two, one.to_path() == two.to_path());
        prop_assert_eq!(one == two, one.to_string() == two.to_string());
    }

    #[test]
    fn a_path_that_is_read_is_the_path_that_is_written(text in "[-._/%a-cA-F0-9]{1,10}") {
        if let Ok(key) = Dotted::from_path(&text) {
            prop_assert_eq!(key.to_path(), text.clone());
        }
        if let Ok(key) = Odd::from_path(&text) {
            prop_assert_eq!(key.to_path(), text);
        }
    }

    #[test]
    fn a_strict_key_is_refused_or_leads_back(a in nasty(), b in nasty()) {
        if let Ok(key) = Strict::new(a.clone(), b.clone()) {
            prop_assert_eq!(key.to_path(), format!("{a}--{b}"));
            prop_assert_eq!(&Strict::from_path(&key.to_path()).unwrap(), &key);
            prop_assert!(!key.to_path().contains(['/', '.', '\0']));
        }
    }
}

#[test]
fn numbers_sort_as_numbers_and_the_top_level_first() {
    let key = |symbol: &str, line| series((symbol.to_owned(), line, "x".into(), true, "w".into(), 1)).unwrap();
    let mut keys = [key("b", 1), key("a", 10), key("a", 9)];
    keys.sort();
    assert_eq!(keys, [key("a", 9), key("a", 10), key("b", 1)]);
}

#[test]
fn a_name_that_no_disk_takes_is_refused() {
    let long = "x".repeat(239);
    assert_eq!(Dotted::new(long.clone(), "a").unwrap_err().code(), "VV0003");
    assert!(Dotted::new("x".repeat(238), "a").is_ok());
    let error = Dotted::new("é".repeat(41), "a").unwrap_err();
    assert_eq!(error.to_string(), "level `Dotted` makes a folder name of 248 bytes, more than 240");
}

#[test]
fn an_empty_value_is_refused_by_name() {
    assert_eq!(Window::new("", 1).unwrap_err().to_string(), "field `name` is empty");
    assert_eq!(Dotted::new("a", "").unwrap_err().to_string(), "field `b` is empty");
}

#[test]
fn a_strict_key_says_what_it_cannot_hold() {
    let error = |a: &str| Strict::new(a, "b").unwrap_err().to_string();
    assert_eq!(error("a--b"), "field `a` is `a--b`: a strict key cannot hold `--`");
    assert_eq!(error("a/b"), "field `a` is `a/b`: a strict key cannot hold `/`");
    assert_eq!(error("a.b"), "field `a` is `a.b`: a strict key cannot hold `.`");
    assert_eq!(error("a-"), "field `a` is `a-`: next to the separator it would be read back as other values");
    assert_eq!(error("_a"), "field `a` is `_a`: this name is kept for other uses");
}

#[test]
fn a_path_of_another_shape_says_what_does_not_fit() {
    let error = |path: &str| Series::from_path(path).unwrap_err().to_string();
    let key = "Series(symbol: text, line: integer) / Venue(mic: text, live: bool) / Window(name: text, size: integer)";
    assert_eq!(error("a-1"), format!("`a-1` is no key {key}: it has 1 levels, not 3"));
    assert_eq!(error("a-1/x/w-1"), format!("`a-1/x/w-1` is no key {key}: `x` holds 1 fields, not 2"));
    assert_eq!(
        error("a-b/x-true/w-1"),
        format!("`a-b/x-true/w-1` is no key {key}: `b` is no integer for field `line`")
    );
    assert_eq!(error("a-300/x-true/w-1"), format!("`a-300/x-true/w-1` is no key {key}: field `line` cannot be `300`"));
    assert_eq!(
        error("a-01/x-true/w-1"),
        format!("`a-01/x-true/w-1` is no key {key}: `01` is no integer for field `line`")
    );
    assert!(Series::from_path("a-+1/x-true/w-1").is_err());
    assert!("a-1-x-true-w-1-more".parse::<Series>().is_err());
    assert_eq!("a-1-x-true-w-1".parse::<Series>().unwrap().to_path(), "a-1/x-true/w-1");
}

#[test]
fn fields_are_listed_by_name() {
    let key = series(("a".into(), 1, "x".into(), true, "w".into(), -5)).unwrap();
    let names: Vec<String> = key.fields().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(names, ["symbol=a", "line=1", "mic=x", "live=true", "name=w", "size=-5"]);
    assert_eq!((key.symbol(), key.line(), key.venue().window().size()), ("a", 1, -5));
}

//! The names of files in a dataset's folders.
//!
//! A data file is `file_<order>-<base>-<uid>.parquet`. *order*: 16 hex digits of the image of the smallest key, then the
//! hex digits of a fraction, which places row groups whose smallest keys share the image. *base*: the version that its
//! writer had read. *uid*: 64 random bits. `-` sorts before every digit, so that names in byte order are the dataset order.

/// Digits of the image in an order key.
const IMAGE_DIGITS: usize = 16;

/// Composes the name of a data file.
pub(crate) fn data_file_name(order: &str, base: u64, random: u64) -> String {
    format!("file_{order}-{base:08x}-{random:016x}.parquet")
}

/// Whether `name` is a data file's: nothing else is ever opened, moved or deleted in the data folder.
pub(crate) fn is_data_file(name: &str) -> bool {
    let Some(parts) = name.strip_prefix("file_").and_then(|rest| rest.strip_suffix(".parquet")) else { return false };
    let hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = parts.split('-').collect();
    matches!(parts.as_slice(), [order, base, uid]
        if order.len() > IMAGE_DIGITS && base.len() >= 8 && uid.len() == 16 && hex(order) && hex(base) && hex(uid))
}

/// The order key in the name of a data file.
pub(crate) fn order_key(name: &str) -> &str {
    let rest = name.strip_prefix("file_").unwrap_or(name);
    rest.split('-').next().unwrap_or(rest)
}

/// The name of the record of `version`: decimal, so that names in byte order are versions in order.
pub(super) fn record_name(version: u64) -> String {
    format!("{version:020}.json")
}

/// The version whose record this is.
pub(super) fn record_version(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json").filter(|digits| digits.len() == 20)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// The name of the empty file that witnesses `version`.
pub(super) fn tail_name(version: u64) -> String {
    format!("tail-{version:020}")
}

/// The version that this empty file witnesses.
pub(super) fn tail_version(name: &str) -> Option<u64> {
    name.strip_prefix("tail-").filter(|digits| digits.len() == 20)?.parse().ok()
}

/// An order key for a row group whose smallest key has this image, between its neighbours' order keys.
pub(crate) fn order_between(left: Option<&str>, right: Option<&str>, image: u64) -> String {
    let image = format!("{image:016x}");
    let fraction = |key: Option<&str>| key.and_then(|key| key.strip_prefix(&image)).map(str::to_owned);
    let fraction = match (fraction(left), fraction(right)) {
        (None, None) => "8".to_owned(),
        (Some(left), None) => after(&left),
        (left, Some(right)) => between(left.as_deref().unwrap_or_default(), &right),
    };
    image + &fraction
}

/// A fraction above `left`: steps of a counter, so that a million of them stay short.
fn after(left: &str) -> String {
    const STEP: u32 = 0x100;
    let digits: String = left.chars().chain(std::iter::repeat('0')).take(8).collect();
    let next = u32::from_str_radix(&digits, 16).ok().and_then(|value| value.checked_add(STEP));
    match next {
        Some(next) => format!("{:08x}", next | 1),
        None => format!("{left}8"),
    }
}

/// A fraction strictly between two others, neither of which ends in 0; an empty `left` is 0.
fn between(left: &str, right: &str) -> String {
    let digit =
        |text: &str, at: usize| text.as_bytes().get(at).map_or(0, |byte| char::from(*byte).to_digit(16).unwrap_or(0));
    let mut found = String::new();
    for at in 0.. {
        let low = digit(left, at);
        let high = if at < right.len() { digit(right, at) } else { 16 };
        let push = |found: &mut String, value: u32| found.extend(char::from_digit(value, 16));
        if low == high {
            push(&mut found, low);
        } else if high - low > 1 {
            push(&mut found, low.midpoint(high));
            return found;
        } else {
            // One apart: keep the left digit and go above the rest of left.
            push(&mut found, low);
            return found + &above(left.get(at + 1..).unwrap_or_default());
        }
    }
    found
}

/// The shortest fraction above `left` without an upper bound.
fn above(left: &str) -> String {
    let mut found = String::new();
    for digit in left.chars().filter_map(|digit| digit.to_digit(16)) {
        if digit < 15 {
            found.extend(char::from_digit((digit + 17) / 2, 16).filter(|_| digit < 14).or(Some('f')));
            return found;
        }
        found.push('f');
    }
    found + "8"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_name_gives_its_version_back() {
        assert_eq!(record_version(&record_name(42)), Some(42));
        assert_eq!(record_version("42.json"), None);
    }

    #[test]
    fn only_names_of_our_grammar_are_data_files() {
        assert!(is_data_file(&data_file_name("97e4a3b1c00000008", 42, 7)));
        for name in ["file_1-2-3.parquet", "../x.parquet", "part-0.parquet", "file_97e4a3b1c00000008-0000002a.parquet"]
        {
            assert!(!is_data_file(name), "{name}");
        }
    }

    #[test]
    fn keys_at_any_place_of_one_image_stay_in_order_and_short() {
        let mut keys = vec![order_between(None, None, 5)];
        let mut seed = 1_u64;
        for _ in 0..2_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from((seed >> 33) % (keys.len() as u64 + 1)).expect("small");
            let left = at.checked_sub(1).map(|at| keys[at].clone());
            let key = order_between(left.as_deref(), keys.get(at).map(String::as_str), 5);
            keys.insert(at, key);
        }
        // Compared as in names, where `-` follows.
        assert!(keys.is_sorted_by(|a, b| format!("{a}-") < format!("{b}-")));
        assert!(keys.iter().all(|key| key.len() < 60 && !key.ends_with('0')));
    }

    #[test]
    fn many_appends_of_one_image_keep_names_short() {
        let mut last = order_between(None, None, 5);
        for _ in 0..100_000 {
            let next = order_between(Some(&last), None, 5);
            assert!(next > last);
            last = next;
        }
        assert!(last.len() <= 24);
    }
}

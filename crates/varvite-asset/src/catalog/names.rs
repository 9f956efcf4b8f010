//! Names and values of keys as parts of paths, and back: the only place that knows what is escaped.

use std::fmt::Write;

use crate::{Error, Result};

/// The text as a part of a folder's name: letters, digits, `_` and `-` stay, every other byte becomes `%XX`.
pub(crate) fn encode(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || byte == b'-' || (byte == b'_' && at > 0);
        if plain && !is_reserved(text, at) {
            name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

/// The text that [`encode`] made a name of: `None` for any other name.
pub(crate) fn decode(name: &str) -> Option<String> {
    let mut bytes = name.bytes();
    let mut text = Vec::with_capacity(name.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            text.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
        text.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    let text = String::from_utf8(text).ok()?;
    (encode(&text) == name).then_some(text)
}

/// Refuses a name that no asset can have.
pub(crate) fn check(name: &str) -> Result<()> {
    let refused = |reason: &str| Err(Error::InvalidName { name: name.to_owned(), reason: reason.to_owned() });
    if name.is_empty() {
        return refused("an asset has a name");
    }
    if encode(name).len() > MAX_NAME {
        return refused("as a folder's name it is too long: at most 180 bytes, three for each that is escaped");
    }
    Ok(())
}

/// So that resolution, version and what a dataset puts behind its name fit into 255 bytes.
const MAX_NAME: usize = 180;

/// Whether the byte at `at` is escaped because datasets and Windows keep this name for themselves.
fn is_reserved(text: &str, at: usize) -> bool {
    let lower = text.to_ascii_lowercase();
    let device = || {
        let port = lower.strip_prefix("com").or_else(|| lower.strip_prefix("lpt"));
        let numbered = port.is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit());
        numbered || matches!(lower.as_str(), "con" | "prn" | "aux" | "nul")
    };
    (at + 1 == text.len() && lower.ends_with("_opdmd")) || (at == 0 && device())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back() {
        for (text, name) in [
            ("weather_data", "weather_data"),
            ("a-b", "a-b"),
            ("a@b", "a%40b"),
            ("a.b/c", "a%2Eb%2Fc"),
            ("a=b,c", "a%3Db%2Cc"),
            ("_x", "%5Fx"),
            ("con", "%63on"),
            ("x_opdmd", "x_opdm%64"),
            ("%41", "%2541"),
            ("é\0", "%C3%A9%00"),
            ("", ""),
        ] {
            assert_eq!(encode(text), name);
            assert_eq!(decode(name).as_deref(), Some(text));
        }
    }

    #[test]
    fn other_spellings_are_no_names() {
        for name in ["%41", "%2d", "%", "%4", "a.b", "é", "_x", "con", "x_opdmd", "%FF"] {
            assert_eq!(decode(name), None, "{name}");
        }
    }
}

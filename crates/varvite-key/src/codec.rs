//! One level of a key as the name of a folder, and back: the only place that knows what is escaped.

/// The most bytes of a folder's name: 255 less what a dataset puts behind its own.
pub(crate) const MAX_NAME: usize = 240;

/// Joins the values of a level, escaping what a path cannot hold. Values are not empty.
pub(crate) fn encode<'a>(values: impl IntoIterator<Item = &'a str>, sep: &str) -> String {
    let mut name = String::new();
    for (at, value) in values.into_iter().enumerate() {
        if at > 0 {
            name.push_str(sep);
        }
        for (position, byte) in value.bytes().enumerate() {
            let inner = position > 0 && position + 1 < value.len();
            if stays(byte, inner, sep) { name.push(char::from(byte)) } else { push_escaped(&mut name, byte) }
        }
    }
    escape_reserved(&name)
}

/// The values in a name that [`encode`] made: its exact inverse, `None` for any other name.
pub(crate) fn decode(name: &str, sep: &str) -> Option<Vec<String>> {
    let values: Vec<String> = name.split(sep).map(unescape).collect::<Option<_>>()?;
    let canonical = values.iter().all(|value| !value.is_empty());
    (canonical && encode(values.iter().map(String::as_str), sep) == name).then_some(values)
}

fn stays(byte: u8, inner: bool, sep: &str) -> bool {
    let plain = byte.is_ascii_alphanumeric() || byte == b'_' || (byte == b'.' && inner);
    plain && !sep.as_bytes().contains(&byte)
}

fn push_escaped(name: &mut String, byte: u8) {
    use std::fmt::Write;
    // Writing to a string cannot fail.
    let _ = write!(name, "%{byte:02X}");
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut value = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            value.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
        value.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(value).ok()
}

/// Escapes one letter of a name that a system or a dataset keeps for itself.
fn escape_reserved(name: &str) -> String {
    let ends_reserved = reserved_ending(name);
    let mut escaped = String::with_capacity(name.len() + 4);
    for (at, character) in name.char_indices() {
        let first = at == 0 && (character == '_' || is_device(name));
        let last = ends_reserved && at + 1 == name.len();
        match u8::try_from(character) {
            Ok(byte) if first || last => push_escaped(&mut escaped, byte),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Names that datasets give to their own folders and files, in any case.
fn reserved_ending(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [crate::schema::METADATA_SUFFIX, ".lock"].iter().any(|ending| name.ends_with(ending))
}

/// Names that Windows keeps for devices, in any case, with or without an extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" => true,
        stem => {
            let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
            port.is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())
        }
    }
}

/// Why a strict key type refuses a value, if it does.
pub(crate) fn refusal(value: &str, sep: &str) -> Option<String> {
    let found = [sep, "/", "."].into_iter().find(|forbidden| value.contains(forbidden));
    if let Some(forbidden) = found {
        return Some(format!("a strict key cannot hold `{forbidden}`"));
    }
    value.contains('\0').then(|| "a strict key cannot hold a NUL".to_owned())
}

/// Joins the values of a strict level.
pub(crate) fn join_strict<'a>(values: impl IntoIterator<Item = &'a str>, sep: &str) -> String {
    values.into_iter().collect::<Vec<_>>().join(sep)
}

/// Why a strict level of these values cannot be a folder's name, if it cannot.
pub(crate) fn refusal_of_name(name: &str, values: &[String], sep: &str) -> Option<&'static str> {
    if !name.split(sep).eq(values.iter().map(String::as_str)) {
        return Some("next to the separator it would be read back as other values");
    }
    (name.starts_with('_') || is_device(name) || reserved_ending(name)).then_some("this name is kept for other uses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], sep: &str, name: &str) {
        assert_eq!(encode(values.iter().copied(), sep), name);
        assert_eq!(decode(name, sep).as_deref(), Some(&values.iter().map(ToString::to_string).collect::<Vec<_>>()[..]));
    }

    #[test]
    fn plain_values_stay_as_they_are() {
        check(&["XNAS", "AAPL"], "-", "XNAS-AAPL");
        check(&["BRK.B", "1"], "-", "BRK.B-1");
        check(&["a_b"], "-", "a_b");
    }

    #[test]
    fn all_else_is_escaped() {
        check(&["BTC/USDT"], "-", "BTC%2FUSDT");
        check(&["a-b", "c"], "-", "a%2Db-c");
        check(&["a.b", "c"], ".", "a%2Eb.c");
        check(&["a_b"], "_", "a%5Fb");
        check(&["-5"], "-", "%2D5");
        check(&["100%"], "-", "100%25");
        check(&["é"], "-", "%C3%A9");
        check(&[".."], "-", "%2E%2E");
        check(&[" x\0\\"], "-", "%20x%00%5C");
    }

    #[test]
    fn names_kept_by_systems_are_escaped() {
        check(&["con"], "-", "%63on");
        check(&["COM1"], "-", "%43OM1");
        check(&["nul.txt"], "-", "%6Eul.txt");
        check(&["com10"], "-", "com10");
        check(&["a", "nul"], "-", "a-nul");
        check(&["x_opdmd"], "-", "x_opdm%64");
        check(&["x.LOCK"], "-", "x.LOC%4B");
        check(&["_x"], "-", "%5Fx");
    }

    #[test]
    fn other_spellings_are_no_names() {
        for name in ["", "-", "a-", "-a", "%2d", "%41", "%4", "%", "%zz", "%FF", "a b", "é", "con", "_a", "%C3", "a%2"]
        {
            assert_eq!(decode(name, "-"), None, "{name}");
        }
    }
}

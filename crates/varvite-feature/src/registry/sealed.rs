//! JSON for people that ends in a checksum of itself, so that no damage goes unnoticed.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// The version of the layout of the registry's files.
pub(super) const FORMAT: u32 = 1;

const SEAL: &str = ",\n  \"checksum\": \"";
const END: &str = "\"\n}\n";

/// Writes `value`, which is a struct with fields, and its checksum.
pub(super) fn seal(value: &impl Serialize) -> Result<(String, String), serde_json::Error> {
    let text = serde_json::to_string_pretty(value)?;
    let body = text.strip_suffix("\n}").unwrap_or(&text);
    let checksum = checksum(body);
    Ok((format!("{body}{SEAL}{checksum}{END}"), checksum))
}

/// Reads what was sealed, and its checksum. `file` is for messages.
pub(super) fn open<T: DeserializeOwned>(bytes: &[u8], file: &str) -> Result<(T, String)> {
    let damaged = |reason: String| Error::RegistryDamaged { file: file.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|error| damaged(error.to_string()))?;
    // Version control may have changed the ends of lines.
    let text = text.replace("\r\n", "\n");
    let cut = || damaged("it does not end in a checksum".to_owned());
    let (body, end) = text.rsplit_once(SEAL).ok_or_else(cut)?;
    let noted = end.trim_end().strip_suffix(END.trim_end()).ok_or_else(cut)?;
    let found = checksum(body);
    if found != noted {
        return Err(damaged(format!("its checksum is {noted}, of what it says it would be {found}")));
    }
    let json = format!("{body}\n}}");
    let Format { format } = serde_json::from_str(&json).map_err(|error| damaged(error.to_string()))?;
    if format != FORMAT {
        let reason = format!("its format is {format}, of which this version knows {FORMAT} alone: update varvite");
        return Err(damaged(reason));
    }
    let value = serde_json::from_str(&json).map_err(|error| damaged(error.to_string()))?;
    Ok((value, found))
}

#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

fn checksum(body: &str) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(body.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{open, seal};

    #[test]
    fn any_damage_is_noticed() {
        let value = BTreeMap::from([("format", 1), ("a", 17)]);
        let (text, checksum) = seal(&value).unwrap();
        let read = |text: &str| open::<BTreeMap<String, i32>>(text.as_bytes(), "f");
        assert_eq!(read(&text).unwrap().1, checksum);
        assert_eq!(read(&text.replace('\n', "\r\n")).unwrap().0["a"], 17);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let read = open::<BTreeMap<String, i32>>(&bytes, "f");
            assert!(read.is_err() || text[at..].trim().is_empty(), "byte {at}");
            assert!(read_is_err_or_blank(&text[..at], &text), "cut at {at}");
        }
        let newer = seal(&BTreeMap::from([("format", 2)])).unwrap().0;
        assert!(read(&newer).unwrap_err().to_string().contains("update varvite"));
    }

    fn read_is_err_or_blank(cut: &str, whole: &str) -> bool {
        open::<BTreeMap<String, i32>>(cut.as_bytes(), "f").is_err() || cut.trim_end() == whole.trim_end()
    }
}

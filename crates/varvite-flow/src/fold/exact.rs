//! Floats in stored states: as text, so that each comes back to the bit, and those that JSON does not know come back at all.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    text(*value).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no number")))
}

/// The shortest text that is this number again.
pub(crate) fn text(value: f64) -> String {
    format!("{value:?}")
}

/// A pair that may be absent.
pub(crate) mod pair {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer, text};

    #[expect(clippy::ref_option, reason = "the form that serde calls")]
    pub(crate) fn serialize<S: Serializer>(pair: &Option<(f64, f64)>, serializer: S) -> Result<S::Ok, S::Error> {
        pair.map(|(one, two)| (text(one), text(two))).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<(f64, f64)>, D::Error> {
        let pair = Option::<(String, String)>::deserialize(deserializer)?;
        let parsed = pair.map(|(one, two)| Ok((one.parse()?, two.parse()?))).transpose();
        parsed.map_err(|error: std::num::ParseFloatError| D::Error::custom(error))
    }
}

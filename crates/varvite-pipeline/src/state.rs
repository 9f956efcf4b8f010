//! [`State`]: what a step goes on from, as bytes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// States shorter than this are not compressed.
const WORTH_PACKING: usize = 512;
/// Longest state that is unpacked: a forged one must not take all memory.
const MAX_STATE: usize = 1 << 30;

/// What a step goes on from: any serializable value, floats to the bit, in `MessagePack`.
///
/// ```
/// use varvite_pipeline::State;
/// let state = State::encode(&(1, f64::NAN, "open".to_owned()))?;
/// let (count, sum, bin): (i64, f64, String) = state.decode()?;
/// assert!(count == 1 && sum.is_nan() && bin == "open");
/// # Ok::<(), varvite_pipeline::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct State(Vec<u8>);

impl State {
    /// The state of a step that has none.
    pub fn none() -> Self {
        Self::default()
    }

    /// `value` as bytes.
    ///
    /// # Errors
    /// [`Error::State`] if it has no such form.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let encoded = rmp_serde::to_vec_named(value);
        encoded.map(Self).map_err(|error| Error::State { action: "stored", reason: error.to_string() })
    }

    /// The value again.
    ///
    /// # Errors
    /// [`Error::State`] if it is of another type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        let decoded = rmp_serde::from_slice(&self.0);
        decoded.map_err(|error| Error::State { action: "restored", reason: error.to_string() })
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The form that metadata takes: text, compressed if that is shorter.
    pub(crate) fn pack(&self) -> Result<PackedState> {
        if self.len() > MAX_STATE {
            let reason = format!("it has {} bytes, more than the {MAX_STATE} that could be restored", self.len());
            return Err(Error::State { action: "stored", reason });
        }
        let plain = || PackedState { len: self.len(), zstd: false, data: STANDARD.encode(&self.0) };
        if self.len() < WORTH_PACKING {
            return Ok(plain());
        }
        let failed = |error: std::io::Error| Error::State { action: "stored", reason: error.to_string() };
        let packed = zstd::bulk::compress(&self.0, 3).map_err(failed)?;
        if packed.len() >= self.len() {
            return Ok(plain());
        }
        Ok(PackedState { len: self.len(), zstd: true, data: STANDARD.encode(packed) })
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({} bytes)", self.len())
    }
}

/// A state in text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackedState {
    /// Length of the state in bytes.
    len: usize,
    /// Whether it is compressed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    zstd: bool,
    /// In base 64.
    pub(crate) data: String,
}

impl PackedState {
    pub(crate) fn unpack(&self) -> Result<State, String> {
        let bytes = STANDARD.decode(&self.data).map_err(|error| format!("its state is no base 64: {error}"))?;
        if self.len > MAX_STATE {
            return Err(format!("its state has {} bytes, more than {MAX_STATE}", self.len));
        }
        let bytes = if self.zstd {
            zstd::bulk::decompress(&bytes, self.len)
                .map_err(|error| format!("its state cannot be decompressed: {error}"))?
        } else {
            bytes
        };
        if bytes.len() != self.len {
            return Err(format!("its state has {} bytes, not {}", bytes.len(), self.len));
        }
        Ok(State(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_back() {
        for len in [0, 1, 511, 512, 5000] {
            let state = State::encode(&vec![1.5_f64; len]).unwrap();
            let packed = state.pack().unwrap();
            assert_eq!(packed.unpack().unwrap(), state);
            assert_eq!(packed.zstd, len >= 511, "{len}");
        }
        assert_eq!(State::none().pack().unwrap().unpack().unwrap(), State::none());
    }

    #[test]
    fn what_is_no_state_is_refused() {
        let packed = PackedState { len: 3, zstd: false, data: "AAAA".to_owned() };
        assert_eq!(packed.unpack().unwrap().len(), 3);
        for bad in [
            PackedState { len: 4, ..packed.clone() },
            PackedState { zstd: true, ..packed.clone() },
            PackedState { data: "?".to_owned(), ..packed.clone() },
            PackedState { len: usize::MAX, ..packed },
        ] {
            assert!(bad.unpack().is_err(), "{bad:?}");
        }
        assert!(State::encode(&1_u8).unwrap().decode::<String>().is_err());
    }
}

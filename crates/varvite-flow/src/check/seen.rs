//! [`Seen`]: the values that came, as numbers that tell them apart.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use xxhash_rust::xxh3::xxh3_128;

use crate::value::Value;

/// The values that came, each with the row that it first came on: numbers and times by their bits, all else by a hash of
/// 128 bits.
#[derive(Debug, Default)]
pub(super) struct Seen {
    bits: HashMap<u64, u64>,
    hashes: HashMap<u128, u64>,
}

/// What tells a value from others of its type.
enum Mark {
    Bits(u64),
    Hash(u128),
}

impl Seen {
    /// Whether a value has not come before.
    pub(super) fn is_new(&mut self, value: &Value, row: u64) -> bool {
        match mark(value) {
            Mark::Bits(bits) => insert(&mut self.bits, bits, row),
            Mark::Hash(hash) => insert(&mut self.hashes, hash, row),
        }
    }

    /// Takes in what came later; the rows whose values had come before.
    pub(super) fn merge(&mut self, later: Self) -> Vec<u64> {
        let mut again = Vec::new();
        merge(&mut self.bits, later.bits, &mut again);
        merge(&mut self.hashes, later.hashes, &mut again);
        again
    }
}

fn insert<K: Eq + Hash>(seen: &mut HashMap<K, u64>, mark: K, row: u64) -> bool {
    match seen.entry(mark) {
        Entry::Occupied(_) => false,
        Entry::Vacant(place) => {
            place.insert(row);
            true
        }
    }
}

fn merge<K: Eq + Hash>(seen: &mut HashMap<K, u64>, later: HashMap<K, u64>, again: &mut Vec<u64>) {
    again.extend(later.into_iter().filter_map(|(mark, row)| (!insert(seen, mark, row)).then_some(row)));
}

/// Both zeros are one value, and so is all that is not a number.
fn mark(value: &Value) -> Mark {
    let instant = |nanos: Option<i64>| nanos.map(|nanos| Mark::Bits(nanos.cast_unsigned()));
    let known = match value {
        Value::Bool(value) => Some(Mark::Bits((*value).into())),
        Value::I64(value) => Some(Mark::Bits(value.cast_unsigned())),
        Value::F64(value) if value.is_nan() => Some(Mark::Bits(f64::NAN.to_bits())),
        Value::F64(value) => Some(Mark::Bits((value + 0.0).to_bits())),
        Value::DateTime(at) => instant(at.and_utc().timestamp_nanos_opt()),
        Value::Timestamp(at) => instant(at.timestamp_nanos_opt()),
        Value::Str(text) => Some(Mark::Hash(xxh3_128(text.as_bytes()))),
        _ => None,
    };
    known.unwrap_or_else(|| Mark::Hash(xxh3_128(format!("{value:?}").as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_and_no_others_are_the_same() {
        let mut seen = Seen::default();
        let date = |text: &str| Value::Date(text.parse().unwrap());
        let new: [Value; 8] = [
            0.0.into(),
            f64::NAN.into(),
            1.5.into(),
            "a".into(),
            "b".into(),
            date("2020-01-01"),
            date("9999-01-01"),
            f64::MIN_POSITIVE.into(),
        ];
        assert!(new.iter().all(|value| seen.is_new(value, 1)));
        assert!(!new.iter().any(|value| seen.is_new(value, 2)));
        assert!(!seen.is_new(&(-0.0).into(), 3) && !seen.is_new(&(-f64::NAN).into(), 3));
        let mut later = Seen::default();
        assert!(later.is_new(&"b".into(), 7) && later.is_new(&"c".into(), 8));
        assert_eq!(seen.merge(later), [7]);
        assert!(!seen.is_new(&"c".into(), 9));
    }
}

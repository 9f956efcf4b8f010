//! What checks remember from one batch to the next: values seen, and the last one.

use std::cmp::Ordering;

use hashbrown::HashSet;
use xxhash_rust::xxh3::xxh3_128;

use super::Finding;
use crate::values::{Chunk, Values, number, order};

/// Values that were seen. Texts by a hash of 128 bits: two that share one are as good as never met.
#[derive(Debug, Default)]
pub(super) struct Seen {
    narrow: HashSet<u64>,
    wide: HashSet<u128>,
}

impl Seen {
    /// The rows whose value was seen before.
    pub(super) fn again(&mut self, chunk: &Chunk<'_>) -> Finding {
        let Self { narrow, wide } = self;
        match chunk.values {
            Values::Numbers(number::Numbers::I128(slice)) => {
                Finding::of_rows(chunk, |row| wide.insert(slice[row].cast_unsigned()))
            }
            Values::Numbers(numbers) => number::each_width!(numbers,
                whole(slice) => Finding::of_rows(chunk, |row| narrow.insert(low_bits(slice[row]))),
                real(slice) => Finding::of_rows(chunk, |row| narrow.insert(bits(number::Real::wide(slice[row]))))),
            Values::Texts(text) => Finding::of_rows(chunk, |row| wide.insert(xxh3_128(text(row).as_bytes()))),
            Values::Flags(flag) => Finding::of_rows(chunk, |row| narrow.insert(flag(row).into())),
            Values::Lengths(_) | Values::Opaque => Finding::default(),
        }
    }
}

/// Tells apart all numbers of up to 64 bits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "64 bits are all there are")]
fn low_bits<T: number::Whole>(value: T) -> u64 {
    value.wide() as u64
}

/// Tells apart all floats, but for both zeros, and what is not a number.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

/// The last value that was not null.
#[derive(Debug, Default)]
pub(super) struct Last {
    whole: Option<i128>,
    real: Option<f64>,
    text: Option<String>,
}

impl Last {
    /// The rows whose value is less than the one before, or `strictly`, equal to it.
    pub(super) fn descents(&mut self, chunk: &Chunk<'_>, strictly: bool) -> Finding {
        let rises = |order: Ordering| if strictly { order.is_gt() } else { order.is_ge() };
        match chunk.values {
            Values::Numbers(numbers) => number::each_width!(numbers,
            whole(slice) => Finding::of_rows(chunk, |row| {
                let value = number::Whole::wide(slice[row]);
                self.whole.replace(value).is_none_or(|last| rises(value.cmp(&last)))
            }),
            real(slice) => Finding::of_rows(chunk, |row| {
                let value = number::Real::wide(slice[row]);
                self.real.replace(value).is_none_or(|last| rises(order(value, last)))
            })),
            Values::Texts(text) => self.text_descents(chunk, text, rises),
            Values::Flags(_) | Values::Lengths(_) | Values::Opaque => Finding::default(),
        }
    }

    fn text_descents<'a>(
        &mut self,
        chunk: &Chunk<'_>,
        text: &dyn Fn(usize) -> &'a str,
        rises: impl Fn(Ordering) -> bool,
    ) -> Finding {
        let (before, mut last) = (self.text.take(), None);
        let found = Finding::of_rows(chunk, |row| {
            let value = text(row);
            let previous = last.replace(value).or(before.as_deref());
            previous.is_none_or(|previous| rises(value.cmp(previous)))
        });
        self.text = last.map(str::to_owned).or(before);
        found
    }
}

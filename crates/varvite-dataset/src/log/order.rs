//! Order keys: where a new row group stands among others whose smallest keys have the same image.
//!
//! An order key is the image in 16 hex digits and a fraction in more of them. A new fraction is chosen between those of its
//! neighbours (fractional indexing), close to the neighbour that was written last: rows that keep arriving at one side of
//! a gap, in either direction, then use up little of it, so that names stay short.

use super::names::{order_key, versions_read};

/// Digits that a fraction at an open end moves in: eight of them last for eight million steps.
const COUNTER_DIGITS: usize = 8;
const COUNTER_STEP: u32 = 0x100;

/// A neighbour of the row group that is to be named.
#[derive(Debug, Clone, Copy)]
struct Neighbour<'a> {
    fraction: &'a str,
    base: u64,
}

/// An order key for a row group whose smallest key has this image, between the files of these names.
pub(crate) fn order_between(left: Option<&str>, right: Option<&str>, image: u64) -> String {
    let image = format!("{image:016x}");
    let fraction = fraction_between(Neighbour::of(left, &image), Neighbour::of(right, &image));
    image + &fraction
}

impl<'a> Neighbour<'a> {
    /// The neighbour of this name, if its smallest key has this image.
    fn of(name: Option<&'a str>, image: &str) -> Option<Self> {
        let fraction = order_key(name?).strip_prefix(image)?;
        Some(Self { fraction, base: versions_read(name?).unwrap_or_default() })
    }
}

fn fraction_between(left: Option<Neighbour<'_>>, right: Option<Neighbour<'_>>) -> String {
    match (left, right) {
        (None, None) => "8".to_owned(),
        (Some(left), None) => counted(left.fraction, |value| value.checked_add(COUNTER_STEP))
            .unwrap_or_else(|| within(left, Neighbour { fraction: "", base: 0 })),
        (None, Some(right)) => {
            counted(right.fraction, |value| value.checked_sub(COUNTER_STEP).filter(|value| *value > 0))
                .unwrap_or_else(|| within(Neighbour { fraction: "", base: 0 }, right))
        }
        (Some(left), Some(right)) => within(left, right),
    }
}

/// The first digits as a counter, moved by one step; odd, so that no fraction ends in 0.
fn counted(fraction: &str, step: impl Fn(u32) -> Option<u32>) -> Option<String> {
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(COUNTER_DIGITS).collect();
    let value = u32::from_str_radix(&digits, 16).ok().and_then(step)?;
    Some(format!("{:08x}", value | 1))
}

/// A fraction strictly between two others, a small part of the gap away from the one that was written last. An empty
/// right one is 1.
///
/// It has two digits more than the gap has leading zeros: the step is 1/256 to 1/16 of the gap.
fn within(left: Neighbour<'_>, right: Neighbour<'_>) -> String {
    let len = left.fraction.len().max(right.fraction.len()) + 3;
    let low = digits(left.fraction, len);
    let high = if right.fraction.is_empty() { one(len) } else { digits(right.fraction, len) };
    let gap = subtract(&high, &low);
    let places = gap.iter().take_while(|digit| **digit == 0).count() + 2;
    let mut step = vec![0; len + 1];
    step[places - 1] = 1;
    let found = if left.base >= right.base {
        add(&cut(&low, places), &step)
    } else {
        // What is cut off above `high` is given back: rounding up is adding a step, unless there is nothing to round.
        let floor = cut(&high, places);
        if floor == high { subtract(&floor, &step) } else { floor }
    };
    text(&found)
}

fn cut(digits: &[u8], places: usize) -> Vec<u8> {
    digits.iter().enumerate().map(|(at, digit)| if at < places { *digit } else { 0 }).collect()
}

/// A fraction as digits, the whole part first.
fn digits(fraction: &str, len: usize) -> Vec<u8> {
    let digit = |character: char| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or_default();
    let mut digits: Vec<u8> = std::iter::once(0).chain(fraction.chars().map(digit)).collect();
    digits.resize(len + 1, 0);
    digits
}

fn one(len: usize) -> Vec<u8> {
    let mut digits = vec![0; len + 1];
    digits[0] = 1;
    digits
}

fn text(digits: &[u8]) -> String {
    let text: String = digits.iter().skip(1).filter_map(|digit| char::from_digit(u32::from(*digit), 16)).collect();
    text.trim_end_matches('0').to_owned()
}

fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut sum = vec![0; a.len()];
    let mut carry = 0;
    for at in (0..a.len()).rev() {
        let digit = a[at] + b[at] + carry;
        (sum[at], carry) = (digit % 16, digit / 16);
    }
    sum
}

/// `a - b`, where `b` is not larger.
fn subtract(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut difference = vec![0; a.len()];
    let mut borrow = 0;
    for at in (0..a.len()).rev() {
        let take = b[at] + borrow;
        borrow = u8::from(a[at] < take);
        difference[at] = a[at] + 16 * borrow - take;
    }
    difference
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::log::data_file_name;

    /// Names files one after the other at the positions that `place` gives, each written on the version before.
    fn grow(count: u64, mut place: impl FnMut(u64, usize) -> usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for step in 0..count {
            let at = place(step, names.len());
            let left = at.checked_sub(1).map(|at| names[at].as_str());
            let order = order_between(left, names.get(at).map(String::as_str), 5);
            names.insert(at, data_file_name(&order, step, step));
        }
        names
    }

    #[track_caller]
    fn check(names: &[String], longest: usize) {
        assert!(names.is_sorted_by(|a, b| a < b));
        let found = names.iter().map(String::len).max().unwrap_or_default();
        assert!(found <= longest, "{found}");
        assert!(names.iter().all(|name| !order_key(name).ends_with('0')));
    }

    #[test]
    fn any_place_of_one_image_stays_in_order_and_short() {
        let mut seed = 1_u64;
        let names = grow(5_000, |_, len| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((seed >> 33) % (len as u64 + 1)).unwrap()
        });
        check(&names, 120);
    }

    #[test]
    fn rows_that_keep_arriving_at_one_side_keep_names_short() {
        check(&grow(5_000, |_, len| len), 70);
        check(&grow(5_000, |_, _| 0), 70);
        check(&grow(5_000, |_, len| len.min(1)), 100);
        check(&grow(5_000, |_, len| len.saturating_sub(1)), 100);
    }

    #[test]
    fn a_gap_that_closes_from_both_sides_lasts_a_while() {
        check(&grow(100, |step, len| usize::try_from(step.div_ceil(2)).unwrap().min(len)), 255);
    }
}

//! How many bytes the entries of a dictionary are that a page names, counted without writing them out.

/// The lengths of a dictionary's entries: each stands behind its length.
pub(super) fn entries(mut dictionary: &[u8]) -> Vec<u32> {
    let mut lengths = Vec::new();
    while let Some((len, rest)) = dictionary.split_first_chunk::<4>() {
        let len = u32::from_le_bytes(*len);
        let Some(rest) = usize::try_from(len).ok().and_then(|len| rest.get(len..)) else { break };
        lengths.push(len);
        dictionary = rest;
    }
    lengths
}

/// The bytes of the entries that `values` name, of which there are at most `most`: a width in bits, then runs of one
/// entry's position and groups of eight positions. `None` for runs that are longer than that, which nobody writes.
pub(super) fn bytes(values: &[u8], most: u64, entries: &[u32]) -> Option<u64> {
    let Some((width, mut runs)) = values.split_first() else { return Some(0) };
    let width = Some(usize::from(*width)).filter(|width| *width <= 32)?;
    let (mut left, mut total) = (most, 0_u64);
    while !runs.is_empty() {
        let header = varint(&mut runs)?;
        let (is_packed, count) = (header & 1 == 1, header >> 1);
        let groups = left.div_ceil(8);
        if count > if is_packed { groups } else { left } {
            return None;
        }
        let len = if is_packed { usize::try_from(count).ok()? * width } else { width.div_ceil(8) };
        let (run, rest) = runs.split_at(len.min(runs.len()));
        runs = rest;
        let named = if is_packed { left.min(8 * count) } else { count };
        let bytes = if is_packed && width > 0 {
            (0..usize::try_from(named).ok()?).map(|at| entry(run, at * width, width, entries)).sum::<u64>()
        } else {
            named.saturating_mul(entry(run, 0, width, entries))
        };
        total = total.saturating_add(bytes);
        left -= named;
    }
    Some(total)
}

/// The length of the entry whose position is in `width` bits from `bit` on.
fn entry(bits: &[u8], bit: usize, width: usize, entries: &[u32]) -> u64 {
    let byte = |at: usize| u64::from(bits.get(at).copied().unwrap_or_default());
    let first = bit / 8;
    let word = (0..5).fold(0, |word, at| word | byte(first + at) << (8 * at));
    let position = word >> (bit % 8) & ((1 << width) - 1);
    usize::try_from(position).ok().and_then(|position| entries.get(position)).copied().unwrap_or_default().into()
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: [u32; 4] = [10, 20, 30, 40];

    #[test]
    fn entries_stand_behind_their_lengths() {
        let text = [&[2, 0, 0, 0][..], b"ab", &[0, 0, 0, 0], &[1, 0, 0, 0], b"c", &[9, 0, 0, 0], b"cut"].concat();
        assert_eq!(entries(&text), [2, 0, 1]);
    }

    #[test]
    fn runs_and_groups_are_counted() {
        // Two bits wide: the third entry seven times; then one group of eight: 0 1 2 3 0 1 2 3.
        let values = [2, 7 << 1, 2, 1 << 1 | 1, 0b1110_0100, 0b1110_0100];
        assert_eq!(bytes(&values, 15, &ENTRIES), Some(7 * 30 + 200));
        assert_eq!(bytes(&values, 9, &ENTRIES), Some(7 * 30 + 10 + 20), "the rest of a group fills it up");
        assert_eq!(bytes(&values[..3], 15, &ENTRIES), Some(7 * 30), "nulls have no position");
    }

    #[test]
    fn a_dictionary_of_one_entry_takes_no_bits() {
        assert_eq!(bytes(&[0, 0x80, 0x80, 0x80, 0x01], 1 << 20, &[7]), Some(7 << 20));
    }

    #[test]
    fn runs_beyond_the_values_are_refused() {
        for values in
            [&[2, 8 << 1, 2][..], &[2, 2 << 1 | 1, 0, 0], &[33, 0, 0], &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]
        {
            assert_eq!(bytes(values, 7, &ENTRIES), None, "{values:?}");
        }
    }
}

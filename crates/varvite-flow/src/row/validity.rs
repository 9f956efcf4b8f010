//! Which rows of a chunk have a value.

use arrow::buffer::NullBuffer;

/// One bit a row, set where there is a value. Without nulls the bits are not looked at.
#[derive(Debug, Default)]
pub struct Validity {
    words: Vec<u64>,
    len: usize,
    nulls: usize,
}

impl Validity {
    pub(crate) fn set_all(&mut self, len: usize) {
        self.len = len;
        self.nulls = 0;
    }

    pub(crate) fn nulls(&self) -> usize {
        self.nulls
    }

    pub(crate) fn valid(&self) -> usize {
        self.len - self.nulls
    }

    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.nulls == 0 || self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// Takes over the nulls of an array.
    pub(crate) fn set_from(&mut self, nulls: Option<&NullBuffer>, start: usize, len: usize) {
        self.set_all(len);
        let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else { return };
        let slice = nulls.slice(start, len);
        if slice.null_count() == 0 {
            return;
        }
        self.nulls = slice.null_count();
        self.words.clear();
        self.words.extend(slice.inner().bit_chunks().iter_padded());
        self.words.resize(len.div_ceil(64), 0);
    }

    /// Makes it what `bit` says of each row.
    pub(crate) fn set_with(&mut self, len: usize, mut bit: impl FnMut(usize) -> bool) {
        self.words.clear();
        let mut valid = 0;
        for start in (0..len).step_by(64) {
            let mut word = 0;
            for row in start..len.min(start + 64) {
                word |= u64::from(bit(row)) << (row - start);
            }
            valid += word.count_ones() as usize;
            self.words.push(word);
        }
        self.len = len;
        self.nulls = len - valid;
    }

    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.len = other.len;
        self.nulls = other.nulls;
        if other.nulls > 0 {
            self.words.clone_from(&other.words);
        }
    }

    /// Leaves valid what is valid in both.
    pub(crate) fn intersect(&mut self, other: &Self) {
        if other.nulls == 0 {
            return;
        }
        if self.nulls == 0 {
            self.copy_from(other);
            return;
        }
        let mut valid = 0;
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
            valid += word.count_ones() as usize;
        }
        self.nulls = self.len - valid;
    }

    /// Calls with each row that has a value; runs of full words are plain loops.
    #[inline]
    pub(crate) fn for_each_valid(&self, mut each: impl FnMut(usize)) {
        if self.nulls == 0 {
            (0..self.len).for_each(each);
            return;
        }
        for (at, &word) in self.words.iter().enumerate() {
            let start = at * 64;
            if word == u64::MAX {
                (start..start + 64).for_each(&mut each);
                continue;
            }
            let mut rest = word;
            while rest != 0 {
                each(start + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bits: &[bool]) -> Validity {
        let mut made = Validity::default();
        made.set_with(bits.len(), |row| bits[row]);
        made
    }

    #[test]
    fn an_array_s_nulls_are_taken_from_any_start() {
        let bits: Vec<bool> = (0..300).map(|row| row % 3 != 0).collect();
        let nulls = NullBuffer::from(bits.clone());
        for (start, len) in [(0, 300), (1, 64), (65, 130), (299, 1), (1, 1)] {
            let mut made = Validity::default();
            made.set_from(Some(&nulls), start, len);
            let found: Vec<bool> = (0..len).map(|row| made.is_valid(row)).collect();
            assert_eq!(found, bits[start..start + len]);
            assert_eq!(made.nulls(), found.iter().filter(|valid| !**valid).count());
        }
    }

    #[test]
    fn what_is_valid_in_both_remains() {
        let mut one = of(&[true, false, true, true]);
        one.intersect(&of(&[true, true, false, true]));
        let mut seen = Vec::new();
        one.for_each_valid(|row| seen.push(row));
        assert_eq!(seen, [0, 3]);
        assert_eq!(one.nulls(), 2);
    }
}

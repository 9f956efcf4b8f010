//! Random bits that are the same in every run: `SplitMix64`.

/// What is added for each draw: the golden ratio in 64 bits.
pub(crate) const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// 64 bits in which every bit depends on every bit of `word`; different words give different bits.
pub(crate) fn mix(word: u64) -> u64 {
    let mut z = word;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A stream of random bits.
#[cfg(feature = "sim")]
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

#[cfg(feature = "sim")]
impl Random {
    /// The stream of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed ^ STEP))
    }

    /// The stream of several words together.
    pub(crate) fn of(words: &[u64]) -> Self {
        Self::new(words.iter().fold(0, |seed, word| mix(seed.wrapping_add(STEP) ^ mix(*word))))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number below `end`; 0 if `end` is.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.bits().checked_rem(end).unwrap_or(0)
    }

    /// True `per_mille` times in 1000. Nothing is drawn for what never happens, so that turning off one kind of chance
    /// leaves the others where they were.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.below(1000) < u64::from(per_mille)
    }
}

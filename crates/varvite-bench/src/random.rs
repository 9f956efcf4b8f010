//! [`Random`]: numbers that are the same on every machine for the same seed.

/// `SplitMix64`: small, fast, good enough to look like noise to an encoder.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: u64) -> u64 {
        // The bias is below one in a billion for what we ask.
        self.bits() % end
    }

    /// [`below`](Self::below) for positions.
    pub fn position(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or_default()
    }

    /// A number in `0.0..1.0`, with 53 random bits.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: mean 0, deviation 1.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// The positions `0..len` in random order.
    pub fn shuffled(&mut self, len: usize) -> Vec<usize> {
        let mut positions: Vec<usize> = (0..len).collect();
        for at in (1..len).rev() {
            positions.swap(at, self.position(at + 1));
        }
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let take = |seed| {
            std::iter::repeat_with({
                let mut r = Random::new(seed);
                move || r.bits()
            })
            .take(3)
        };
        // The published first numbers of SplitMix64 with seed 1234567.
        let known = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert!(take(1_234_567).eq(known));
    }

    #[test]
    fn shuffling_loses_nothing() {
        let mut positions = Random::new(1).shuffled(100);
        assert!(!positions.is_sorted());
        positions.sort_unstable();
        assert!(positions.into_iter().eq(0..100));
    }
}

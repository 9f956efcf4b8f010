//! Small pictures of block characters.

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character a count: empty for none, full for the largest, and never empty where there is something.
pub(crate) fn bars(counts: &[u64]) -> String {
    let largest = counts.iter().copied().max().unwrap_or_default().max(1);
    counts
        .iter()
        .map(|count| {
            let eighths = usize::try_from(count.saturating_mul(8).div_ceil(largest)).unwrap_or(8);
            BLOCKS[eighths.min(8)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_more_than_nothing() {
        assert_eq!(bars(&[0, 1, 50, 100]), " ▁▄█");
    }

    #[test]
    fn nothing_at_all() {
        assert_eq!((bars(&[]), bars(&[0, 0])), (String::new(), "  ".to_owned()));
    }
}

//! The keys of the stores that are measured.

use varvite_key::{Result, sublevel, toplevel};

/// One of the bars of a symbol.
#[sublevel]
pub(crate) struct Bars {
    symbol: String,
    minutes: u32,
}

/// Bars of a symbol at an exchange.
#[toplevel]
pub(crate) struct Series {
    exchange: String,
    bars: Bars,
}

/// Exchanges among which keys are spread.
const EXCHANGES: usize = 20;
/// Bars of each symbol.
const BARS: usize = 10;

/// The first `count` keys: one exchange after the other, each with as many symbols. `peers.py` names them alike.
pub(crate) fn series(count: usize) -> Result<Vec<Series>> {
    let of_exchange = count.div_ceil(EXCHANGES);
    (0..count)
        .map(|at| {
            let (exchange, within) = (at / of_exchange, at % of_exchange);
            let minutes = u32::try_from(within % BARS).unwrap_or_default() + 1;
            Series::new(exchange_name(exchange), Bars::new(format!("S{:04}", within / BARS), minutes)?)
        })
        .collect()
}

/// The name of an exchange.
pub(crate) fn exchange_name(at: usize) -> String {
    format!("X{at:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_distinct_and_spread_over_exchanges() {
        let mut keys = series(1000).unwrap();
        let of_first = keys.iter().filter(|key| key.exchange() == "X00").count();
        assert_eq!(of_first, 50);
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 1000);
    }
}

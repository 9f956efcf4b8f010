//! The coverage of a dataset ordered on time: how many rows each of some dozens of periods has.

use std::collections::BTreeMap;

use serde::Serialize;
use varvite::dataset::{Dataset, Ordered, ScanOptions};
use varvite::time::{Period, TimeSpan, TimeUnit};

use crate::error::Result;
use crate::output::progress::Progress;

/// Rows by period, from the first row to the last.
#[derive(Debug, Serialize)]
pub(super) struct Coverage {
    /// Length of a bucket.
    pub(super) period: String,
    pub(super) buckets: Vec<Bucket>,
}

#[derive(Debug, Serialize)]
pub(super) struct Bucket {
    /// The bucket's first instant.
    pub(super) start: String,
    pub(super) rows: u64,
}

/// Lengths of buckets that are tried, from the shortest.
const PERIODS: [&str; 20] = [
    "1s", "5s", "15s", "1min", "5min", "15min", "1h", "3h", "6h", "12h", "1d", "2d", "1w", "1mo", "1q", "1y", "10y",
    "100y", "1000y", "10000y",
];

/// Counts rows in at most `width` buckets, by reading the ordered column; `None` where rows are not ordered on time.
pub(super) fn of(dataset: &Dataset, width: usize, as_json: bool) -> Result<Option<Coverage>> {
    let Some(snapshot) = dataset.snapshot() else { return Ok(None) };
    let (Some(ordered), Some(first), Some(last)) =
        (&snapshot.ordered_type, snapshot.files.first(), snapshot.files.last())
    else {
        return Ok(None);
    };
    let (Some((min, unit)), Some((max, _))) = (ordered.instant(&first.min), ordered.instant(&last.max)) else {
        return Ok(None);
    };
    let span = TimeSpan::covering(min, max, unit);
    let Some(period) = choose(span, width) else { return Ok(None) };
    let on = &snapshot.settings.ordered_on;
    let progress = Progress::start("counting", Some(snapshot.num_rows()), as_json);
    let mut rows: BTreeMap<i128, u64> = BTreeMap::new();
    let mut scan = dataset.scan(&ScanOptions::default().with_columns([on.top()]))?;
    while let Some(batch) = scan.next_batch()? {
        progress.add(batch.num_rows());
        let values = Ordered::try_new(&batch, on)?;
        for row in 0..values.len() {
            if let Some((instant, unit)) = ordered.instant(&values.value(row)) {
                *rows.entry(period.tile_of(instant, unit)).or_default() += 1;
            }
        }
    }
    let buckets = period.tiles(span).map(|tile| {
        let start = tile.start_ns().and_then(|ns| i64::try_from(ns.div_euclid(1_000_000_000)).ok());
        let rows = start.and_then(|start| rows.get(&period.tile_of(start, TimeUnit::Second))).copied();
        let start = start.map(|start| varvite::time::format_instant(start, TimeUnit::Second));
        Bucket { start: start.unwrap_or_default(), rows: rows.unwrap_or_default() }
    });
    Ok(Some(Coverage { period: period.to_string(), buckets: buckets.collect() }))
}

/// The shortest period that needs no more than `width` buckets.
fn choose(span: TimeSpan, width: usize) -> Option<Period> {
    let periods = PERIODS.iter().filter_map(|text| text.parse::<Period>().ok());
    periods.into_iter().find(|period| period.tiles(span).take(width + 1).count() <= width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_period_that_fits() {
        let check = |span: &str, period: &str| {
            assert_eq!(choose(span.parse().unwrap(), 60), Some(period.parse().unwrap()), "{span}");
        };
        check("2013-01-01..2013-01-01T00:00:30", "1s");
        check("2013-01-01..2013-12-31", "1w");
        check("2000-01-01..2013-12-31", "1q");
        check("-100000-01-01..+100000-01-01", "10000y");
    }
}

//! Part 3: coverage week by week, and the gaps.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use varvite::prelude::*;
use varvite::time::{TimeSpan, TimeUnit, format_instant};

use super::Demo;
use super::gaps::{Gap, gaps};
use super::weather::{hours, temperatures};
use crate::error::{Error, Result};
use crate::output::format::{count, plural};
use crate::output::table::{Table, terminal_width};

const UNIT: TimeUnit = TimeUnit::Microsecond;

/// Local 01:00 to 02:00 of 3 November in New York, which comes twice.
const TWICE: (&str, &str) = ("2013-11-03T05:00", "2013-11-03T07:00");

/// What a station has, and what it lacks.
struct Found {
    origin: String,
    rows: usize,
    span: TimeSpan,
    gaps: Vec<Gap>,
}

pub(super) fn run(demo: &Demo) -> Result<Value> {
    let mut found = Vec::new();
    for entry in &demo.store {
        let (station, dataset) = entry?;
        let rows = dataset.read(&ScanOptions::default().with_columns(["time_hour"]))?;
        let hours = hours(&rows);
        let (first, last) = (hours.first().copied().unwrap_or_default(), hours.last().copied().unwrap_or_default());
        let span = TimeSpan::covering(first, last, UNIT);
        found.push(Found { origin: station.origin().to_owned(), rows: hours.len(), span, gaps: gaps(hours) });
    }
    draw(demo, &found)?;
    list(demo, &found)?;
    let twice = repeated_hour(demo)?;
    let stations: Vec<Value> = found.iter().map(Found::facts).collect();
    Ok(json!({"stations": stations, "repeated_local_hour": twice}))
}

impl Found {
    fn missing(&self) -> i64 {
        self.gaps.iter().map(Gap::hours).sum()
    }

    fn facts(&self) -> Value {
        let gaps: Vec<_> = self.gaps.iter().map(Gap::text).collect();
        json!({"origin": self.origin, "rows": self.rows, "missing_hours": self.missing(), "gaps": gaps})
    }
}

/// One row of blocks a station.
fn draw(demo: &Demo, found: &[Found]) -> Result<()> {
    let narrow = terminal_width().is_some_and(|width| width < 79);
    let (text, noun) = if narrow { ("2w", "two weeks") } else { ("1w", "a week") };
    let period: Period = text.parse().map_err(|error| Error::Usage(format!("{error}")))?;
    let Some(first) = found.first() else { return Ok(()) };
    demo.tell(&format!("     {}", month_line(period, first.span)))?;
    for station in found {
        let mut missing: BTreeMap<i128, i64> = BTreeMap::new();
        for hour in station.gaps.iter().flat_map(|gap| gap.each()) {
            *missing.entry(period.tile_of(hour, UNIT)).or_default() += 1;
        }
        let blocks: String = tiles(period, station.span).map(|tile| block(missing.get(&tile).copied())).collect();
        let hours = station.missing();
        demo.tell(&format!(
            "{}  {blocks}  {} rows, {hours} hours missing",
            station.origin,
            count(station.rows as u64)
        ))?;
    }
    demo.tell(&format!("     a block is {noun}: █ complete, ▆ 1 hour missing, ▄ up to 4, ▁ 5 or more\n"))
}

fn block(missing: Option<i64>) -> char {
    match missing.unwrap_or_default() {
        0 => '█',
        1 => '▆',
        2..=4 => '▄',
        _ => '▁',
    }
}

/// The indices of the tiles in `span`.
fn tiles(period: Period, span: TimeSpan) -> impl Iterator<Item = i128> {
    period.tiles(span).filter_map(move |tile| Some(period.tile_of(*tile.ticks(UNIT)?.start(), UNIT)))
}

/// The initial of each month above the first block that begins in it.
fn month_line(period: Period, span: TimeSpan) -> String {
    const INITIALS: [char; 12] = ['J', 'F', 'M', 'A', 'M', 'J', 'J', 'A', 'S', 'O', 'N', 'D'];
    let mut last = None;
    period
        .tiles(span)
        .map(|tile| {
            let end =
                tile.intersect(span).and_then(|tile| tile.ticks(UNIT)).map(|ticks| *ticks.end()).unwrap_or_default();
            let text = format_instant(end, UNIT);
            let month = text.get(5..7).and_then(|month| month.parse::<usize>().ok());
            let initial = month.filter(|_| month != last).and_then(|month| INITIALS.get(month - 1));
            last = month;
            initial.copied().unwrap_or(' ')
        })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// Longer gaps as a table, single hours by station.
fn list(demo: &Demo, found: &[Found]) -> Result<()> {
    let mut shared: BTreeMap<Gap, Vec<&str>> = BTreeMap::new();
    for station in found {
        for gap in &station.gaps {
            shared.entry(*gap).or_default().push(&station.origin);
        }
    }
    let mut table = Table::new().left("missing from").left("to").right("hours").left("stations");
    for (gap, stations) in &shared {
        let text = |instant| format_instant(instant, UNIT).replace(":00:00Z", ":00Z");
        table.row([text(gap.start), text(gap.end), gap.hours().to_string(), stations.join(" ")]);
    }
    demo.tell(&table.render(None))?;
    demo.tell(&format!("{}\n", plural(shared.len() as u64, "gap")))
}

/// The clocks go back, and both hours are there.
fn repeated_hour(demo: &Demo) -> Result<Value> {
    let Some(station) = demo.weather.keys().next() else { return Ok(Value::Null) };
    let options = ScanOptions::default().with_range(TWICE.0..TWICE.1).with_columns(["time_hour", "temp"]);
    let rows = demo.store.dataset(station)?.read(&options)?;
    let read: Vec<(String, Option<f64>)> =
        hours(&rows).iter().map(|hour| format_instant(*hour, UNIT)).zip(temperatures(&rows)).collect();
    let texts: Vec<String> = read
        .iter()
        .map(|(hour, temp)| format!("{hour} {}", temp.map(|temp| format!("{temp:.2} °F")).unwrap_or_default()))
        .collect();
    demo.tell(&format!(
        "On 3 November the clocks of New York go back, and 01:00 comes twice. Rows are\n\
         stored in UTC, so that both are there, at {}:\n  {}\n",
        station.origin(),
        texts.join("\n  ")
    ))?;
    Ok(json!(read.iter().map(|(hour, temp)| json!({"time_hour": hour, "temp": temp})).collect::<Vec<_>>()))
}

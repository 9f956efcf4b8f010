//! Part 4: the three stations in lock step, month by month, with rows to warm up.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use varvite::prelude::*;
use varvite::store::Chunk;

use super::Demo;
use super::keys::Station;
use super::weather::{hours, instant, temperatures};
use crate::error::{Error, Result};
use crate::output::table::Table;

/// Hours of the rolling mean.
const WINDOW: usize = 24;

const START: &str = "2013-02-01";

const CODE: &str = "\
let options = IntersectionOptions::default()
    .with_range(\"2013-02-01\"..)
    .with_n_prev(23)         // rows before: a full mean on 1 February
    .every(\"1mo\".parse()?)   // one chunk a month, however rows are stored
    .with_columns([\"time_hour\", \"temp\"]);
for chunk in store.iter_intersections(store.keys()?, &options)? { ... }";

pub(super) fn run(demo: &Demo) -> Result<Value> {
    demo.tell(CODE)?;
    let month: Period = "1mo".parse().map_err(|error| Error::Usage(format!("{error}")))?;
    let options = IntersectionOptions::default()
        .with_range(START..)
        .with_n_prev(WINDOW - 1)
        .every(month)
        .with_columns(["time_hour", "temp"]);
    let stations = demo.store.keys()?;
    let mut rolling: BTreeMap<Station, Rolling> = BTreeMap::new();
    let mut months = Vec::new();
    for chunk in demo.store.iter_intersections(stations.clone(), &options)? {
        months.push(Month::of(&chunk?, &mut rolling));
    }
    demo.tell("\nLowest and highest 24-hour mean of the temperature in °F:\n")?;
    demo.tell(&table(&stations, &months).render(None))?;
    demo.tell("")?;
    let facts: Vec<Value> = months.iter().map(Month::facts).collect();
    Ok(json!({"window_hours": WINDOW, "n_prev": WINDOW - 1, "chunks": facts.len(), "months": facts}))
}

/// The mean of the last rows of a station.
#[derive(Default)]
struct Rolling(VecDeque<Option<f64>>);

impl Rolling {
    /// Takes the next value; the mean of what is there once the window is full.
    #[allow(clippy::cast_precision_loss, reason = "a window is small")]
    fn push(&mut self, value: Option<f64>) -> Option<f64> {
        self.0.push_back(value);
        if self.0.len() > WINDOW {
            self.0.pop_front();
        }
        let known: Vec<f64> = self.0.iter().flatten().copied().collect();
        (self.0.len() == WINDOW && !known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }
}

/// What a chunk says of each station.
struct Month {
    name: String,
    stations: BTreeMap<Station, Means>,
}

struct Means {
    rows: usize,
    warm_up_rows: usize,
    lowest: Option<f64>,
    highest: Option<f64>,
}

impl Month {
    fn of(chunk: &Chunk<Station>, rolling: &mut BTreeMap<Station, Rolling>) -> Self {
        let start = instant(START);
        let mut month = Self { name: String::new(), stations: BTreeMap::new() };
        for (station, rows) in chunk {
            let rolling = rolling.entry(station.clone()).or_default();
            let mut means = Means { rows: 0, warm_up_rows: 0, lowest: None, highest: None };
            for (hour, temp) in hours(rows).iter().zip(temperatures(rows)) {
                let mean = rolling.push(temp);
                if *hour < start {
                    means.warm_up_rows += 1;
                    continue;
                }
                means.rows += 1;
                means.take(mean);
                if month.name.is_empty() {
                    let text = varvite::time::format_instant(*hour, varvite::time::TimeUnit::Microsecond);
                    month.name = text.chars().take(7).collect();
                }
            }
            month.stations.insert(station.clone(), means);
        }
        month
    }

    fn facts(&self) -> Value {
        let stations: serde_json::Map<String, Value> = self
            .stations
            .iter()
            .map(|(station, means)| {
                let facts = json!({"rows": means.rows, "warm_up_rows": means.warm_up_rows,
                    "lowest_mean": means.lowest, "highest_mean": means.highest});
                (station.to_string(), facts)
            })
            .collect();
        json!({"month": self.name, "stations": stations})
    }
}

impl Means {
    fn take(&mut self, mean: Option<f64>) {
        let Some(mean) = mean else { return };
        self.lowest = Some(self.lowest.map_or(mean, |lowest| lowest.min(mean)));
        self.highest = Some(self.highest.map_or(mean, |highest| highest.max(mean)));
    }

    fn text(&self) -> String {
        let degrees = |value: Option<f64>| value.map(|value| format!("{value:.1}")).unwrap_or_default();
        format!("{} to {}", degrees(self.lowest), degrees(self.highest))
    }
}

fn table(stations: &[Station], months: &[Month]) -> Table {
    let mut table = stations.iter().fold(Table::new().left("month"), |table, station| table.right(station.origin()));
    table = table.right("rows").right("warm-up");
    for month in months {
        let means = stations.iter().map(|station| month.stations.get(station).map(Means::text).unwrap_or_default());
        let rows: usize = month.stations.values().map(|means| means.rows).sum();
        let warm_up: usize = month.stations.values().map(|means| means.warm_up_rows).sum();
        table.row([month.name.clone()].into_iter().chain(means).chain([rows.to_string(), warm_up.to_string()]));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_needs_a_full_window_and_passes_over_what_is_missing() {
        let mut rolling = Rolling::default();
        assert!((1..WINDOW).all(|_| rolling.push(Some(1.0)).is_none()));
        assert_eq!(rolling.push(None), Some(1.0));
        assert!((0..WINDOW - 1).all(|_| rolling.push(Some(3.0)).is_some()));
        assert_eq!(rolling.push(Some(3.0)), Some(3.0));
    }
}

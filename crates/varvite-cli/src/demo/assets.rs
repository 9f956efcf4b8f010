//! Part 6: what a program needs, declared as a struct and fetched at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use serde_json::{Value, json};
use varvite::asset::chrono::{DateTime, Utc};
use varvite::asset::{AssetWrite, Catalog, FetchOptions, Fetched, Interval, Latest};
use varvite::time::Instant;
use varvite::{AssetCollection, FeatureModel};

use super::keys::Station;
use super::{Demo, seconds};
use crate::error::{Error, Result};
use crate::output::format::count;
use crate::output::table::Table;
use crate::runtime::block_on;

const CODE: &str = "\
#[derive(FeatureModel)]
#[model(asset = \"weather\", resolution = \"1d\", time = time_hour)]
struct Weather {
    time_hour: DateTime<Utc>,
    #[model(key)]
    origin: String,                                    // a partition an airport
    #[model(check(range = -40.0..=130.0))]
    temp: Option<f64>,
    wind_speed: Option<f64>,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = \"now-2d\")]
    recent: Vec<Weather>,                              // typed rows
    #[fetch(start = \"2013-12-01\", filter = Weather::WIND_SPEED.ge(25.0))]
    storms: Vec<Weather>,
    #[fetch(latest, tolerance = 2, keys(origin = \"JFK\"))]
    newest: Option<Latest<Weather>>,                   // the newest day
    #[fetch(start = \"2013-12-08\", end = \"2013-12-14\")]
    by_day: BTreeMap<Interval, Vec<Weather>>,
    airports: Vec<Airport>,                            // an asset without dates
}

let report = catalog.fetch::<Report>(&FetchOptions::default()).await?;";

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d", time = time_hour)]
struct Weather {
    time_hour: DateTime<Utc>,
    #[model(key)]
    origin: String,
    #[model(check(range = -40.0..=130.0))]
    temp: Option<f64>,
    wind_speed: Option<f64>,
}

#[derive(FeatureModel)]
#[model(asset = "airports", undated)]
struct Airport {
    faa: String,
    name: String,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "now-2d")]
    recent: Vec<Weather>,
    #[fetch(start = "2013-12-01", filter = Weather::WIND_SPEED.ge(25.0))]
    storms: Vec<Weather>,
    #[fetch(latest, tolerance = 2, keys(origin = "JFK"))]
    newest: Option<Latest<Weather>>,
    #[fetch(start = "2013-12-08", end = "2013-12-14")]
    by_day: BTreeMap<Interval, Vec<Weather>>,
    airports: Vec<Airport>,
}

/// The moment of the demo: the catalog's clock is handed in.
const NOW: &str = "2013-12-30T18:00";

/// What is written: December, but for two days.
const WRITTEN: [(&str, &str); 2] = [("2013-12-01", "2013-12-10"), ("2013-12-12", "2013-12-30T18:00")];

const AIRPORTS: [(&str, &str); 3] = [("EWR", "Newark"), ("JFK", "John F. Kennedy"), ("LGA", "LaGuardia")];

pub(super) fn run(demo: &Demo) -> Result<Value> {
    demo.tell(CODE)?;
    let now: Instant = NOW.parse().map_err(|error| Error::Usage(format!("{error}")))?;
    let catalog = Catalog::open(demo.folder.join("assets"))?.with_clock(move || now);
    let rows = fill(demo, &catalog)?;
    demo.tell(&format!(
        "\nDecember is written but for the 10th and 11th: {} rows, an interval a day, a partition an\n\
         airport. The plan is made from what stands there, before anything is read:\n",
        count(rows)
    ))?;
    let started = std::time::Instant::now();
    let report = block_on(catalog.fetch::<Report>(&FetchOptions::default()))??;
    let fetched_in = seconds(started);
    demo.tell(&indented(&report.plan().to_string()))?;
    demo.tell(&format!("\nFive fields side by side in {:.0} ms:\n", fetched_in * 1000.0))?;
    demo.tell(&indented(&report.summary().to_string()))?;
    demo.tell(&format!("\n{}", by_airport(&report).render(None)))?;
    demo.tell(&format!("\n{}\n", days(&report).render(None)))?;
    let folder = demo.folder.join("assets");
    let command = format!("varvite asset fetch {} weather --range 2013-12-08..2013-12-14 --summary", folder.display());
    demo.tell(&format!("  {command}\n"))?;
    let facts: Vec<Value> =
        report.by_day.iter().map(|(day, rows)| json!([day.start.to_string(), rows.len()])).collect();
    Ok(json!({"rows": rows, "seconds": fetched_in, "recent": report.recent.len(), "storms": report.storms.len(),
        "newest": report.newest.as_ref().map(|newest| newest.interval.to_string()), "days": facts,
        "summary": report.summary(), "command": command}))
}

/// Writes both assets, and gives the number of rows of weather.
fn fill(demo: &Demo, catalog: &Catalog) -> Result<u64> {
    let mut batches = Vec::new();
    for station in demo.weather.keys() {
        for (start, end) in WRITTEN {
            for rows in demo.weather.between(station, start, end) {
                batches.push(weather(station, &rows).map_err(unreadable)?);
            }
        }
    }
    let report = catalog.write_batches(<Weather as FeatureModel>::schema(), &batches, &AssetWrite::replace())?;
    let airport = |(faa, name): (&str, &str)| Airport { faa: faa.to_owned(), name: name.to_owned() };
    let _ = catalog.replace(&AIRPORTS.map(airport))?;
    Ok(report.rows())
}

/// The columns of the model; the shipped rows of a station do not name it.
fn weather(station: &Station, rows: &RecordBatch) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let schema = rows.schema();
    let origin: ArrayRef = Arc::new(StringArray::from(vec![station.origin(); rows.num_rows()]));
    let mut columns = vec![("origin", origin, false)];
    for name in ["time_hour", "temp", "wind_speed"] {
        let at = schema.index_of(name)?;
        columns.push((name, Arc::clone(rows.column(at)), schema.field(at).is_nullable()));
    }
    RecordBatch::try_from_iter_with_nullable(columns)
}

fn unreadable(source: arrow::error::ArrowError) -> Error {
    Error::Read { path: "the shipped data".to_owned(), format: "Parquet", source: source.into() }
}

/// Values of the rows, by airport.
fn by_airport(report: &Fetched<Report>) -> Table {
    let mut table = Table::new().left("airport").right("rows of two days").right("warmest").right("coldest");
    table = table.right("hours of storm").right("newest");
    for Airport { faa, name } in &report.airports {
        let rows = || report.recent.iter().filter(|row| row.origin == *faa);
        let temps = || rows().filter_map(|row| row.temp);
        let degrees = |temp: Option<f64>| temp.map(|temp| format!("{temp:.1} °F")).unwrap_or_default();
        let storms = report.storms.iter().filter(|row| row.origin == *faa).count();
        let newest = report.newest.iter().flat_map(|newest| &newest.rows).rfind(|row| row.origin == *faa);
        table.row([
            name.clone(),
            rows().count().to_string(),
            degrees(temps().reduce(f64::max)),
            degrees(temps().reduce(f64::min)),
            storms.to_string(),
            newest.map(|row| row.time_hour.format("%d %b %H:%M").to_string()).unwrap_or_default(),
        ]);
    }
    table
}

/// The mean of each day that was written, and those that were not.
fn days(report: &Fetched<Report>) -> Table {
    let mut table = Table::new().left("day").right("rows").right("mean");
    let written = report.by_day.iter().map(|(day, rows)| (day.start, Some(rows)));
    let gaps = report.plan().fields.iter().filter(|field| field.want.field == "by_day");
    let gaps = gaps.flat_map(|field| &field.intervals.gaps.stretches).map(|gap| (gap.start, None));
    let mut lines: Vec<(Instant, Option<&Vec<Weather>>)> = written.chain(gaps).collect();
    lines.sort_by_key(|(start, _)| *start);
    for (start, rows) in lines {
        let day = start.to_string()[..10].to_owned();
        let temps: Vec<f64> = rows.into_iter().flatten().filter_map(|row| row.temp).collect();
        #[allow(clippy::cast_precision_loss, reason = "some dozens")]
        let mean = temps.iter().sum::<f64>() / temps.len() as f64;
        match rows {
            Some(rows) => table.row([day, rows.len().to_string(), format!("{mean:.1} °F")]),
            None => table.row([day, String::new(), "never written".to_owned()]),
        }
    }
    table
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

//! Part 5: what temperatures feel like, computed by a dataflow, joined to departures without a look into the future.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use serde_json::{Value, json};
use varvite::feature::{EntityRows, Explanation, FeatureStore, HistoricalOptions, Reason, WriteMode};
use varvite::flow::{CheckOutcome, Dataflow, Report};
use varvite::schema::{Definitions, Format};

use super::Demo;
use super::functions::comfort;
use super::keys::Station;
use super::weather::{hours, instant};
use super::write::{LATE, WRONG, as_first_known};
use crate::error::{Error, Result};
use crate::output::table::Table;

const DEFINITIONS: &str = "\
groups:
- name: weather
  entity_keys: [{name: origin, type: string}]
  event_time: at
  created_time: known_at
  ttl: 2h
  features: [{name: temp, type: double}, {name: felt, type: double}]
windows:
- name: day
  source: weather
  window: 24h
  entity_keys: [origin]
  aggregations: [{as: mean, function: avg, column: felt}]
";

const FUNCTIONS: &str = include_str!("functions.rs");

/// Where flights leave from, and when.
pub(super) const DEPARTURES: [(&str, &str); 5] = [
    ("EWR", "2013-07-04T14:30"),
    ("LGA", "2013-07-04T14:30"),
    ("JFK", "2013-07-04T14:30"),
    ("JFK", "2013-05-12T09:30"),
    ("JFK", "2013-07-06T14:30"),
];

/// Minutes after the hour at which a row is known, and when the late and the corrected ones were.
const DELAY_MIN: i64 = 10;
const LATE_KNOWN: &str = "2013-05-13T09:00";
const CORRECTED: &str = "2013-07-05T09:00";

const FEATURES: [&str; 2] = ["weather.felt", "day.mean"];

pub(super) fn run(demo: &Demo) -> Result<Value> {
    demo.tell(FUNCTIONS.split_once("\n\n").map_or(FUNCTIONS, |(_, functions)| functions))?;
    let flow = Dataflow::builder().with(comfort::module()).build()?;
    demo.tell(DEFINITIONS)?;
    let store = FeatureStore::open(demo.folder.join("features"))?;
    let definitions = Definitions::read(DEFINITIONS, Format::Yaml)?;
    let _ = store.apply(&definitions)?;
    let filled = fill(demo, &flow, &store)?;
    demo.tell(&format!(
        "{}\n{}\n\nThen JFK's late and corrected rows: known only from 13 May and 5 July on. Five departures\n\
         ask for what it felt like, and for what was known of it:\n",
        filled.written, filled.warning
    ))?;
    let entities = departures()?;
    let known_then = HistoricalOptions::default().with_known_as_of(true);
    let measured = store.explain(&entities, FEATURES, &HistoricalOptions::default())?;
    let known = store.explain(&entities, FEATURES, &known_then)?;
    demo.tell(&table(&measured, &known).render(None))?;
    let null = known.values.iter().find(|value| value.reason != Reason::Found);
    if let Some(null) = null {
        let text = null.to_string().replace(" [", "\n    [");
        demo.tell(&format!("\nWhy is there none? `explain` says:\n\n  {text}\n"))?;
    }
    let command = format!(
        "varvite feature get {} weather.felt --key origin=JFK --at 2013-07-04T14:30",
        demo.folder.join("features").display()
    );
    let why = null.map(ToString::to_string);
    let online = online(demo, &store)?;
    let one_row = one_row(demo, &flow)?;
    demo.tell(&format!("  {command}\n"))?;
    Ok(json!({"command": command, "measured": texts(&measured), "known": texts(&known), "null": why,
        "warning": filled.warning, "online": online, "one_row": one_row}))
}

/// What became of the rows as they were first known.
struct Filled {
    written: String,
    /// What the check of the dataflow found among them.
    warning: String,
}

/// Writes the rows as they were first known, then what came later.
fn fill(demo: &Demo, flow: &Dataflow, store: &FeatureStore) -> Result<Filled> {
    let (mut first, mut warnings) = (Vec::new(), Vec::new());
    for (station, rows) in demo.weather.iter() {
        let (made, report) = made(flow, station, &as_first_known(station, rows)?, None)?;
        warnings.extend(report.failed_checks().map(|check| warning(station, check)));
        first.push(made);
    }
    let written = store.write("weather", &first, WriteMode::Append)?.to_string();
    let station = Station::hourly(LATE.0)?;
    let mut later = Vec::new();
    for (start, end, known) in [(LATE.1, LATE.2, LATE_KNOWN), (WRONG.0, WRONG.1, CORRECTED)] {
        for rows in demo.weather.between(&station, start, end) {
            later.push(made(flow, &station, &rows, Some(instant(known)))?.0);
        }
    }
    let _ = store.write("weather", &later, WriteMode::Append)?;
    Ok(Filled { written, warning: warnings.join("\n") })
}

fn warning(station: &Station, check: &CheckOutcome) -> String {
    format!("{}, check of `{}`, {}: {}", station.origin(), check.node, check.check, check.message)
}

/// Rows of the group, with what the flow makes of them; `known_at` is shortly after the hour unless it is given.
fn made(
    flow: &Dataflow,
    station: &Station,
    rows: &RecordBatch,
    known_at: Option<i64>,
) -> Result<(RecordBatch, Report)> {
    let ((temp, felt), report) = flow.run().frame(rows).get_with_report::<(comfort::temp, comfort::felt)>()?;
    let at = hours(rows).to_vec();
    let known: Vec<i64> = at.iter().map(|hour| known_at.unwrap_or(hour + DELAY_MIN * 60_000_000)).collect();
    let origins: StringArray = at.iter().map(|_| Some(station.origin())).collect();
    let made = batch([
        ("origin", Arc::new(origins) as ArrayRef),
        ("at", times(at)),
        ("known_at", times(known)),
        ("temp", Arc::clone(temp.as_array())),
        ("felt", Arc::clone(felt.as_array())),
    ])?;
    Ok((made, report))
}

/// The same functions, of one row.
fn one_row(demo: &Demo, flow: &Dataflow) -> Result<Value> {
    let mut online = flow.online::<comfort::felt>(&flow.unfitted())?;
    let felt = online.call(&comfort::Inputs { temp: 20.0, wind_speed: 30.0, humid: 60.0 })?;
    let felt = felt.unwrap_or(f64::NAN);
    demo.tell(&format!("The same functions answer for one row: 20 °F and 30 miles an hour feel like {felt:.1} °F.\n"))?;
    Ok(json!(felt))
}

pub(super) fn departures() -> Result<EntityRows> {
    let origins: StringArray = DEPARTURES.iter().map(|(origin, _)| Some(*origin)).collect();
    let at = times(DEPARTURES.iter().map(|(_, at)| instant(at)).collect());
    Ok(EntityRows::at_times(batch([("origin", Arc::new(origins) as ArrayRef), ("departure", at)])?, "departure")?)
}

fn times(instants: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(instants).with_timezone("UTC"))
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<RecordBatch> {
    let failed = |source: ArrowError| Error::Read {
        path: "the shipped data".to_owned(),
        format: "Parquet",
        source: source.into(),
    };
    Ok(RecordBatch::try_from_iter(columns).map_err(failed)?)
}

/// The values as shown: of a number that is not whole, one decimal is enough.
pub(super) fn texts(explanation: &Explanation) -> Vec<String> {
    let short = |text: &String| match text.parse::<f64>() {
        Ok(value) if text.contains('.') => format!("{value:.1}"),
        _ => text.clone(),
    };
    explanation.values.iter().map(|value| value.value.as_ref().map_or_else(|| "-".to_owned(), short)).collect()
}

fn table(measured: &Explanation, known: &Explanation) -> Table {
    let mut table = Table::new().left("from").left("departure").right("felt").right("known then").right("day's mean");
    table = table.right("known then").left("");
    let (measured, known) = (texts(measured), texts(known));
    for ((origin, at), (measured, known)) in DEPARTURES.iter().zip(measured.chunks(2).zip(known.chunks(2))) {
        let [felt, mean, felt_then, mean_then] = [&measured[0], &measured[1], &known[0], &known[1]];
        let note = if felt == felt_then && mean == mean_then { "" } else { "the future would leak" };
        table.row([*origin, at, felt, felt_then, mean, mean_then, note]);
    }
    table
}

/// Serves the newest row of each station.
#[cfg(feature = "online")]
fn online(demo: &Demo, store: &FeatureStore) -> Result<Value> {
    use varvite::feature::online::{LookupOptions, MaterializeOptions};
    let online = store.online()?;
    let until = varvite::time::Instant::new(instant("2013-12-30T23:30"), varvite::time::TimeUnit::Microsecond);
    let report = store.materialize(&online, "weather", &MaterializeOptions::up_to(until))?;
    let lookup =
        store.online_lookup(&online, ["weather.felt"], &std::collections::BTreeMap::new(), LookupOptions::default())?;
    let mut values = Vec::new();
    for station in demo.weather.keys() {
        for value in lookup.get_one(&[station.origin().into()], until)? {
            let at = value.event_time.map(|at| at.to_string()).unwrap_or_default();
            values.push(json!({"origin": station.origin(), "status": value.status.as_str(), "at": at}));
        }
    }
    demo.tell(&format!(
        "Materialized for look-ups by key: {} rows read, {} keys served.\n",
        report.rows_read, report.keys
    ))?;
    Ok(json!({"keys": report.keys, "rows_read": report.rows_read, "values": values}))
}

#[cfg(not(feature = "online"))]
#[allow(clippy::unnecessary_wraps, reason = "as the other one")]
fn online(_demo: &Demo, _store: &FeatureStore) -> Result<Value> {
    Ok(Value::Null)
}

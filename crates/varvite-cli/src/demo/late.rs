//! Part 2: the same rows again, then late and corrected ones.

use serde_json::{Value, json};
use varvite::dataset::Dataset;
use varvite::prelude::*;

use super::Demo;
use super::keys::Station;
use super::write::{LATE, WRONG, options};
use crate::error::Result;

/// A week that is written twice.
const WEEK: (&str, &str) = ("2013-03-11", "2013-03-18");

/// The day that late rows come with: most of its hours are stored already.
const DAY: (&str, &str) = ("2013-05-12", "2013-05-13");

pub(super) fn run(demo: &Demo) -> Result<Value> {
    let station = Station::hourly(LATE.0)?;
    let dataset = demo.store.dataset(&station)?;
    let again = write_again(demo, &station, &dataset)?;
    let (late, rewritten) = write_late(demo, &station, &dataset)?;
    Ok(json!({"key": station.to_string(), "same_week": again, "late": late, "files_rewritten": rewritten}))
}

fn write_again(demo: &Demo, station: &Station, dataset: &Dataset) -> Result<WriteReport> {
    let report = dataset.write(demo.weather.between(station, WEEK.0, WEEK.1), &options()?)?;
    demo.tell(&format!("The week of 11 March at {} is written again:\n", station.origin()))?;
    demo.tell(&indented(&report))?;
    Ok(report)
}

fn write_late(demo: &Demo, station: &Station, dataset: &Dataset) -> Result<(WriteReport, Vec<usize>)> {
    let before = files(dataset);
    let mut rows = demo.weather.between(station, DAY.0, DAY.1);
    rows.extend(demo.weather.between(station, WRONG.0, WRONG.1));
    demo.tell("\nSix hours of 12 May come late, with the whole day; on 4 July the thermometer")?;
    demo.tell("read 40 °F too much for three hours. Both in one write:\n")?;
    let report = dataset.write(rows, &options()?)?;
    demo.tell(&indented(&report))?;
    let after = files(dataset);
    let rewritten: Vec<usize> =
        before.iter().enumerate().filter(|(_, file)| !after.contains(file)).map(|(at, _)| at).collect();
    let picture: String = (0..before.len()).map(|at| if rewritten.contains(&at) { " █" } else { " ░" }).collect();
    demo.tell(&format!("\nmonths  J F M A M J J A S O N D\nfiles  {picture}   █ rewritten  ░ left alone\n"))?;
    Ok((report, rewritten))
}

fn files(dataset: &Dataset) -> Vec<String> {
    let snapshot = dataset.snapshot();
    snapshot.iter().flat_map(|snapshot| &snapshot.files).map(|file| file.name.clone()).collect()
}

fn indented(report: &WriteReport) -> String {
    report.to_string().replace("; ", ";\n  ").lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

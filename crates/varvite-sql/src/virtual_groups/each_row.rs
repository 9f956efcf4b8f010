//! Entity rows that are each read as of their own time.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, UInt64Array};
use arrow::compute::take_record_batch;
use varvite_feature::VirtualRequest;
use varvite_time::Instant;

use super::at_once::{self, Asked};
use super::pieces::Pieces;
use super::prepared::Prepared;
use super::{SqlFeatures, one_pass};
use crate::syntax::{OnePass, Shape, shape_of};
use crate::{Error, Result};

/// How entity rows are answered.
enum Way {
    /// One run, whatever the times are: no table changes with time.
    AtOnce,
    /// One run of a query whose rows are dated, and the newest of each key.
    OnePass(OnePass),
    /// One run for each time.
    EachTime {
        /// Why not in one.
        reason: &'static str,
    },
}

/// Chooses the way from the shape of the query and what the request asks for.
fn way(prepared: &Prepared, request: &VirtualRequest<'_>) -> Way {
    let keys: Vec<String> = request.group.entity_keys().iter().map(|key| key.name().to_owned()).collect();
    let event_times = prepared.tables.iter();
    let event_times = event_times.filter_map(|table| Some((table.name.clone(), table.source.event_time.clone()?)));
    let shape = shape_of(&prepared.select, &keys, &event_times.collect());
    let event_time = request.group.event_time();
    match shape {
        _ if request.options.known_as_of => Way::EachTime { reason: "what was known is another set of rows each time" },
        Shape::Timeless if event_time.is_none() => Way::AtOnce,
        Shape::Running(pass) if event_time.is_none() => Way::OnePass(pass),
        // Its rows are true from the group's own event time on, which has to be that of the source.
        Shape::Latest(pass) if pass.dated_by.iter().any(|own| Some(own.as_str()) == event_time) => Way::OnePass(pass),
        Shape::General { reason } => Way::EachTime { reason },
        Shape::Latest(_) if event_time.is_none() => {
            Way::EachTime { reason: "its rows are not dated, so each key may have one alone" }
        }
        _ => Way::EachTime { reason: "its rows are dated by something else than its table's event time" },
    }
}

/// The values of the features, one for each row of the request.
pub(super) fn answer(
    reader: &SqlFeatures,
    prepared: &Prepared,
    request: &VirtualRequest<'_>,
    features: &[String],
) -> Result<Vec<ArrayRef>> {
    if by_time(request)?.len() <= 1 {
        return time_by_time(reader, prepared, request, features);
    }
    match way(prepared, request) {
        Way::OnePass(pass) => {
            let pass = one_pass::Pass { select: &pass.select, event_time: &pass.event_time };
            one_pass::answer(reader, prepared, &pass, request, features)
        }
        Way::AtOnce => at_one_time(reader, prepared, request, features),
        Way::EachTime { .. } => time_by_time(reader, prepared, request, features),
    }
}

/// How it would be answered, for people.
pub(super) fn explain(reader: &SqlFeatures, prepared: &Prepared, request: &VirtualRequest<'_>) -> Result<String> {
    let times = by_time(request)?.len();
    let described = prepared.describe(reader.executor())?;
    let engine = reader.executor().engine();
    let how = match way(prepared, request) {
        _ if times <= 1 => "one query".to_owned(),
        Way::AtOnce => format!("one query for {times} times: no table changes with time"),
        Way::OnePass(_) => format!("one query for {times} times, whose rows are matched by time"),
        Way::EachTime { reason } => format!("{times} queries, one for each time: {reason}"),
    };
    Ok(format!("{engine}, {how}\n{}", described.text))
}

/// All rows in one run, cut to the latest time of them all: nothing is cut.
fn at_one_time(
    reader: &SqlFeatures,
    prepared: &Prepared,
    request: &VirtualRequest<'_>,
    features: &[String],
) -> Result<Vec<ArrayRef>> {
    let latest = by_time(request)?.into_keys().next_back();
    let (time, until) = latest.unwrap_or((Instant::from_ns(0), Instant::from_ns(0)));
    let asked = Asked { request, features, keys: request.keys.clone(), time, until };
    at_once::answer(reader, prepared, &asked)
}

/// Rows by the time that they are read at, and the latest that they may see.
fn by_time(request: &VirtualRequest<'_>) -> Result<BTreeMap<(Instant, Instant), Vec<u64>>> {
    let times = request.times.instants(request.num_rows())?;
    let latest = request.latest()?;
    let mut found: BTreeMap<(Instant, Instant), Vec<u64>> = BTreeMap::new();
    for (row, (time, until)) in (0..).zip(times.into_iter().zip(latest)) {
        if let (Some(time), Some(until)) = (time, until) {
            found.entry((time, until)).or_default().push(row);
        }
    }
    Ok(found)
}

/// One run of the query for each time.
fn time_by_time(
    reader: &SqlFeatures,
    prepared: &Prepared,
    request: &VirtualRequest<'_>,
    features: &[String],
) -> Result<Vec<ArrayRef>> {
    let mut pieces = Pieces::new(features.len(), request.num_rows());
    for ((time, until), rows) in by_time(request)? {
        let chosen = UInt64Array::from(rows.clone());
        let keys = take_record_batch(&request.keys, &chosen).map_err(Error::arrow("choose entity rows"))?;
        let asked = Asked { request, features, keys, time, until };
        pieces.add(&rows, at_once::answer(reader, prepared, &asked)?);
    }
    pieces.finish()
}

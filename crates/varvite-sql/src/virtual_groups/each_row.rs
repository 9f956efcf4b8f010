//! Entity rows that are each read as of their own time.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, UInt64Array};
use arrow::compute::{concat, take, take_record_batch};
use varvite_feature::VirtualRequest;
use varvite_time::Instant;

use super::SqlFeatures;
use super::at_once::{self, Asked};
use super::prepared::Prepared;
use crate::{Error, Result};

/// The values of the features, one for each row of the request.
pub(super) fn answer(
    reader: &SqlFeatures,
    prepared: &Prepared,
    request: &VirtualRequest<'_>,
    features: &[String],
) -> Result<Vec<ArrayRef>> {
    time_by_time(reader, prepared, request, features)
}

/// How it would be answered, for people.
pub(super) fn explain(reader: &SqlFeatures, prepared: &Prepared, request: &VirtualRequest<'_>) -> Result<String> {
    let times = by_time(request)?.len();
    let described = prepared.describe(reader.executor())?;
    let engine = reader.executor().engine();
    Ok(format!("{engine}, one query for each of {times} times\n{}", described.text))
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
    let mut pieces: Vec<Vec<ArrayRef>> = vec![Vec::new(); features.len()];
    let mut places: Vec<Option<u64>> = vec![None; request.num_rows()];
    let mut answered = 0;
    for ((time, until), rows) in by_time(request)? {
        for row in &rows {
            places[usize::try_from(*row).unwrap_or(usize::MAX)] = Some(answered);
            answered += 1;
        }
        let keys =
            take_record_batch(&request.keys, &UInt64Array::from(rows)).map_err(Error::arrow("choose entity rows"))?;
        let asked = Asked { request, features, keys, time, until };
        for (piece, array) in pieces.iter_mut().zip(at_once::answer(reader, prepared, &asked)?) {
            piece.push(array);
        }
    }
    let places = UInt64Array::from(places);
    let joined = |pieces: Vec<ArrayRef>| {
        let arrays: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
        let all = concat(&arrays).map_err(Error::arrow("join answers"))?;
        take(&all, &places, None).map_err(Error::arrow("put answers in order"))
    };
    pieces.into_iter().map(joined).collect()
}

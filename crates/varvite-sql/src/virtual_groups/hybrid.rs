//! Entity rows that are answered from copies where these give the same answer, and computed where not.

use std::collections::BTreeMap;
use std::time::Instant as Clock;

use arrow::array::{ArrayRef, UInt64Array};
use arrow::compute::{take, take_record_batch};
use varvite_feature::{AsOf, FeatureStore, VirtualRequest};
use varvite_time::Instant;

use super::SqlFeatures;
use super::copy::{Copies, Decision};
use super::pieces::Pieces;
use crate::{Error, Result};

/// Rows that are answered together, by the copy that they are read from; `None` for those that are computed.
type Parts = BTreeMap<Option<Instant>, Vec<u64>>;

pub(super) fn answer(
    reader: &SqlFeatures,
    request: &VirtualRequest<'_>,
    store: &FeatureStore,
) -> Result<Vec<ArrayRef>> {
    let copies = Copies::of(request.group, store)?;
    let parts = parts(reader, request, &copies, store)?;
    let mut pieces = Pieces::new(request.features.len(), request.num_rows());
    for (copy, rows) in parts {
        pieces.add(&rows, part(reader, request, &copies, store, copy, &UInt64Array::from(rows.clone()))?);
    }
    pieces.finish()
}

/// Decides for each time, once.
fn parts(reader: &SqlFeatures, request: &VirtualRequest<'_>, copies: &Copies, store: &FeatureStore) -> Result<Parts> {
    let queries = reader.prepare_all(request.group, request.sources, store)?;
    let mut decided: BTreeMap<Instant, Option<Instant>> = BTreeMap::new();
    let latest = request.latest()?;
    for time in latest.iter().flatten() {
        if !decided.contains_key(time) {
            let copy = match reader.decide(request.group, copies, &queries, *time)? {
                Decision::Compute(_) => None,
                Decision::Copy { made, .. } => Some(made),
                Decision::Refuse(reason) => return Err(Error::NoCopy { group: request.group.id(), reason }),
            };
            decided.insert(*time, copy);
        }
    }
    let mut parts = Parts::new();
    for (row, time) in (0..).zip(latest) {
        // A row without a time sees nothing, which computing knows best.
        let copy = time.and_then(|time| decided.get(&time).copied().flatten());
        parts.entry(copy).or_default().push(row);
    }
    Ok(parts)
}

/// The values of some rows.
fn part(
    reader: &SqlFeatures,
    request: &VirtualRequest<'_>,
    copies: &Copies,
    store: &FeatureStore,
    copy: Option<Instant>,
    rows: &UInt64Array,
) -> Result<Vec<ArrayRef>> {
    let begun = Clock::now();
    let keys = take_record_batch(&request.keys, rows).map_err(Error::arrow("choose entity rows"))?;
    if let Some(made) = copy {
        let values = copies.read(request.group, made, &keys, request.features)?;
        reader.timings().copied(&request.group.id(), begun.elapsed());
        return Ok(values);
    }
    let times = match &request.times {
        AsOf::One(time) => AsOf::One(*time),
        AsOf::EachRow(times) => AsOf::EachRow(take(times, rows, None).map_err(Error::arrow("choose times"))?),
    };
    let computed = reader.compute(&VirtualRequest { keys, times, ..*request }, store)?;
    reader.timings().computed(&request.group.id(), begun.elapsed());
    Ok(computed)
}

//! What has happened to the tables of a copy since it was made.

use std::collections::{BTreeMap, BTreeSet};

use varvite_dataset::{Dataset, OrderedValue, Snapshot};
use varvite_time::Instant;

use super::choice::Copy;
use super::ledger::Mark;
use crate::syntax::{Cut, Dialect, Select, quote_identifier};
use crate::virtual_groups::SqlFeatures;
use crate::virtual_groups::prepared::Prepared;
use crate::virtual_groups::tables::Named;
use crate::{Query, Result, Table};

/// From when on rows of a table are others than they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Never,
    /// Rows from this event time on; those before it are the same.
    From(Instant),
    /// Nobody knows.
    Perhaps,
}

/// What a copy that was made as of `made` is worth at `at`.
pub(in crate::virtual_groups) fn of(
    reader: &SqlFeatures,
    queries: &[Prepared],
    made: Instant,
    marks: &BTreeMap<String, Mark>,
    at: Instant,
) -> Result<Copy> {
    let tables: BTreeMap<&str, &Named> =
        queries.iter().flat_map(|query| &query.tables).map(|table| (table.name.as_str(), table)).collect();
    for (name, table) in tables {
        let is_same = match marks.get(name).map_or(Changed::Perhaps, |mark| changed(mark, table)) {
            Changed::Never => true,
            // Rows after the copy's time were no part of it.
            Changed::From(event) => event > made,
            Changed::Perhaps => false,
        };
        if !is_same || has_rows_between(reader, table, made, at)? {
            return Ok(Copy::Stale(made));
        }
    }
    Ok(Copy::Exact(made))
}

fn changed(mark: &Mark, table: &Named) -> Changed {
    let now = Mark::of(&table.source.table);
    match (mark, &now) {
        (Mark::Other { state: None }, _) => Changed::Perhaps,
        (mark, now) if mark == now => Changed::Never,
        (Mark::Dataset { dataset: id, version }, Mark::Dataset { dataset: other, .. }) if id == other => {
            let Table::Dataset(dataset) = &table.source.table else { return Changed::Perhaps };
            changed_since(dataset, *version, table)
        }
        _ => Changed::Perhaps,
    }
}

/// The earliest event time in files that only one of the two versions has.
fn changed_since(dataset: &Dataset, version: u64, table: &Named) -> Changed {
    let then = dataset.version(version).ok().and_then(|then| then.snapshot());
    let (Some(then), Some(now), Some(time)) = (then, dataset.snapshot(), &table.time) else { return Changed::Perhaps };
    let ordered_on = now.settings.ordered_on.to_string();
    if table.source.event_time.as_deref() != Some(ordered_on.as_str()) || then.schema != now.schema {
        return Changed::Perhaps;
    }
    let names = |snapshot: &Snapshot| snapshot.files.iter().map(|file| file.name.clone()).collect::<BTreeSet<_>>();
    let (before, after) = (names(&then), names(&now));
    let both = then.files.iter().chain(now.files.iter());
    let changed = both.filter(|file| !(before.contains(&file.name) && after.contains(&file.name)));
    match changed.map(|file| &file.min).min() {
        None => Changed::Never,
        Some(OrderedValue::Int(ticks)) => Changed::From(Instant::new(*ticks, time.unit())),
        Some(_) => Changed::Perhaps,
    }
}

/// Whether a table has rows after `made` and not after `at`.
fn has_rows_between(reader: &SqlFeatures, table: &Named, made: Instant, at: Instant) -> Result<bool> {
    let (Some(column), Some(time)) = (&table.source.event_time, &table.time) else { return Ok(false) };
    if made >= at {
        return Ok(false);
    }
    let quoted = quote_identifier(Dialect::default(), column)?;
    let text = format!("SELECT 1 AS is_there FROM vv_table WHERE {quoted} > $made AND {quoted} <= $at LIMIT 1");
    let select = Select::parse(&text)?.cut(&[Cut::none("vv_table")])?;
    let query = Query::new(select.to_string()).with_table("vv_table", table.source.clone());
    let query = query.with_value("made", time.floor(made)).with_value("at", time.floor(at));
    let run = reader.executor().execute(&query, reader.limits())?;
    Ok(run.collect_batch()?.num_rows() > 0)
}

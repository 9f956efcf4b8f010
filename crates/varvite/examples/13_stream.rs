//! A stream that stops, is given late rows, goes on, and agrees with what all rows come to at once.

use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampSecondArray};
use varvite::arrow::datatypes::{Int64Type, TimestampSecondType};
use varvite::pipeline::{Late, Scope, Stateful, StepError, StreamJob, StreamOptions};
use varvite::prelude::*;

type Rows = Vec<(i64, i64)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let trades = Dataset::open_or_new(folder.path().join("trades"))?;
    let minutes = Dataset::open_or_new(folder.path().join("minutes"))?;
    let trade = WriteOptions::ordered_on("at");

    // One row a minute; the open one is written again when more is known.
    let minute = WriteOptions::ordered_on("at").with_duplicates_on(Duplicates::on(["at"]));
    let options = StreamOptions::default().with_commit_rows(100).with_late(Late::Recompute);
    let job = StreamJob::new("minutes", "trades", &trades, &minutes, minute).with_options(options);

    let _ = trades.write(batch(&(0..500).map(|n| (7 * n, n)).collect::<Rows>())?, &trade)?;
    println!("{}\n", job.run(volume_by_minute())?);

    // Some come late, some new. The process may have ended meanwhile: all that is known is in the output.
    let _ = trades.write(batch(&[(65, 1000), (130, 1000)])?, &trade)?;
    let _ = trades.write(batch(&(500..600).map(|n| (7 * n, n)).collect::<Rows>())?, &trade)?;
    println!("{}\n", job.run(volume_by_minute())?);

    let all = rows(&trades.read(&ScanOptions::default())?);
    let mut at_once = std::collections::BTreeMap::new();
    for (at, size) in all {
        *at_once.entry(at - at.rem_euclid(60)).or_insert(0) += size;
    }
    let streamed = rows(&minutes.read(&ScanOptions::default())?);
    assert_eq!(streamed, at_once.into_iter().collect::<Rows>());
    println!("{} minutes, as of all rows at once", streamed.len());
    Ok(())
}

/// What a minute has depends on its own rows alone, and so can be computed anew.
fn volume_by_minute() -> Stateful<Option<(i64, i64)>> {
    let step = Stateful::new("volume-by-minute", 1, None, |open: &mut Option<(i64, i64)>, given: RecordBatch| {
        let mut made = Rows::new();
        for (at, size) in rows(&given) {
            let minute = at - at.rem_euclid(60);
            *open = match open.take() {
                Some((known, sum)) if known == minute => Some((minute, sum + size)),
                other => {
                    made.extend(other);
                    Some((minute, size))
                }
            };
        }
        made.extend(*open);
        Ok::<_, StepError>(batch(&made)?)
    });
    step.with_scope(Scope::Tile(Period::MINUTE))
}

fn batch(rows: &[(i64, i64)]) -> Result<RecordBatch, varvite::arrow::error::ArrowError> {
    let at = TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0));
    let size = Int64Array::from_iter_values(rows.iter().map(|row| row.1));
    RecordBatch::try_from_iter([("at", Arc::new(at) as ArrayRef), ("size", Arc::new(size))])
}

fn rows(batch: &RecordBatch) -> Rows {
    let at = batch.column(0).as_primitive::<TimestampSecondType>().values().iter().copied();
    at.zip(batch.column(1).as_primitive::<Int64Type>().values().iter().copied()).collect()
}

//! Late and corrected rows find their place: a write is planned, merged into the days it touches, and reported.
//!
//! ```text
//! cargo run -p varvite --example 02_merge_late_rows
//! ```

use std::error::Error;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampSecondArray};
use varvite::prelude::*;
use varvite::time::{TimeUnit, parse_instant};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let dataset = Dataset::open_or_new(folder.path().join("temperature"))?;

    // The first write says how the dataset is kept: it is remembered.
    let first = WriteOptions::ordered_on("ts")
        .with_duplicates_on(Duplicates::on(["ts"]))
        .with_row_group_target_size(Period::DAY);
    let three_days = rows(&[
        ("2013-01-01T06:00", 2.0),
        ("2013-01-01T18:00", 4.0),
        ("2013-01-02T06:00", 1.0),
        ("2013-01-02T18:00", 3.0),
        ("2013-01-03T06:00", 0.0),
    ])?;
    let report = dataset.write(three_days.clone(), &first)?;
    println!("three days\n{report}\n");
    assert_eq!((report.inserted, report.row_groups_new), (5, 3));

    // The same rows again, as a retry would send them: nothing is written.
    let report = dataset.write(three_days, &WriteOptions::default())?;
    println!("the same again\n{report}\n");
    assert_eq!((report.identical, report.committed()), (5, false));

    // One row that came late, one correction. Planning reads and writes nothing.
    let late = rows(&[("2013-01-02T12:00", 2.5), ("2013-01-02T18:00", 3.5)])?;
    let plan = dataset.plan_write(late.clone(), &WriteOptions::default())?;
    println!("plan\n{plan}\n");
    assert_eq!((plan.row_groups_kept, plan.row_groups_rewritten), (2, 1));

    // This handle stays at the version that it sees now.
    let before = dataset.detached();
    let report = dataset.write(late, &WriteOptions::default())?;
    println!("late rows\n{report}\n");
    assert_eq!((report.inserted, report.updated, report.late), (1, 1, 2));
    assert_eq!((report.row_groups_kept, report.row_groups_rewritten), (2, 1));

    let second = ScanOptions::default().with_range("2013-01-02".."2013-01-03");
    println!("2 January, before: {} rows", before.read(&second)?.num_rows());
    println!("2 January, after:  {} rows", dataset.read(&second)?.num_rows());
    assert_eq!((before.read(&second)?.num_rows(), dataset.read(&second)?.num_rows()), (2, 3));

    println!("\nthe log");
    for commit in dataset.log()? {
        let (added, removed) = (commit.files_added, commit.files_removed);
        println!("  version {}: {}, {added} files added, {removed} replaced", commit.version, commit.op);
    }
    Ok(())
}

/// Rows of an instant and a temperature.
fn rows(rows: &[(&str, f64)]) -> Result<RecordBatch, Box<dyn Error>> {
    let instants: Result<Vec<i64>, _> = rows.iter().map(|(ts, _)| parse_instant(ts, TimeUnit::Second)).collect();
    let ts = TimestampSecondArray::from(instants?).with_timezone("UTC");
    let temp: Float64Array = rows.iter().map(|(_, temp)| *temp).collect();
    Ok(RecordBatch::try_from_iter([("ts", Arc::new(ts) as ArrayRef), ("temp", Arc::new(temp))])?)
}

//! Segmented aggregation as a job: any split, end and late row comes to what all rows come to at once.

use std::num::NonZeroU64;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, TimestampSecondType};
use proptest::prelude::*;
use varvite_dataset::{Duplicates, ScanOptions, WriteOptions};
use varvite_ops::{Bins, EmptyBins, Function, SegmentOptions, SegmentedAggregation};
use varvite_pipeline::{Late, Scope, SegmentStep, Step, StreamJob, StreamOptions};
use varvite_time::Period;

use crate::world::{Row, World, batch, input_options};

fn minutes() -> SegmentOptions {
    let aggregates = [Function::First, Function::Last, Function::Sum, Function::Rows].map(|function| function.of("n"));
    SegmentOptions::new("at", Bins::every(Period::MINUTE), aggregates).with_empty(EmptyBins::LeftOut)
}

/// Labels and values of each bin.
fn lines(bins: &RecordBatch) -> Vec<(i64, Vec<Option<i64>>)> {
    let at = bins.column(0).as_primitive::<TimestampSecondType>();
    let value = |column: usize, row: usize| {
        let column = arrow::compute::cast(bins.column(column), &arrow::datatypes::DataType::Int64).unwrap();
        column.as_primitive_opt::<Int64Type>().map(|column| column.value(row))
    };
    (0..bins.num_rows())
        .map(|row| (at.value(row), (1..bins.num_columns()).map(|at| value(at, row)).collect()))
        .collect()
}

fn at_once(rows: &RecordBatch) -> Vec<(i64, Vec<Option<i64>>)> {
    let mut aggregation = SegmentedAggregation::try_new(minutes()).unwrap();
    lines(&aggregation.push(rows).unwrap().bins)
}

#[test]
fn only_bins_that_stand_alone_can_be_computed_anew() {
    let scope = |options: SegmentOptions| SegmentStep::new(options).unwrap().scope();
    assert_eq!(scope(minutes()), Scope::Tile(Period::MINUTE));
    assert_eq!(scope(minutes().with_empty(EmptyBins::Null)), Scope::History);
    let by_rows = Bins::rows(NonZeroU64::new(5).unwrap());
    assert_eq!(scope(SegmentOptions::new("at", by_rows, [Function::Sum.of("n")])), Scope::History);
}

#[test]
fn other_options_are_another_step() {
    let world = World::new();
    world.append(&[(1, 1), (70, 2)]);
    let _ = world.bins().run(SegmentStep::new(minutes()).unwrap()).unwrap();
    let other = SegmentOptions::new("at", Bins::every(Period::MINUTE), [Function::Sum.of("n")]);
    assert_eq!(world.bins().run(SegmentStep::new(other).unwrap()).unwrap_err().code(), "VV1003");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bins_of_a_job_are_those_of_all_rows(
        writes in proptest::collection::vec(
            (proptest::collection::vec((-200_i64..300, -9_i64..9), 1..25), 1_usize..30),
            1..8,
        ),
    ) {
        let world = World::new();
        let mut newest = 500;
        for (steps, commit_rows) in writes {
            let mut rows: Vec<Row> = steps.into_iter().map(|(after, n)| ((newest + after).max(0), n)).collect();
            rows.sort_by_key(|row| row.0);
            newest = newest.max(rows.last().map_or(0, |row| row.0));
            let _ = world.input.write(batch(&rows), &input_options()).unwrap();
            let options = StreamOptions::default().with_late(Late::Recompute).with_commit_rows(commit_rows);
            let _ = world.bins().with_options(options).run(SegmentStep::new(minutes()).unwrap()).unwrap();
        }
        let all = world.input.read(&ScanOptions::default()).unwrap();
        let made = world.output.read(&ScanOptions::default()).unwrap();
        let made = concat_batches(&made.schema(), [&made]).unwrap();
        prop_assert_eq!(lines(&made), at_once(&all));
    }
}

/// The open bin is made again: without a key it would be there twice.
#[test]
fn an_output_without_a_key_is_refused() {
    let world = World::new();
    world.append(&[(1, 1), (70, 2)]);
    let step = || SegmentStep::new(minutes()).unwrap();
    let job = |duplicates| {
        let write = WriteOptions::ordered_on("at").with_duplicates_on(duplicates);
        StreamJob::new("bins", "input", &world.input, &world.output, write)
    };
    for duplicates in [Duplicates::KeepAll, Duplicates::AllColumns] {
        assert_eq!(job(duplicates).run(step()).unwrap_err().code(), "VV1002");
    }
    assert_eq!(world.sums().run(step()).unwrap_err().code(), "VV1002");
    assert!(!world.output.exists());
    let _ = world.bins().run(step()).unwrap();
    world.append(&[(80, 3)]);
    // What the output remembers counts, too.
    let same = StreamJob::new("bins", "input", &world.input, &world.output, WriteOptions::default());
    let _ = same.run(step()).unwrap();
    let made = world.output.read(&ScanOptions::default()).unwrap();
    assert_eq!(lines(&made), at_once(&world.input.read(&ScanOptions::default()).unwrap()));
}

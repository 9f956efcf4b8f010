//! Reports: counts that add up, and a plan that says beforehand what is done then.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use common::{named, on_t, open, rows, stored, table, tens};
use varvite_dataset::{Dataset, Duplicates, Mode, PlannedWrite, Rows, WriteOptions, WriteReport};
use varvite_storage::MemoryStorage;

/// Plans and writes. What the plan said must come true, and the counts must be those of the files.
#[track_caller]
fn check(
    storage: &MemoryStorage,
    dataset: &Dataset,
    batch: &arrow::array::RecordBatch,
    options: &WriteOptions,
) -> (PlannedWrite, WriteReport) {
    let before = (storage.files(), dataset.snapshot());
    let plan = dataset.plan_write(batch.clone(), options).unwrap();
    assert_eq!(storage.files(), before.0, "a plan writes nothing");
    let names = |dataset: &Dataset| named(dataset).into_iter().collect::<BTreeSet<_>>();
    let old = names(dataset);
    let rows_before = dataset.snapshot().map_or(0, |snapshot| snapshot.num_rows());
    let report = dataset.write(batch.clone(), options).unwrap();
    let new = names(dataset);

    assert_eq!(report.rows_in, batch.num_rows() as u64);
    assert_eq!(report.rows_in, report.inserted + report.updated + report.identical + report.dropped, "{report}");
    let rows_after = dataset.snapshot().unwrap().num_rows();
    if options.mode == Mode::Overwrite {
        assert_eq!(rows_after, report.inserted);
    } else {
        assert_eq!(rows_after, rows_before + report.inserted, "{report}");
    }
    assert_eq!(report.row_groups_kept, old.intersection(&new).count() as u64, "{report}");
    assert_eq!(report.row_groups_rewritten, old.difference(&new).count() as u64, "{report}");
    assert_eq!(report.row_groups_new, new.difference(&old).count() as u64, "{report}");
    let lens = |wanted: &BTreeSet<String>| -> u64 {
        dataset.snapshot().unwrap().files.iter().filter(|file| wanted.contains(&file.name)).map(|file| file.len).sum()
    };
    assert_eq!(report.bytes_written, lens(&new.difference(&old).cloned().collect()), "{report}");
    assert_eq!(report.version_before, before.1.as_ref().map(|snapshot| snapshot.version));
    assert_eq!(report.version_after, dataset.snapshot().map(|snapshot| snapshot.version));

    assert_eq!((plan.rows_in, plan.dropped, plan.late), (report.rows_in, report.dropped, report.late));
    assert!(plan.inserted_at_most >= report.inserted);
    assert_eq!(plan.bytes_read, report.bytes_read, "{plan}\n{report}");
    assert!(plan.row_groups_rewritten >= report.row_groups_rewritten);
    assert_eq!(plan.row_groups_kept + plan.row_groups_rewritten, old.len() as u64);
    assert_eq!(plan.runs.iter().map(|run| run.row_groups as u64).sum::<u64>(), plan.row_groups_rewritten);
    assert_eq!(plan.runs.iter().map(|run| run.incoming_rows).sum::<u64>(), report.rows_in - report.dropped);
    (plan, report)
}

/// The text with lengths of files left out: those are the encoder's affair.
fn words(text: &impl std::fmt::Display) -> String {
    let text = text.to_string();
    let parts: Vec<&str> = text.split(" bytes ").collect();
    let without = |part: &&str| part.trim_end_matches(|digit: char| digit.is_ascii_digit()).to_owned() + "<n>";
    let (last, others) = parts.split_last().unwrap();
    others.iter().map(|part| without(part) + " bytes ").chain([(*last).to_owned()]).collect()
}

#[test]
fn a_first_write_is_all_new() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let options = on_t().with_duplicates_on(Duplicates::on(["t"]));
    let (plan, report) = check(&storage, &dataset, &table(&[(1, 0), (1, 1), (2, 0), (3, 0)]), &options);
    assert_eq!((report.inserted, report.dropped, report.late, report.row_groups_new), (3, 1, 0, 2));
    insta::assert_snapshot!(words(&plan), @r"
    4 rows: at most 3 inserted, 1 dropped as duplicates (0 late)
    row groups: 0 kept, 0 rewritten; <n> bytes read
      1..3: 3 incoming rows become row groups before position 0
    ");
}

#[test]
fn late_rows_rewrite_what_they_touch() {
    let (storage, dataset) = stored();
    let (plan, report) = check(&storage, &dataset, &table(&[(0, 0), (3, 1), (5, 1), (9, 9)]), &on_t());
    assert_eq!((report.inserted, report.late, report.row_groups_kept, report.row_groups_rewritten), (4, 3, 1, 2));
    insta::assert_snapshot!(words(&plan), @r"
    4 rows: at most 4 inserted, 0 dropped as duplicates (3 late)
    row groups: 1 kept, 2 rewritten; <n> bytes read
      0..0: 1 incoming rows become row groups before position 0
      3..9: 3 incoming rows meet 4 stored rows in row groups 1..3
    ");
    assert_eq!(report.row_groups_coalesced, 0);
}

#[test]
fn updates_and_repeats_are_told_apart() {
    let (storage, dataset) = stored();
    let options = on_t().with_duplicates_on(Duplicates::on(["t"]));
    let rows_in = table(&[(1, 10), (2, 0), (2, 21), (4, 40), (7, 1), (7, 2)]);
    let (_, report) = check(&storage, &dataset, &rows_in, &options);
    assert_eq!((report.inserted, report.updated, report.identical, report.dropped), (1, 1, 2, 2));
    assert_eq!(report.late, 3);
    assert_eq!(rows(&dataset), [(1, 10), (2, 21), (3, 30), (4, 40), (5, 50), (6, 60), (7, 2)]);
    // The row group of 3 and 4 was read, and left as it was.
    assert_eq!((report.row_groups_kept, report.row_groups_rewritten), (2, 1));
}

#[test]
fn repeats_alone_leave_all_files() {
    let (storage, dataset) = stored();
    let options = on_t().with_duplicates_on(Duplicates::AllColumns);
    let (plan, report) = check(&storage, &dataset, &tens([1, 4, 5]), &options);
    assert_eq!((report.identical, report.committed()), (3, false));
    assert_eq!((plan.row_groups_rewritten, report.row_groups_kept), (3, 3));
}

#[test]
fn small_row_groups_are_gathered_and_counted() {
    let (storage, dataset) = stored();
    let options = on_t().with_row_group_target_size(6).with_max_n_off_target_rgs(0);
    let (plan, report) = check(&storage, &dataset, &tens([7]), &options);
    assert_eq!((report.row_groups_coalesced, report.row_groups_rewritten, report.row_groups_new), (3, 3, 2));
    insta::assert_snapshot!(words(&plan), @r"
    1 rows: at most 1 inserted, 0 dropped as duplicates (0 late)
    row groups: 0 kept, 3 rewritten; <n> bytes read
      1..7: 1 incoming rows meet 6 stored rows in row groups 0..3
    ");
}

#[test]
fn an_overwrite_reads_nothing() {
    let (storage, dataset) = stored();
    let (plan, report) = check(&storage, &dataset, &tens([4, 5, 6]), &on_t().with_mode(Mode::Overwrite));
    assert_eq!((report.inserted, report.row_groups_rewritten, report.row_groups_new, report.bytes_read), (3, 3, 2, 0));
    insta::assert_snapshot!(words(&plan), @r"
    3 rows: at most 3 inserted, 0 dropped as duplicates (2 late)
    at most 6 stored rows deleted
    row groups: 0 kept, 3 rewritten; <n> bytes read
      4..6: 3 incoming rows replace 6 stored rows in row groups 0..3
    ");
}

#[test]
fn an_append_leaves_all_files() {
    let (storage, dataset) = stored();
    let (plan, report) = check(&storage, &dataset, &tens([6, 7, 8]), &on_t().with_mode(Mode::Append));
    assert_eq!((report.inserted, report.row_groups_kept, report.row_groups_new), (3, 3, 2));
    insta::assert_snapshot!(words(&plan), @r"
    3 rows: at most 3 inserted, 0 dropped as duplicates (0 late)
    row groups: 3 kept, 0 rewritten; <n> bytes read
      6..8: 3 incoming rows become row groups before position 3
    ");
}

#[test]
fn nothing_is_planned_for_nothing() {
    let (_, dataset) = stored();
    let plan = dataset.plan_write(Rows::none(), &on_t()).unwrap();
    insta::assert_snapshot!(words(&plan), @r"
    0 rows: at most 0 inserted, 0 dropped as duplicates (0 late)
    row groups: 3 kept, 0 rewritten; <n> bytes read
    ");
    let report = dataset.write(Rows::none(), &on_t()).unwrap();
    insta::assert_snapshot!(words(&report), @r"
    0 rows: 0 inserted, 0 updated, 0 identical, 0 dropped as duplicates (0 late)
    row groups: 3 kept, 0 rewritten (0 coalesced), 0 new; <n> bytes read, <n> bytes written
    nothing changed, nothing committed
    ");
}

#[test]
fn a_plan_refuses_what_a_write_refuses() {
    let (_, dataset) = stored();
    for (rows, options) in [
        (tens([8, 7]), on_t()),
        (tens([7]), WriteOptions::ordered_on("v")),
        (tens([5]), on_t().with_mode(Mode::Append)),
        (tens([7]), on_t().with_row_group_target_size(0)),
    ] {
        let planned = dataset.plan_write(rows.clone(), &options).unwrap_err();
        let written = dataset.write(rows, &options).unwrap_err();
        assert_eq!(planned.to_string(), written.to_string());
    }
}

#[test]
fn a_report_is_readable() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let options = on_t().with_duplicates_on(Duplicates::on(["t"]));
    insta::assert_snapshot!(words(&dataset.write(tens([1, 2, 3]), &options).unwrap()), @r"
    3 rows: 3 inserted, 0 updated, 0 identical, 0 dropped as duplicates (0 late)
    row groups: 0 kept, 0 rewritten (0 coalesced), 2 new; <n> bytes read, <n> bytes written
    version 0 (new dataset)
    ");
    insta::assert_snapshot!(words(&dataset.write(table(&[(0, 0), (2, 0), (3, 30), (3, 30)]), &options).unwrap()), @r"
    4 rows: 1 inserted, 1 updated, 1 identical, 1 dropped as duplicates (2 late)
    row groups: 0 kept, 2 rewritten (0 coalesced), 2 new; <n> bytes read, <n> bytes written
    version 0 -> 1
    ");
    insta::assert_snapshot!(words(&dataset.write(tens([1]), &options).unwrap()), @r"
    1 rows: 0 inserted, 0 updated, 1 identical, 0 dropped as duplicates (1 late)
    row groups: 2 kept, 0 rewritten (0 coalesced), 0 new; <n> bytes read, <n> bytes written
    nothing changed, nothing committed
    ");
}

#[test]
fn rows_of_a_race_are_counted_once_the_winner_is_known() {
    let storage = MemoryStorage::new();
    let (first, second) = (open(&storage).unwrap(), open(&storage).unwrap());
    let _ = first.write(tens([1, 2]), &on_t().with_duplicates_on(Duplicates::AllColumns)).unwrap();
    // Where rows met one another only after the winner's key was known.
    let report = second.write(tens([2, 2, 3, 3]), &on_t()).unwrap();
    assert_eq!(report.rows_in, report.inserted + report.updated + report.identical + report.dropped, "{report}");
    assert_eq!((report.inserted, report.identical), (1, 1), "{report}");
    assert_eq!(report.version_before, Some(0));
}

#[test]
fn the_last_row_of_a_race_survives_by_the_key_of_the_winner() {
    let storage = MemoryStorage::new();
    let (first, second) = (open(&storage).unwrap(), open(&storage).unwrap());
    let _ = first.write(tens([1, 2]), &on_t().with_duplicates_on(Duplicates::on(["t"]))).unwrap();
    let report = second.write(table(&[(1, 11), (1, 10), (2, 20), (2, 99)]), &on_t()).unwrap();
    assert_eq!(rows(&open(&storage).unwrap()), [(1, 10), (2, 99)]);
    assert_eq!((report.inserted, report.updated + report.identical, report.dropped), (0, 2, 2), "{report}");
}

#[test]
fn counts_add_up_whatever_is_written() {
    // A small walk through sizes, modes and keys, the same in every run.
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..40 {
        let storage = MemoryStorage::new();
        let dataset = open(&storage).unwrap();
        for _ in 0..6 {
            let mut rows: Vec<(i64, i64)> =
                (0..next(9)).map(|_| (i64::try_from(next(14)).unwrap(), i64::try_from(next(2)).unwrap())).collect();
            rows.sort_by_key(|row| row.0);
            let mut options = on_t().with_row_group_target_size(1 + next(5)).with_duplicates_on(match next(3) {
                0 => Duplicates::KeepAll,
                1 => Duplicates::on(["t"]),
                _ => Duplicates::AllColumns,
            });
            if next(4) == 0 {
                options = options.with_mode(Mode::Overwrite);
            }
            if next(2) == 0 {
                options = options.with_max_n_off_target_rgs(usize::try_from(next(3)).unwrap());
            }
            if options.duplicates_on == Some(Duplicates::KeepAll)
                || options.mode == Mode::Overwrite
                || is_distinct(&dataset)
            {
                let _ = check(&storage, &dataset, &table(&rows), &options);
            }
        }
    }
}

/// Whether no two stored rows have one time: then a write with a key cannot remove older duplicates beside its own.
fn is_distinct(dataset: &Dataset) -> bool {
    !dataset.exists() || rows(dataset).windows(2).all(|pair| pair[0].0 != pair[1].0)
}

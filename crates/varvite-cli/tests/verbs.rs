//! `varvite dataset replace`, `delete`, `compact` and `remove`: reports, plans, what is refused.

mod common;

use common::{files, folder, varvite, with_day, with_input};

/// The rows of `day` as CSV.
fn times(folder: &std::path::Path) -> Vec<String> {
    let rows = varvite(folder, "dataset scan day --columns ts -o - --format csv").ok();
    rows.lines().skip(1).map(|line| line[5..13].to_owned()).collect()
}

#[test]
fn a_range_is_deleted() {
    let folder = with_day();
    let line = "dataset delete day --start 2024-03-01T03:00 --end 2024-03-02";
    let report = varvite(folder.path(), line).ok();
    assert!(report.contains("7 stored rows deleted\n") && report.ends_with("version 0 -> 1\n"), "{report}");
    assert_eq!(times(folder.path()), ["03-01T00", "03-02T00"]);
    let again = varvite(folder.path(), &format!("{line} --json")).json();
    assert_eq!((again["committed"].clone(), again["deleted"].clone()), (false.into(), 0.into()));
}

#[test]
fn one_bound_is_enough() {
    let folder = with_day();
    varvite(folder.path(), "dataset delete day --start 2024-03-01T06:00").ok();
    assert_eq!(times(folder.path()), ["03-01T00", "03-01T03"]);
    varvite(folder.path(), "dataset delete day --end 2024-03-01T01:00").ok();
    assert_eq!(times(folder.path()), ["03-01T03"]);
}

#[test]
fn keys_are_deleted() {
    let folder = with_day();
    let keys = b"symbol,ts\nA,2024-03-01T00:00:00Z\nA,2024-03-01T03:00:00Z\n,2024-03-01T21:00:00Z\n";
    let report = with_input(folder.path(), "dataset delete day --keys - --json", keys).json();
    assert_eq!((report["deleted"].clone(), report["version_after"].clone()), (2.into(), 1.into()));
    assert_eq!(times(folder.path()).len(), 7);
}

#[test]
fn a_planned_delete_deletes_nothing() {
    let folder = with_day();
    let before = files(folder.path());
    let plan = varvite(folder.path(), "dataset delete day --end 2024-03-01T12:00 --dry-run").ok();
    assert!(plan.contains("\nat most 9 stored rows deleted\nrow groups: 0 kept, 1 rewritten;"), "{plan}");
    assert!(plan.ends_with("meet 9 stored rows in row groups 0..1\ndry run: nothing was written\n"), "{plan}");
    let keys = b"ts\n2024-03-01T00:00:00Z\n";
    let plan = with_input(folder.path(), "dataset delete day --keys - --dry-run --json", keys).json();
    assert_eq!((plan["dry_run"].clone(), plan["deleted_at_most"].clone()), (true.into(), 9.into()));
    assert_eq!(files(folder.path()), before);
}

#[test]
fn what_to_delete_has_to_be_said() {
    let folder = with_day();
    let before = files(folder.path());
    for line in ["dataset delete day", "dataset delete day --keys day.csv --end 1", "dataset replace day day.csv"] {
        assert_eq!(varvite(folder.path(), line).code, 2, "{line}");
    }
    let error = with_input(folder.path(), "dataset delete day --keys -", b"symbol\nA\n").refused();
    insta::assert_snapshot!(error, @r"
    error[VV0111]: option `keys` is not usable: the ordered column `ts` belongs to every key
      dataset  day   (unchanged)
    ");
    insta::assert_snapshot!(varvite(folder.path(), "dataset delete dya --end 1").refused(), @r"
    error[VV0101]: there is no dataset at `dya`
      dataset  dya   (unchanged)
      help     did you mean `day`?
    ");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_range_is_replaced() {
    let folder = with_day();
    let line = "dataset replace day - --start 2024-03-01T03:00 --end 2024-03-01T21:00";
    let rows = b"ts,symbol,price,volume\n2024-03-01T04:00:00Z,A,1,1\n2024-03-01T06:00:00Z,B,2,2\n";
    let plan = with_input(folder.path(), &format!("{line} --dry-run --json"), rows).json();
    assert_eq!((plan["rows_in"].clone(), plan["committed"].clone()), (2.into(), false.into()));
    let report = with_input(folder.path(), &format!("{line} --json"), rows).json();
    assert_eq!((report["inserted"].clone(), report["deleted"].clone()), (2.into(), 6.into()));
    assert_eq!(times(folder.path()), ["03-01T00", "03-01T04", "03-01T06", "03-01T21", "03-02T00"]);
    let late = b"ts,symbol,price,volume\n2024-03-01T22:00:00Z,A,1,1\n";
    insta::assert_snapshot!(with_input(folder.path(), line, late).refused(), @r"
    error[VV0115]: a row at 2024-03-01T22:00:00Z lies outside the range 2024-03-01T03:00..2024-03-01T21:00
      dataset  day   (unchanged)
      help     give a range that holds all rows, or merge them with `varvite dataset write`
    ");
}

#[test]
fn a_range_may_be_the_first_write() {
    let folder = folder();
    let line = "dataset replace d - --start 0 --end 9 --ordered-on n --row-group-target-size 10 --json";
    assert_eq!(with_input(folder.path(), line, b"n\n1\n2\n").json()["version_after"], 0);
}

#[test]
fn row_groups_are_compacted() {
    let folder = folder();
    for n in 0..5 {
        let rows = format!("n,x\n{n},a\n{n},b\n");
        with_input(folder.path(), "dataset write d - --ordered-on n --row-group-target-size 4", rows.as_bytes()).ok();
    }
    let plan = varvite(folder.path(), "dataset compact d --dry-run --json").json();
    assert_eq!((plan["row_groups_rewritten"].clone(), plan["dry_run"].clone()), (5.into(), true.into()));
    let report = varvite(folder.path(), "dataset compact d --json").json();
    assert_eq!((report["row_groups_new"].clone(), report["deleted"].clone()), (2.into(), 0.into()));
    let report = varvite(folder.path(), "dataset compact d --everything --duplicates-on n --json").json();
    assert_eq!(report["deleted"], 5);
    varvite(folder.path(), "dataset compact d --everything --row-group-target-size 100").ok();
    let info = varvite(folder.path(), "dataset info d --json").json();
    assert_eq!((info["row_groups"].as_array().unwrap().len(), info["num_rows"].clone()), (1, 5.into()));
    assert_eq!(info["settings"]["row_group_target_size"], "100");
    let again = varvite(folder.path(), "dataset compact d").ok();
    assert!(again.ends_with("nothing changed, nothing committed\n"), "{again}");
}

#[test]
fn columns_are_added_and_widened() {
    let folder = folder();
    with_input(folder.path(), "dataset write d - --ordered-on n", b"n,x\n1,1\n").ok();
    let wider = b"n,x,y\n2,2,b\n";
    let error = with_input(folder.path(), "dataset write d -", wider).refused();
    assert!(error.starts_with("error[VV0107]: column `y` does not fit the stored schema"), "{error}");
    with_input(folder.path(), "dataset write d - --evolve", wider).ok();
    with_input(folder.path(), "dataset write d - --evolve", b"n\n3\n").ok();
    let rows = varvite(folder.path(), "dataset scan d -o - --format csv").ok();
    assert_eq!(rows, "n,x,y\n1,1,\n2,2,b\n3,,\n");
}

#[test]
fn wider_types_of_a_file_are_taken_only_if_asked() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch};

    let folder = folder();
    let save = |name: &str, x: ArrayRef| {
        let columns = [("n", Arc::new(Int64Array::from(vec![1])) as ArrayRef), ("x", x)];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = std::fs::File::create(folder.path().join(name)).unwrap();
        let mut writer = arrow::ipc::writer::FileWriter::try_new(file, batch.schema_ref()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    };
    save("narrow.arrow", Arc::new(Float32Array::from(vec![0.5])));
    save("wide.arrow", Arc::new(Float64Array::from(vec![0.1])));
    varvite(folder.path(), "dataset write d narrow.arrow --ordered-on n").ok();
    let error = varvite(folder.path(), "dataset write d wide.arrow").refused();
    assert!(error.starts_with("error[VV0904]: column `x` of `wide.arrow`: 0.1 at row 0 is no Float32"), "{error}");
    varvite(folder.path(), "dataset write d wide.arrow --evolve").ok();
    varvite(folder.path(), "dataset write d narrow.arrow").ok();
    let info = varvite(folder.path(), "dataset info d --json").json();
    assert_eq!((info["schema"][1]["type"].clone(), info["num_rows"].clone()), ("Float64".into(), 3.into()));
}

#[test]
fn a_dataset_is_removed_only_if_that_is_said() {
    let folder = with_day();
    let before = files(folder.path());
    let run = varvite(folder.path(), "dataset remove day");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("9 rows (") && run.err.contains("would be removed for ever: say --yes"), "{}", run.err);
    assert_eq!(files(folder.path()), before);
    let report = varvite(folder.path(), "dataset remove day --yes --json").json();
    assert_eq!((report["removed"].clone(), report["num_rows"].clone()), (true.into(), 9.into()));
    let left: Vec<String> = files(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, ["day.csv"]);
    varvite(folder.path(), "dataset write day day.csv --ordered-on ts").ok();
    let text = varvite(folder.path(), "dataset remove day --yes").ok();
    assert!(text.starts_with("9 rows removed ("), "{text}");
}

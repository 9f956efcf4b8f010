//! Every kind of bad input: what is said, that nothing changed, and the exit code.

mod common;

use common::{files, folder, varvite, with_day, with_input};

/// Refuses `line`, run on the dataset `day`, with this message.
macro_rules! refused {
    ($line:expr, $input:expr, @$message:literal) => {{
        let folder = with_day();
        let before = files(folder.path());
        let error = with_input(folder.path(), $line, $input.as_bytes()).refused();
        insta::assert_snapshot!(error, @$message);
        assert_eq!(files(folder.path()), before);
    }};
    ($line:expr, @$message:literal) => { refused!($line, "", @$message) };
}

#[test]
fn rows_that_descend() {
    refused!(
        "dataset write day -",
        "ts,symbol,price,volume\n2024-03-01T10:05:00Z,A,1,1\n2024-03-01T10:00:00Z,A,1,1\n",
        @r"
    error[VV0104]: column `ts` descends at row 1: 2024-03-01T10:00:00Z after 2024-03-01T10:05:00Z
      dataset  day   (unchanged)
      help     sort the batch on `ts`, or pass --sort
    "
    );
}

#[test]
fn rows_behind_an_append() {
    refused!("dataset write day day.csv --mode append", @r"
    error[VV0114]: rows begin at 2024-03-01T00:00:00Z, before the newest stored 2024-03-02T00:00:00Z, and can only be merged
      dataset  day   (unchanged)
      help     leave --mode append out: a merge takes late rows
    ");
}

#[test]
fn a_file_that_is_not_there() {
    refused!("dataset write day nothing.csv", @r"
    error[VV0901]: cannot open `nothing.csv`
      dataset  day   (unchanged)
      cause    No such file or directory (os error 2)
      help     check the path; `-` reads standard input
    ");
}

#[test]
fn a_file_of_another_format() {
    let folder = with_day();
    std::fs::write(folder.path().join("day.parquet"), "ts,x\n1,2\n").unwrap();
    let error = varvite(folder.path(), "dataset write day day.parquet").refused();
    assert!(error.starts_with("error[VV0902]: cannot read `day.parquet` as Parquet\n"), "{error}");
}

#[test]
fn a_ragged_file() {
    let folder = with_day();
    let error = with_input(folder.path(), "dataset write day -", b"ts,x\n1,2\n3\n").refused();
    assert!(
        error.starts_with("error[VV0902]: cannot read `-` as CSV\n  dataset  day   (unchanged)\n  cause  "),
        "{error}"
    );
}

#[test]
fn a_column_that_is_missing() {
    refused!("dataset write day -", "ts,symbol,price\n2024-03-03,A,1\n", @r"
    error[VV0107]: column `volume` does not fit the stored schema: the rows do not have it
      dataset  day   (unchanged)
      help     rename, add or cast columns so that they match the stored schema
    ");
}

#[test]
fn an_unknown_column() {
    refused!("dataset scan day --columns ts,prize", @r"
    error[VV0106]: there is no column `prize`: did you mean `price`?
      dataset  day
    ");
    refused!("dataset write new day.csv --ordered-on tss", @r"
    error[VV0106]: there is no column `tss`: did you mean `ts`?
      dataset  new   (unchanged)
    ");
}

#[test]
fn another_ordered_column() {
    refused!("dataset write day day.csv --ordered-on price", @r"
    error[VV0108]: the dataset is ordered on `ts`, not on `price`
      dataset  day   (unchanged)
      help     leave --ordered-on out: the dataset remembers it
    ");
}

#[test]
fn a_new_dataset_without_an_order() {
    refused!("dataset write new day.csv", @r"
    error[VV0109]: a new dataset needs a column that it is ordered on
      dataset  new   (unchanged)
      help     name it with --ordered-on
    ");
}

#[test]
fn a_period_where_rows_are_ordered_on_numbers() {
    let folder = folder();
    let error =
        with_input(folder.path(), "dataset write d - --ordered-on n --row-group-target-size 1D", b"n\n1\n").refused();
    assert!(error.starts_with("error[VV0111]"), "{error}");
}

#[test]
fn a_folder_that_is_no_dataset() {
    let folder = with_day();
    std::fs::create_dir(folder.path().join("plain")).unwrap();
    insta::assert_snapshot!(varvite(folder.path(), "dataset info plain").refused(), @r"
    error[VV0101]: there is no dataset at `plain`
      help     check the path, or write to it first
    ");
    insta::assert_snapshot!(varvite(folder.path(), "dataset log dya").refused(), @r"
    error[VV0101]: there is no dataset at `dya`
      help     did you mean `day`?
    ");
}

#[test]
fn a_bound_that_is_no_time() {
    let error = varvite(with_day().path(), "dataset scan day --start soon").refused();
    assert!(error.starts_with("error[VV0112]: `soon` is no Timestamp(µs, \"UTC\")"), "{error}");
}

#[test]
fn inputs_with_other_columns() {
    let folder = with_day();
    std::fs::write(folder.path().join("other.csv"), "ts,symbol\n2024-03-03,A\n").unwrap();
    insta::assert_snapshot!(varvite(folder.path(), "dataset write day day.csv other.csv").refused(), @r"
    error[VV0903]: the columns of `other.csv` are not those of `day.csv`: `price` is missing
      dataset  day   (unchanged)
      help     write the files one by one, or give them the same columns
    ");
}

#[test]
fn nested_columns_into_csv() {
    let folder = folder();
    with_input(folder.path(), "dataset write d - --ordered-on n", b"{\"n\":1,\"tags\":[\"a\"]}\n").ok();
    insta::assert_snapshot!(varvite(folder.path(), "dataset scan d -o d.csv").refused(), @r"
    error[VV0906]: column `tags` is nested, which CSV cannot hold
      dataset  d
      help     leave it out with --columns, or write .parquet, .arrow or .jsonl
    ");
    assert!(!folder.path().join("d.csv").exists());
}

#[test]
fn bad_usage_is_exit_code_2() {
    let folder = with_day();
    let check = |line: &str, message: &str| {
        let run = varvite(folder.path(), line);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{line}");
        assert!(run.err.contains(message), "{line}: {}", run.err);
    };
    check("", "Usage");
    check("dataset", "Usage");
    check("dataset wriet day", "write");
    check("dataset write day", "<INPUT");
    check("dataset write day day.csv --row-group-target-size 1ME", "use `MS`");
    check("dataset write day day.csv --row-group-target-size 0", "row_group_target_size");
    check("dataset write day day.csv --duplicates-on ts --duplicates-on-all", "cannot be used with");
    check("dataset write day --set owner", "KEY=VALUE");
    check("dataset write day --set a=b --mode overwrite", "--mode needs an INPUT");
    check("dataset scan day -o day.txt", "--format");
    check("store intersections . --key day --every soon", "no period");
    check("man datasets", "did you mean `dataset`?");
}

//! `varvite dataset import`: datasets that oups wrote.

mod common;

use common::{files, folder, varvite};

/// A dataset that oups wrote, by its path.
fn seed(name: &str) -> String {
    format!("{}/../varvite-dataset/tests/fixtures/oups/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_dataset_of_oups_is_imported() {
    let folder = folder();
    let line = format!("dataset import {} new/day --row-group-target-size 1D", seed("day"));
    let plan = varvite(folder.path(), &format!("{line} --dry-run")).ok();
    assert_eq!(
        plan,
        "9 rows in 3 row groups, ordered on `ts`; 6 entries of metadata kept\ndry run: nothing was written\n"
    );
    assert!(files(folder.path()).is_empty());
    let report = varvite(folder.path(), &format!("{line} --json")).json();
    assert_eq!((report["num_rows"].clone(), report["written"]["row_groups_new"].clone()), (9.into(), 2.into()));
    let info = varvite(folder.path(), "dataset info new/day --json").json();
    assert_eq!((info["version"].clone(), info["key_value_metadata"]["owner"].clone()), (0.into(), "ann".into()));
    let again = varvite(folder.path(), &line).refused();
    assert!(again.starts_with("error[VV0111]: option `target` is not usable: there is a dataset at"), "{again}");
}

#[test]
fn pickled_objects_are_left_out() {
    let folder = folder();
    let line = format!("dataset import {} new", seed("state"));
    let error = varvite(folder.path(), &line).refused();
    assert!(error.starts_with("error[VV0109]") && error.contains("name it with --ordered-on"), "{error}");
    let text = varvite(folder.path(), &format!("{line} --ordered-on ts")).ok();
    assert!(text.contains("note: the metadata is left out: instruction 0x"), "{text}");
    assert_eq!(varvite(folder.path(), "dataset scan new --json").ok().lines().count(), 9);
}

#[test]
fn what_is_no_dataset_of_oups_is_refused() {
    let folder = common::with_day();
    let error = varvite(folder.path(), "dataset import day new").refused();
    assert!(error.starts_with("error[VV0101]: there is no dataset at"), "{error}");
}

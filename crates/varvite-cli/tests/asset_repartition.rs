//! `varvite asset repartition`: another resolution for the same rows.
#![cfg(feature = "asset")]

mod common;

use common::assets::with_catalog;
use common::varvite;

#[test]
fn rows_stay_and_intervals_change() {
    let folder = with_catalog();
    insta::assert_snapshot!(varvite(folder.path(), "asset repartition c weather --to 12h").ok(), @r"
    weather 12h v1: 6 rows
      region=north: 4 rows, 4 new, 0 gone; covers 2024-01-01T00:00:00Z..2024-01-03T00:00:00Z 2024-01-04T00:00:00Z..2024-01-05T00:00:00Z
      region=south: 2 rows, 2 new, 0 gone; covers 2024-01-01T00:00:00Z..2024-01-02T00:00:00Z 2024-01-04T00:00:00Z..2024-01-05T00:00:00Z
    ");
    let kept = varvite(folder.path(), "asset ls c --json").json();
    assert_eq!(kept["assets"].as_array().unwrap().len(), 4);
    let again = varvite(folder.path(), "asset repartition c weather@1d --to 12h");
    insta::assert_snapshot!(again.refused(), @r"
    error[VV0604]: option `to` cannot be used: weather 12h v1 exists: it can be replaced
      asset    weather@1d@v1   (unchanged)
      help     pass --replace to write over it, or name another resolution
    ");
    let line = "asset repartition c weather@1d --to 12h --replace --remove --json";
    assert_eq!(varvite(folder.path(), line).json()["partitions"][0]["rows"], 4);
    let rows = varvite(folder.path(), "asset fetch c weather --json").ok();
    assert_eq!(rows.lines().count(), 6, "the old resolution is gone: the name is clear");
}

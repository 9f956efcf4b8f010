//! `varvite dataset info`, `log` and `check`.

mod common;

use common::{files, redact, varvite, with_day, with_input};

#[test]
fn info() {
    let folder = with_day();
    varvite(folder.path(), "dataset write day --set owner=ann").ok();
    insta::assert_snapshot!(redact(&varvite(folder.path(), "dataset info day").ok()));
}

#[test]
fn info_as_json() {
    let info = varvite(with_day().path(), "dataset info day --json").json();
    assert_eq!((info["num_rows"].clone(), info["version"].clone()), (9.into(), 0.into()));
    assert_eq!(info["row_groups"][0]["min"], "2024-03-01T00:00:00Z");
    let buckets = info["coverage"]["buckets"].as_array().unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket["rows"].as_u64().unwrap()).sum::<u64>(), 9);
}

#[test]
fn no_picture_where_rows_are_not_ordered_on_time() {
    let folder = common::folder();
    with_input(folder.path(), "dataset write d - --ordered-on n", b"n\n1\n").ok();
    let info = varvite(folder.path(), "dataset info d").ok();
    assert!(!info.contains("coverage"), "{info}");
    assert!(varvite(folder.path(), "dataset info d --json").json()["coverage"].is_null());
}

#[test]
fn log() {
    let folder = with_day();
    let rows = b"ts,symbol,price,volume\n2024-03-05,A,1,1\n";
    with_input(folder.path(), "dataset write day - --mode append", rows).ok();
    insta::assert_snapshot!(redact(&varvite(folder.path(), "dataset log day").ok()), @r"
    version  when                      what    from                  to                    rows written  files added  removed
    ───────  ────────────────────────  ──────  ────────────────────  ────────────────────  ────────────  ───────────  ───────
          0  [when]  merge   2024-03-01T00:00:00Z  2024-03-02T00:00:00Z             9            1        0
          1  [when]  append  2024-03-05T00:00:00Z  2024-03-05T00:00:00Z             1            1        0
    2 commits
    ");
    let log = varvite(folder.path(), "dataset log day --json").json();
    assert_eq!(log["commits"][1]["op"], "append");
}

#[test]
fn a_sound_dataset() {
    let folder = with_day();
    assert_eq!(varvite(folder.path(), "dataset check day").ok(), "1 files checked, all sound\n");
    assert_eq!(varvite(folder.path(), "dataset check day --deep --json").json()["ok"], true);
}

#[test]
fn a_flipped_byte_is_found_by_a_deep_check() {
    let folder = with_day();
    let (name, mut bytes) = files(folder.path()).into_iter().find(|(name, _)| name.ends_with(".parquet")).unwrap();
    bytes[40] ^= 1;
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let run = varvite(folder.path(), "dataset check day --deep");
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{}", run.out);
    assert!(run.out.contains("damage: ") && run.out.ends_with("damage found\n"), "{}", run.out);
    let run = varvite(folder.path(), "dataset check day --deep --json");
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, report["ok"].clone(), report["findings"][0]["damage"].clone()),
        (1, false.into(), true.into())
    );
}

#[test]
fn a_stranger_among_the_files_is_a_note() {
    let folder = with_day();
    std::fs::write(folder.path().join("day/notes.txt"), "hello").unwrap();
    let out = varvite(folder.path(), "dataset check day").ok();
    assert!(out.starts_with("note: notes.txt"), "{out}");
}

#[test]
fn what_is_in_the_way_is_repaired_if_asked() {
    let folder = with_day();
    varvite(folder.path(), "dataset delete day --end 2024-03-01T06:00").ok();
    let old = std::fs::read_dir(folder.path().join("day_opdmd/replaced")).unwrap().next().unwrap().unwrap();
    std::fs::copy(old.path(), folder.path().join("day").join(old.file_name())).unwrap();
    std::fs::write(folder.path().join("day/notes.txt"), "hello").unwrap();
    let before = files(folder.path());
    let found = varvite(folder.path(), "dataset check day --json").json();
    assert_eq!((found["ok"].clone(), found["findings"][0]["remedy"].clone()), (true.into(), "move_away".into()));
    assert_eq!(files(folder.path()), before);
    insta::assert_snapshot!(redact(&varvite(folder.path(), "dataset check day --repair").ok()).replace(&old.file_name().to_string_lossy().into_owned(), "[old]"), @r"
    moved away: [old]: the newest version does not name it
    note: notes.txt: it is no file of the dataset
    1 files checked, 1 repaired, all sound
    ");
    let again = varvite(folder.path(), "dataset check day --repair --deep --json").json();
    assert_eq!((again["repaired"].clone(), again["locked"].clone()), (serde_json::json!([]), true.into()));
    assert_eq!(std::fs::read_to_string(folder.path().join("day/notes.txt")).unwrap(), "hello");
}

#[test]
fn damage_stays_and_is_listed() {
    let folder = with_day();
    let (name, _) = files(folder.path()).into_iter().find(|(name, _)| name.ends_with(".parquet")).unwrap();
    std::fs::remove_file(folder.path().join(name)).unwrap();
    let run = varvite(folder.path(), "dataset check day --repair");
    assert_eq!(run.code, 1);
    assert!(run.out.starts_with("damage: ") && run.out.ends_with("0 repaired, damage found\n"), "{}", run.out);
}

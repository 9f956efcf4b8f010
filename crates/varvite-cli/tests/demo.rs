//! `varvite demo`: what it counts, and what it leaves.

mod common;

use common::{folder, varvite};

#[test]
fn the_facts() {
    let folder = folder();
    let demo = varvite(folder.path(), "demo weather --json").json();
    assert_eq!((demo["num_rows"].clone(), demo["kept"].clone()), (26115.into(), true.into()));
    let part = |name: &str| {
        let parts = demo["parts"].as_array().unwrap();
        parts.iter().find(|part| part["name"] == name).unwrap()["facts"].clone()
    };
    let missing: Vec<u64> = part("missing")["stations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|station| station["missing_hours"].as_u64().unwrap())
        .collect();
    assert_eq!(missing, [27, 24, 24]);
    assert_eq!(part("missing")["repeated_local_hour"].as_array().unwrap().len(), 2);

    let again = &part("late")["same_week"];
    assert_eq!(
        (again["identical"].clone(), again["inserted"].clone(), again["updated"].clone()),
        (168.into(), 0.into(), 0.into())
    );
    assert_eq!(again["version_before"], again["version_after"]);
    let late = &part("late")["late"];
    assert_eq!(
        (late["inserted"].clone(), late["updated"].clone(), late["identical"].clone()),
        (6.into(), 3.into(), 18.into())
    );
    assert_eq!((late["row_groups_rewritten"].clone(), late["row_groups_kept"].clone()), (2.into(), 10.into()));
    assert_eq!(part("late")["files_rewritten"], serde_json::json!([4, 6]));

    assert_eq!(
        (part("walk")["chunks"].clone(), part("walk")["months"][0]["month"].clone()),
        (11.into(), "2013-02".into())
    );
    assert_eq!(part("elsewhere")["rows"], 26115);
}

#[cfg(feature = "feature")]
#[test]
fn no_departure_knows_its_future() {
    let folder = folder();
    let demo = varvite(folder.path(), "demo weather --json").json();
    let part = demo["parts"].as_array().unwrap().iter().find(|part| part["name"] == "features").unwrap();
    let facts = &part["facts"];
    let measured = ["98.1", "83.7", "89.0", "82.4", "86.1", "76.4", "61.0", "61.0", "95.4", "82.5"];
    let known = ["98.1", "83.7", "89.0", "82.4", "298.3", "104.2", "-", "60.9", "95.4", "82.5"];
    assert_eq!((&facts["measured"], &facts["known"]), (&serde_json::json!(measured), &serde_json::json!(known)));
    assert!(facts["null"].as_str().unwrap().contains("too old"), "{facts}");
    // The thermometer that read too much, and nothing else, is found by a check. A row alone: 1 °F in the tables.
    assert_eq!(facts["warning"], "JFK, check of `felt`, range -60.0..=130.0: 3 of 8700 rows");
    assert!((facts["one_row"].as_f64().unwrap() - 1.3).abs() < 0.05, "{facts}");
    let line = "feature get weather/features weather.temp --key origin=JFK --at 2013-07-04T14:30 -o - --format csv";
    assert_eq!(varvite(folder.path(), line).ok(), "origin,temp\nJFK,80.96\n");
}

#[cfg(feature = "asset")]
#[test]
fn what_was_never_written_is_told() {
    let folder = folder();
    let demo = varvite(folder.path(), "demo weather --json").json();
    let part = demo["parts"].as_array().unwrap().iter().find(|part| part["name"] == "assets").unwrap();
    let facts = &part["facts"];
    assert_eq!((&facts["rows"], &facts["recent"]), (&1997.into(), &144.into()));
    let days: Vec<&str> =
        facts["days"].as_array().unwrap().iter().map(|day| &day[0].as_str().unwrap()[8..10]).collect();
    assert_eq!(days, ["08", "09", "12", "13"]);
    assert_eq!(facts["summary"]["fields"][3]["missing"], 2);
    let gaps = varvite(folder.path(), "asset gaps weather/assets weather --range 2013-12-08..2013-12-14 --json").json();
    assert_eq!(gaps["gaps"][0]["intervals"], 2);
}

#[test]
fn the_files_stay_and_are_sound() {
    let folder = folder();
    let out = varvite(folder.path(), "demo weather").ok();
    assert!(out.contains("26,115 rows") && out.contains("The files stay in"), "{out}");
    for station in ["EWR", "JFK", "LGA"] {
        let check = varvite(folder.path(), &format!("dataset check weather/{station}/1h --deep")).ok();
        assert_eq!(check, "12 files checked, all sound\n");
    }
}

/// With everything built in.
#[cfg(feature = "sql")]
#[test]
fn what_is_printed() {
    let folder = folder();
    let out = varvite(folder.path(), "demo weather").ok();
    let place = folder.path().canonicalize().unwrap().join("weather").display().to_string();
    // Sizes depend on the encoder, times on the machine.
    let lines = out.replace(&place, "[folder]");
    let lines = lines.lines().filter(|line| !line.trim_start().starts_with('(') && !line.starts_with("Done in"));
    let lines: Vec<&str> = lines
        .filter(|line| {
            ![" kB", "bytes", "──", "BYTES", " v1  ", "  total ", " ms:"].iter().any(|varying| line.contains(varying))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_temporary_folder_is_removed() {
    let folder = folder();
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let output = common::command(folder.path(), "demo").env("TMPDIR", &temporary).output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("`varvite demo DIR` keeps the files"), "{out}");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
}

#[test]
fn a_folder_with_files_is_refused() {
    let folder = folder();
    std::fs::write(folder.path().join("mine.txt"), "x").unwrap();
    insta::assert_snapshot!(varvite(folder.path(), "demo .").refused(), @r"
    error[VV0910]: the folder `.` is not empty
      help     name a new or an empty folder
    ");
}

#[cfg(feature = "sql")]
#[test]
fn what_is_computed_is_what_was_written() {
    let folder = folder();
    let demo = varvite(folder.path(), "demo weather --json").json();
    let part = demo["parts"].as_array().unwrap().iter().find(|part| part["name"] == "queries").unwrap();
    let values = part["facts"]["values"].as_array().unwrap();
    let felt: Vec<&str> = values.chunks(4).map(|departure| departure[0].as_str().unwrap()).collect();
    assert_eq!(felt, ["98.1", "89.0", "86.1", "61.0", "95.4"]);
    assert!(values.chunks(4).all(|departure| departure[0] == departure[1]), "{values:?}");
    assert_eq!(part["facts"]["same"], true);
}

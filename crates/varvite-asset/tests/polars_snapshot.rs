//! A frame keeps the rows that it was made with, and holds no files open.
#![allow(clippy::unwrap_used, reason = "tests")]

mod frames;

use frames::{Weather, at, catalog, floats, frame, reading, write_days};
use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{AssetId, AssetWrite, FeatureModel, Fetch};

#[test]
fn what_is_overwritten_or_removed_later_stays_in_the_frame() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 4);
    let frame = frame::<Weather>(&catalog, Fetch::default()).unwrap();
    let others: Vec<Weather> = (0..96).map(|hour| Weather { temperature: -1.0, ..reading(hour) }).collect();
    let _ = catalog.write(&others, &AssetWrite::replace()).unwrap();
    catalog.remove(&AssetId::new(Weather::ASSET, Weather::KIND), 1).unwrap();
    let expected: Vec<f64> = (0..96).map(|hour| reading(hour).temperature).collect();
    assert_eq!(floats(&frame.collect().unwrap(), "temperature"), expected);
    assert_eq!(frame.plan().num_files, 4);
}

/// A row a minute: as many files as a process may have open, and more.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "minutes", resolution = "1m", time = timestamp)]
struct Minute {
    timestamp: DateTime<Utc>,
    number: i64,
}

#[test]
#[cfg(target_os = "linux")]
fn more_files_than_a_process_may_have_open() {
    let (_folder, catalog) = catalog();
    let minute = |number: i64| Minute { timestamp: at(0) + varvite_asset::chrono::TimeDelta::minutes(number), number };
    let rows: Vec<Minute> = (0..1500).map(minute).collect();
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    let frame = frame::<Minute>(&catalog, Fetch::default()).unwrap();
    assert_eq!(frame.plan().num_files, 1500);
    assert!(open() < before + 50, "{} files are open", open() - before);
    assert_eq!(frame.collect().unwrap().height(), 1500);
}

/// Of two stations, in partitions of their own.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "keyed", resolution = "1d", time = timestamp)]
struct Keyed {
    timestamp: DateTime<Utc>,
    #[model(key)]
    station: String,
    value: f64,
}

#[test]
fn partitions_come_one_after_the_other() {
    let (_folder, catalog) = catalog();
    let row = |hour: u32| Keyed {
        timestamp: at(hour),
        station: ["south", "north"][hour as usize % 2].to_owned(),
        value: f64::from(hour),
    };
    let rows: Vec<Keyed> = (0..48).map(row).collect();
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    let all = floats(&frame::<Keyed>(&catalog, Fetch::default()).unwrap().collect().unwrap(), "value");
    let of = |first: u32| (0..24).map(move |at| f64::from(first + 2 * at));
    assert_eq!(all, of(1).chain(of(0)).collect::<Vec<_>>(), "north stands before south");
    let north = frame::<Keyed>(&catalog, Fetch::default().key("station", "north")).unwrap();
    assert_eq!(floats(&north.collect().unwrap(), "value"), of(1).collect::<Vec<_>>());
}

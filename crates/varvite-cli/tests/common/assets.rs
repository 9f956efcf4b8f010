//! A small catalog: weather by day and region with gaps, stations without dates, dated files.

use super::{TempDir, folder, varvite};

/// Two regions; nothing on the third, and none of the south on the second.
pub const WEATHER_CSV: &str = "\
ts,region,temperature,humidity
2024-01-01T00:00:00Z,north,1.5,0.5
2024-01-01T12:00:00Z,north,3.5,
2024-01-01T06:00:00Z,south,15.5,0.7
2024-01-02T12:00:00Z,north,4.5,0.4
2024-01-04T12:00:00Z,south,14.5,0.4
2024-01-04T13:00:00Z,north,5,0.3
";

const STATIONS_CSV: &str = "name,height\nnorth,12\nsouth,7.5\n";

/// A folder with `weather.csv` and `stations.csv`.
pub fn with_files() -> TempDir {
    let folder = folder();
    std::fs::write(folder.path().join("weather.csv"), WEATHER_CSV).unwrap();
    std::fs::write(folder.path().join("stations.csv"), STATIONS_CSV).unwrap();
    folder
}

/// The same with the catalog `c`.
pub fn with_catalog() -> TempDir {
    let folder = with_files();
    for line in [
        "asset write c weather@1d weather.csv --time ts --keys region",
        "asset write c stations stations.csv --undated",
        "asset write c exports stations.csv --lake --date 2024-01-31",
        "asset write c exports weather.csv --lake --date 2024-02-29",
    ] {
        varvite(folder.path(), line).ok();
    }
    folder
}

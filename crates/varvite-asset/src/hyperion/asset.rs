//! [`HyperionAsset`]: what one of its files is, where it is, and what its metadata say.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::HyperionDate;
use crate::Resolution;

/// A file of Hyperion's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HyperionAsset {
    /// A dated file.
    DataLake {
        /// The asset's name.
        name: String,
        /// What it is dated.
        date: HyperionDate,
        /// The version of its columns.
        version: u32,
    },
    /// A partition of a feature.
    Feature {
        /// The asset's name.
        name: String,
        /// The resolution, which is part of what the asset is.
        resolution: Resolution,
        /// The label of the partition, as it was given.
        date: HyperionDate,
        /// Names and values of the partition keys, in the order given.
        keys: Vec<(String, String)>,
        /// The version of its columns.
        version: u32,
    },
    /// An undated file.
    PersistentStore {
        /// The asset's name.
        name: String,
        /// The version of its columns.
        version: u32,
    },
}

impl HyperionAsset {
    /// Where it is below the root. Values of keys are not escaped: a slash makes a deeper path.
    pub fn path(&self) -> String {
        match self {
            Self::DataLake { name, date, version } => format!("{name}/date={}/v{version}.avro", date.in_utc()),
            Self::PersistentStore { name, version } => format!("{name}/v{version}.avro"),
            Self::Feature { name, resolution, date, keys, version } => {
                let mut keys: Vec<&(String, String)> = keys.iter().collect();
                keys.sort();
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                let keys = keys.join("/");
                let keys = keys.trim_matches('/');
                let divider = if keys.is_empty() { "" } else { "/" };
                format!("{name}.{resolution}/{keys}{divider}partition_date={}/v{version}.avro", date.in_utc())
            }
        }
    }

    /// The metadata of the file.
    pub fn metadata(&self) -> BTreeMap<&'static str, String> {
        match self {
            Self::DataLake { name, date, version } => BTreeMap::from([
                ("name", name.clone()),
                ("date", date.to_string()),
                ("schema_version", version.to_string()),
            ]),
            Self::PersistentStore { name, version } => {
                BTreeMap::from([("name", name.clone()), ("schema_version", version.to_string())])
            }
            Self::Feature { name, date, keys, version, .. } => BTreeMap::from([
                ("name", name.clone()),
                ("partition_date", date.to_string()),
                ("schema_version", version.to_string()),
                ("partition_keys", python_json(keys)),
            ]),
        }
    }

    /// The asset of a path below the root; `None` for a path that none has, or that says no certain asset.
    pub fn parse(path: &str) -> Option<Self> {
        let (folder, file) = path.rsplit_once('/')?;
        let version = file.strip_prefix('v')?.strip_suffix(".avro")?.parse().ok()?;
        let found = match folder.split_once('/') {
            None => Self::PersistentStore { name: folder.to_owned(), version },
            Some((first, rest)) => match rest.strip_prefix("date=") {
                Some(date) => Self::DataLake { name: first.to_owned(), date: date.parse().ok()?, version },
                None => feature(first, rest, version)?,
            },
        };
        (found.path() == path).then_some(found)
    }
}

fn feature(first: &str, rest: &str, version: u32) -> Option<HyperionAsset> {
    let (name, resolution) = first.rsplit_once('.')?;
    let (keys, date) = match rest.rsplit_once('/') {
        None => (Vec::new(), rest),
        Some((keys, date)) => {
            let pair = |part: &str| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            (keys.split('/').map(pair).collect::<Option<_>>()?, date)
        }
    };
    Some(HyperionAsset::Feature {
        name: name.to_owned(),
        resolution: resolution.parse().ok()?,
        date: date.strip_prefix("partition_date=")?.parse().ok()?,
        keys,
        version,
    })
}

/// An object as Python's `json.dumps` writes it: spaces after `,` and `:`, nothing beyond ASCII.
fn python_json(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            ' '..='~' => quoted.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(quoted, "\\u{unit:04x}");
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn weather(keys: &[(&str, &str)]) -> HyperionAsset {
        HyperionAsset::Feature {
            name: "weather".to_owned(),
            resolution: Resolution::literal("1d"),
            date: "2025-01-02T00:00:00+00:00".parse().unwrap(),
            keys: keys.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            version: 1,
        }
    }

    #[test]
    fn keys_are_sorted_in_the_path_and_as_given_in_the_metadata() {
        let asset = weather(&[("station", "7"), ("region", "é\"😀")]);
        assert_eq!(asset.path(), "weather.1d/region=é\"😀/station=7/partition_date=2025-01-02T00:00:00+00:00/v1.avro");
        assert_eq!(asset.metadata()["partition_keys"], r#"{"station": "7", "region": "\u00e9\"\ud83d\ude00"}"#);
        assert_eq!(weather(&[]).metadata()["partition_keys"], "{}");
    }

    #[test]
    fn paths_come_back() {
        for asset in [
            weather(&[]),
            weather(&[("region", "north"), ("station", "")]),
            HyperionAsset::DataLake {
                name: "a.b".into(),
                date: "2025-01-02T03:04:05.000006+00:00".parse().unwrap(),
                version: 12,
            },
            HyperionAsset::PersistentStore { name: "stations".into(), version: 1 },
        ] {
            assert_eq!(HyperionAsset::parse(&asset.path()), Some(asset.clone()), "{}", asset.path());
        }
        for other in [
            "",
            "v1.avro",
            "weather.1d/v1.avro/x",
            "weather/date=yesterday/v1.avro",
            "weather.1d/deep/partition_date=2025-01-02T00:00:00+00:00/v1.avro",
            "weather.1d/b=1/a=2/partition_date=2025-01-02T00:00:00+00:00/v1.avro",
            "weather.1ms/partition_date=2025-01-02T00:00:00+00:00/v1.avro",
            "weather/date=2025-01-02T00:00:00/v1.avro",
            "stations/v01.avro",
            "stations/v1.avro.json",
        ] {
            assert_eq!(HyperionAsset::parse(other), None, "{other}");
        }
    }
}

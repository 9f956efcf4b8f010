//! The keys under which rows are stored, and what they say.

use varvite_key::{sublevel, toplevel};

use super::names::{decode, encode};
use crate::{Error, Resolution, Result};

/// What the folder of an asset without partition keys is called.
const ALL: &str = "all";

/// Rows of one version of a feature asset, for one combination of partition keys: `weather@1d@1/region=north/`. Texts are
/// escaped already, so that the names of folders can be read.
#[toplevel(fields_sep = "@", strict, name = "FeatureAsset")]
pub struct AssetKey {
    /// The asset's name.
    name: String,
    /// Its resolution.
    resolution: String,
    /// Its version.
    version: u32,
    /// Its partition.
    partition: PartitionKey,
}

/// `all`, or `region=north,station=7`.
#[sublevel]
pub struct PartitionKey {
    /// Names and values of the partition keys.
    keys: String,
}

/// Rows of one version of a persistent asset: `stations@1/`.
#[toplevel(fields_sep = "@", strict, name = "PersistentAsset")]
pub(crate) struct PersistentKey {
    /// The asset's name.
    name: String,
    /// Its version.
    version: u32,
}

/// A version of a feature asset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FeatureVersion {
    pub(crate) name: String,
    pub(crate) resolution: String,
    pub(crate) version: u32,
}

impl FeatureVersion {
    pub(crate) fn new(name: &str, resolution: Resolution, version: u32) -> Self {
        Self { name: name.to_owned(), resolution: resolution.to_string(), version }
    }

    /// What the folder of a version says; `None` for any other folder.
    pub(crate) fn from_folder(folder: &str) -> Option<Self> {
        let mut parts = folder.split('@');
        let (name, resolution, version) = (parts.next()?, parts.next()?, parts.next()?);
        let found = Self {
            name: decode(name)?,
            resolution: Resolution::parse(resolution).ok()?.to_string(),
            version: version.parse().ok()?,
        };
        (parts.next().is_none() && found.folder() == folder).then_some(found)
    }

    pub(crate) fn folder(&self) -> String {
        format!("{}@{}@{}", encode(&self.name), self.resolution, self.version)
    }

    /// The key of one combination of partition keys.
    pub(crate) fn key(&self, keys: &[(String, String)]) -> Result<AssetKey> {
        let invalid = |error: varvite_key::Error| Error::InvalidName {
            name: if keys.is_empty() { self.name.clone() } else { label(keys) },
            reason: error.to_string(),
        };
        let partition = PartitionKey::new(partition_text(keys)).map_err(invalid)?;
        AssetKey::new(encode(&self.name), &*self.resolution, self.version, partition).map_err(invalid)
    }
}

impl AssetKey {
    /// Names and values of the partition keys; `None` if the folder is none of ours.
    pub(crate) fn keys(&self) -> Option<Vec<(String, String)>> {
        parse_partition(self.partition().keys())
    }
}

/// The key of a version of a persistent asset.
pub(crate) fn persistent(name: &str, version: u32) -> Result<PersistentKey> {
    PersistentKey::new(encode(name), version)
        .map_err(|error| Error::InvalidName { name: name.to_owned(), reason: error.to_string() })
}

/// The name of a persistent asset; `None` if the folder is none of ours.
pub(crate) fn persistent_name(key: &PersistentKey) -> Option<String> {
    decode(key.name())
}

/// Partition keys for messages: `region=north, station=7`.
pub(crate) fn label(keys: &[(String, String)]) -> String {
    let texts: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
    texts.join(", ")
}

fn partition_text(keys: &[(String, String)]) -> String {
    if keys.is_empty() {
        return ALL.to_owned();
    }
    let texts: Vec<String> = keys.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    texts.join(",")
}

fn parse_partition(text: &str) -> Option<Vec<(String, String)>> {
    if text == ALL {
        return Some(Vec::new());
    }
    let keys = text
        .split(',')
        .map(|part| part.split_once('=').and_then(|(name, value)| Some((decode(name)?, decode(value)?))));
    let keys: Vec<(String, String)> = keys.collect::<Option<_>>()?;
    (partition_text(&keys) == text).then_some(keys)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use varvite_key::Key;

    use super::*;

    #[test]
    fn folders_can_be_read() {
        let version = FeatureVersion::new("weather", Resolution::literal("1d"), 1);
        assert_eq!(version.key(&[]).unwrap().to_path(), "weather@1d@1/all");
        let keys = [("region".to_owned(), "north".to_owned()), ("station".to_owned(), "7".to_owned())];
        let key = version.key(&keys).unwrap();
        assert_eq!(key.to_path(), "weather@1d@1/region=north,station=7");
        assert_eq!(AssetKey::from_path(&key.to_path()).unwrap().keys().unwrap(), keys);
        assert_eq!(FeatureVersion::from_folder("weather@1d@1"), Some(version));
        for folder in
            ["weather", "weather@1d", "weather@1d@1@2", "weather@1ms@1", "weather@1d@01", "weather@1d@x", "a.b@1d@1"]
        {
            assert_eq!(FeatureVersion::from_folder(folder), None, "{folder}");
        }
    }

    #[test]
    fn nasty_values_come_back() {
        for value in ["", "é/ü", "..", "a=b,c@d", "100%", " ", "all", "x_opdmd", "a.lock", "日本"] {
            let keys = [("k".to_owned(), value.to_owned()), ("l=,".to_owned(), value.to_owned())];
            let key = FeatureVersion::new("a@b", Resolution::literal("1d"), 1).key(&keys).unwrap();
            assert_eq!(AssetKey::from_path(&key.to_path()).unwrap().keys().unwrap(), keys, "{value}");
        }
        let long = [("k".to_owned(), "é".repeat(50))];
        assert!(matches!(
            FeatureVersion::new("a", Resolution::literal("1d"), 1).key(&long),
            Err(Error::InvalidName { .. })
        ));
    }
}

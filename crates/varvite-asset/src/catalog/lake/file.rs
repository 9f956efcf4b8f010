//! Where a dated file is, and back: the only place that knows the names of such files.

use varvite_time::Instant;

use super::super::names::{check, decode, encode};
use crate::{Error, Result};

/// What a dated file is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LakeWrite {
    /// The asset's name.
    pub name: String,
    /// What it is dated.
    pub date: Instant,
    /// The version of its columns, or of whatever it holds.
    pub version: u32,
    /// How its content is written: `parquet`, `csv`, `jsonl`, or any other ending for bytes alone.
    pub format: String,
}

impl LakeWrite {
    /// A file of version 1.
    pub fn new(name: impl Into<String>, date: Instant, format: impl Into<String>) -> Self {
        Self { name: name.into(), date, version: 1, format: format.into() }
    }

    /// The same for another version.
    pub fn with_version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Refuses what could not be found again.
    pub(super) fn check(&self) -> Result<()> {
        check(&self.name)?;
        let refused = |name: String, reason: &str| Err(Error::InvalidName { name, reason: reason.to_owned() });
        if date_of(&date_folder(self.date)) != Some(self.date) {
            return refused(format!("{:?}", self.date), "it is no date that a calendar has");
        }
        if !is_ending(&self.format) {
            return refused(
                self.format.clone(),
                "an ending is 1 to 32 lower-case letters and digits, with single dots, `-` or `_` between them",
            );
        }
        Ok(())
    }
}

/// A name of a dated file: `v1.3-0123456789abcdef.csv`. It has the hash of the content, so that no two contents ever have one
/// name, and damage is noticed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileName {
    pub(super) version: u32,
    /// Counted from 1; the greatest is read.
    pub(super) revision: u64,
    /// XXH3-64 of the content.
    pub(super) sum: u64,
    pub(super) format: String,
}

impl FileName {
    /// What a name says; `None` for a file that is not ours.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix('v')?.splitn(3, '.');
        let (version, revision, format) = (parts.next()?, parts.next()?, parts.next()?);
        let (revision, sum) = revision.split_once('-')?;
        let file = Self {
            version: version.parse().ok()?,
            revision: revision.parse().ok()?,
            sum: u64::from_str_radix(sum, 16).ok()?,
            format: format.to_owned(),
        };
        (is_ending(format) && file.to_string() == name).then_some(file)
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "v{}.{}-{:016x}.{}", self.version, self.revision, self.sum, self.format)
    }
}

/// The folder of an asset.
pub(super) fn asset_folder(name: &str) -> String {
    encode(name)
}

/// The asset of a folder; `None` for a folder that is not ours.
pub(super) fn asset_of(folder: &str) -> Option<String> {
    decode(folder)
}

/// The folder of a date.
pub(super) fn date_folder(date: Instant) -> String {
    format!("date={date}")
}

/// The date of a folder; `None` for a folder that is not ours.
pub(super) fn date_of(folder: &str) -> Option<Instant> {
    let date: Instant = folder.strip_prefix("date=")?.parse().ok()?;
    (date_folder(date) == folder).then_some(date)
}

fn is_ending(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let joined = |byte: u8| matches!(byte, b'.' | b'-' | b'_');
    let bytes = text.as_bytes();
    (1..=32).contains(&bytes.len())
        && bytes.iter().all(|byte| plain(*byte) || joined(*byte))
        && bytes.first().is_some_and(|byte| plain(*byte))
        && bytes.last().is_some_and(|byte| plain(*byte))
        && !bytes.windows(2).any(|two| joined(two[0]) && joined(two[1]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        const SUM: &str = "00000000000000ff";
        for name in ["v1.1-SUM.csv", "v2.10-SUM.tar.gz", "v0.3-SUM.x-y_z"].map(|name| name.replace("SUM", SUM)) {
            assert_eq!(FileName::parse(&name).unwrap().to_string(), name);
        }
        for foreign in [
            "v1.csv",
            "v1.1.csv",
            "v1.1-SUM.",
            "v1.1-ff.csv",
            "v01.1-SUM.csv",
            "v1.1-SUM.CSV",
            "v1.1-SUM.a..b",
            "v1.1-SUM.a/b",
            ".tmp-v1.1-SUM.csv",
            "v1.-1-SUM.csv",
            "1.1-SUM.csv",
        ] {
            assert_eq!(FileName::parse(&foreign.replace("SUM", SUM)), None, "{foreign}");
        }
        let name = |revision: u64, format: &str| FileName::parse(&format!("v1.{revision}-{SUM}.{format}")).unwrap();
        assert!(name(10, "a") > name(9, "b"));
    }

    #[test]
    fn dates_come_back() {
        for text in
            ["2025-01-02T00:00:00Z", "2025-01-02T03:04:05.678Z", "-0001-12-31T00:00:00Z", "+10000-01-01T00:00:00Z"]
        {
            let date: Instant = text.parse().unwrap();
            assert_eq!(date_of(&date_folder(date)), Some(date));
        }
        for foreign in ["date=2025-01-02", "date=2025-01-02T00:00:00+00:00", "date=", "2025-01-02T00:00:00Z"] {
            assert_eq!(date_of(foreign), None, "{foreign}");
        }
        let nowhere = LakeWrite::new("a", Instant::from_ns(i128::MAX), "csv");
        assert!(nowhere.check().is_err());
    }
}

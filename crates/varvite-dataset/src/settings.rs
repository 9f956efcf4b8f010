//! [`Settings`]: what a dataset remembers of how it wants to be written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use varvite_time::Period;

use crate::{ColumnPath, Error, Retention};

/// Rows a row group aims for when nothing else is said.
pub const DEFAULT_TARGET_ROWS: u64 = 1 << 20;

/// What a dataset remembers: the ordered column for ever, the rest as defaults of later writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Settings {
    /// The column that rows are ordered on.
    pub ordered_on: ColumnPath,
    /// Which rows count as the same. Default: none do.
    #[serde(default)]
    pub duplicates_on: crate::Duplicates,
    /// What a row group aims for. Default: [`DEFAULT_TARGET_ROWS`] rows.
    #[serde(default)]
    pub row_group_target_size: RowGroupTarget,
    /// How many row groups off target a write tolerates beside it before it repairs them. `None`: any number.
    #[serde(default)]
    pub max_n_off_target_rgs: Option<usize>,
    /// How pages are compressed. Default: zstd, level 1.
    #[serde(default)]
    pub compression: Compression,
    /// Which older versions stay readable.
    #[serde(default)]
    pub retention: Retention,
}

impl Settings {
    /// The defaults for a dataset ordered on `ordered_on`.
    pub fn new(ordered_on: impl Into<ColumnPath>) -> Self {
        Self {
            ordered_on: ordered_on.into(),
            duplicates_on: crate::Duplicates::default(),
            row_group_target_size: RowGroupTarget::default(),
            max_n_off_target_rgs: None,
            compression: Compression::default(),
            retention: Retention::default(),
        }
    }
}

/// What a row group aims for: a number of rows, or one period of the tiling of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowGroupTarget {
    /// So many rows, at least 1.
    Rows(u64),
    /// The rows of one period; the ordered column must be a date or a timestamp.
    Period(Period),
}

impl Default for RowGroupTarget {
    fn default() -> Self {
        Self::Rows(DEFAULT_TARGET_ROWS)
    }
}

impl From<u64> for RowGroupTarget {
    fn from(rows: u64) -> Self {
        Self::Rows(rows)
    }
}

impl From<Period> for RowGroupTarget {
    fn from(period: Period) -> Self {
        Self::Period(period)
    }
}

impl fmt::Display for RowGroupTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Period(period) => write!(f, "{period}"),
        }
    }
}

impl FromStr for RowGroupTarget {
    type Err = Error;

    /// Digits alone are rows, anything else is a period.
    fn from_str(text: &str) -> Result<Self, Error> {
        let target = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().ok().filter(|rows| *rows > 0).map(Self::Rows).ok_or_else(|| format!("`{text}` rows"))
        } else {
            text.parse().map(Self::Period).map_err(|error: varvite_time::Error| error.to_string())
        };
        target.map_err(|reason| Error::InvalidOption { option: "row_group_target_size", reason })
    }
}

impl Serialize for RowGroupTarget {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RowGroupTarget {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How pages are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// Fast, larger files.
    Snappy,
    /// Fast, larger files.
    Lz4,
    /// Zstandard at level 1: the best trade for most data.
    #[default]
    Zstd,
}

//! [`Want`]: what one field of a collection asks for, before anything is looked up.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::{AssetKind, Filter, ModelSchema, Span};

/// What one field of a collection asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Want {
    /// The field's name.
    pub field: String,
    /// The asset's name.
    pub asset: String,
    /// What kind of asset it is.
    pub kind: AssetKind,
    /// The version that is asked for.
    pub version: u32,
    /// Earlier versions that can be read instead, newest first.
    pub earlier: Vec<u32>,
    /// The column that says when a row is.
    pub time: Option<String>,
    /// Which rows: a stretch of time, or the newest interval.
    pub when: When,
    /// Only partitions with these values.
    pub keys: Vec<(String, String)>,
    /// Only these columns; all of the model's by default.
    pub columns: Option<Vec<String>>,
    /// Only these rows.
    pub filter: Option<Filter>,
    /// What to do about intervals that were never written, in any of the partitions that are expected.
    pub missing: Missing,
    /// Which rows at the edges of the stretch.
    pub edges: Edges,
    /// The columns of each version that can be read; none for files that are taken as bytes.
    pub schemas: BTreeMap<u32, Arc<ModelSchema>>,
    /// Whether rows are checked as their model says.
    pub checks: bool,
}

impl Want {
    /// Asks for all rows of the asset and version that `schema` describes.
    pub fn new(field: impl Into<String>, schema: Arc<ModelSchema>) -> Self {
        Self {
            field: field.into(),
            asset: schema.asset.clone(),
            kind: schema.kind,
            version: schema.version,
            earlier: Vec::new(),
            time: schema.time.clone(),
            when: When::Within(Span::all()),
            keys: Vec::new(),
            columns: None,
            filter: None,
            missing: Missing::default(),
            edges: Edges::default(),
            schemas: BTreeMap::from([(schema.version, schema)]),
            checks: true,
        }
    }

    /// Asks for the bytes of all files of a lake asset.
    pub fn files(field: impl Into<String>, asset: impl Into<String>, version: u32) -> Self {
        Self {
            field: field.into(),
            asset: asset.into(),
            kind: AssetKind::Lake,
            version,
            earlier: Vec::new(),
            time: None,
            when: When::Within(Span::all()),
            keys: Vec::new(),
            columns: None,
            filter: None,
            missing: Missing::default(),
            edges: Edges::default(),
            schemas: BTreeMap::new(),
            checks: true,
        }
    }

    /// The columns of the version that is asked for; `None` for bytes.
    pub fn schema(&self) -> Option<&Arc<ModelSchema>> {
        self.schemas.get(&self.version)
    }

    /// The versions that can be read, the one that is asked for first, then earlier ones.
    pub fn versions(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.version).chain(self.earlier.iter().copied())
    }

    /// The asset for messages: `weather 1d v2`.
    pub fn label(&self) -> String {
        format!("{}{} v{}", self.asset, self.kind, self.version)
    }
}

/// Which rows of an asset in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Those of a stretch of time.
    Within(Span),
    /// Those of the interval that holds `now`, or, where that was never written, of the newest one before it, up to
    /// `tolerance` intervals back.
    Latest {
        /// How many intervals back it may be.
        tolerance: u32,
    },
}

/// What to do about intervals that were never written. Those without rows, but written, are not missing. Of an asset with
/// partition keys, an interval is missing that one of the partitions asked for lacks, from the first interval of that
/// partition on: see [`Gaps`](crate::Gaps).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Report them, no more.
    #[default]
    Skip,
    /// Report them, and warn by `tracing`.
    Warn,
    /// Fail.
    Fail,
}

/// Which rows at the edges of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edges {
    /// Rows with `start <= t < end`.
    #[default]
    Clipped,
    /// All rows of each interval that meets the stretch.
    WholeIntervals,
    /// Rows with `start <= t <= end`.
    Closed,
}

impl When {
    /// Whether the newest interval is wanted.
    pub fn is_latest(self) -> bool {
        matches!(self, Self::Latest { .. })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Skip => "skip",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(span) => span.fmt(f),
            Self::Latest { tolerance: 0 } => f.write_str("latest"),
            Self::Latest { tolerance } => write!(f, "latest, up to {tolerance} intervals back"),
        }
    }
}

//! [`HistoricalOptions`]: what a historical read may be told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a row's nulls mean to those who read it (S04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NullPolicy {
    /// The newest row is read whole: its nulls are nulls.
    #[default]
    Row,
    /// Each feature is read from the newest row that has a value of it, under the same limits.
    LastKnown,
}

/// What a historical read may be told.
///
/// ```
/// use varvite_feature::{HistoricalOptions, NullPolicy};
/// let options = HistoricalOptions::default()
///     .with_tolerance_ns(3_600_000_000_000)
///     .with_known_as_of(true)
///     .with_null_policy(NullPolicy::LastKnown)
///     .with_key("seller", "user_id", "seller_id");
/// assert!(options.allow_exact_match);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "options, each with a name")]
pub struct HistoricalOptions {
    /// Names columns `group__feature`. Default: the feature's name.
    pub full_names: bool,
    /// Oldest age of a row in nanoseconds, included; 0 wants the exact time. It narrows a TTL and never widens it (S05).
    /// Windows over time have their own length.
    pub tolerance_ns: Option<i64>,
    /// Rows also need to have been created by an entity row's time; those without a created time are not known (S08). Rows
    /// of sources have none, and always count.
    pub known_as_of: bool,
    /// What a row's nulls mean.
    pub null_policy: NullPolicy,
    /// Whether a row of just an entity row's time is seen (S02). Default: yes.
    pub allow_exact_match: bool,
    /// By group or alias: which entity column holds each key. Default: the one of the key's name.
    pub key_map: BTreeMap<String, BTreeMap<String, String>>,
    /// Refuses entity rows with a null key or time, instead of counting them (S06).
    pub strict: bool,
    /// About how many bytes of a group's rows are kept while they may still win; rows that must be kept are, beyond it.
    /// Default: [`DEFAULT_KEPT_BYTES`].
    pub kept_bytes: usize,
}

/// How many bytes of a group's rows a read keeps when nothing else is said.
pub const DEFAULT_KEPT_BYTES: usize = 64 << 20;

impl Default for HistoricalOptions {
    fn default() -> Self {
        Self {
            full_names: false,
            tolerance_ns: None,
            known_as_of: false,
            null_policy: NullPolicy::default(),
            allow_exact_match: true,
            key_map: BTreeMap::new(),
            strict: false,
            kept_bytes: DEFAULT_KEPT_BYTES,
        }
    }
}

impl HistoricalOptions {
    /// Names columns `group__feature`.
    #[doc(alias = "full_feature_names")]
    pub fn with_full_names(mut self, full: bool) -> Self {
        self.full_names = full;
        self
    }

    /// Reads no rows older than this.
    pub fn with_tolerance_ns(mut self, tolerance: impl Into<Option<i64>>) -> Self {
        self.tolerance_ns = tolerance.into();
        self
    }

    /// Reads only rows that were known by an entity row's time.
    pub fn with_known_as_of(mut self, known: bool) -> Self {
        self.known_as_of = known;
        self
    }

    /// Changes what a row's nulls mean.
    pub fn with_null_policy(mut self, policy: NullPolicy) -> Self {
        self.null_policy = policy;
        self
    }

    /// Changes whether a row of just an entity row's time is seen.
    pub fn with_allow_exact_match(mut self, allow: bool) -> Self {
        self.allow_exact_match = allow;
        self
    }

    /// Takes the key `key` of a group or alias from the entity column `column`.
    pub fn with_key(mut self, group: impl Into<String>, key: impl Into<String>, column: impl Into<String>) -> Self {
        self.key_map.entry(group.into()).or_default().insert(key.into(), column.into());
        self
    }

    /// Refuses entity rows with a null key or time.
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Changes about how many bytes of a group's rows are kept.
    pub fn with_kept_bytes(mut self, bytes: usize) -> Self {
        self.kept_bytes = bytes;
        self
    }
}

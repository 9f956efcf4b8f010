//! [`OnlineColumn`] and [`LookupOptions`]: what is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use varvite_schema::FeatureGroupSchema;

/// One feature that a look-up gives.
///
/// ```
/// use std::sync::Arc;
/// use varvite_feature::online::OnlineColumn;
/// use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
///
/// let users = Arc::new(FeatureGroupSchema::builder("users")
///     .entity_key("user_id", DataType::BigInt)
///     .feature(FeatureSchema::builder("age", DataType::Int))
///     .build()?);
/// let age = OnlineColumn::new(&users, "age").with_alias("sender").with_keys([("user_id", "sender_id")]);
/// assert_eq!(age.prefix(), "sender");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineColumn {
    pub(super) group: Arc<FeatureGroupSchema>,
    pub(super) feature: String,
    pub(super) alias: Option<String>,
    /// Columns of the entity table by key of the group, where they differ.
    pub(super) keys: BTreeMap<String, String>,
}

impl OnlineColumn {
    /// A feature of a group.
    pub fn new(group: &Arc<FeatureGroupSchema>, feature: impl Into<String>) -> Self {
        Self { group: Arc::clone(group), feature: feature.into(), alias: None, keys: BTreeMap::new() }
    }

    /// Every feature of a group.
    pub fn all(group: &Arc<FeatureGroupSchema>) -> Vec<Self> {
        group.features().iter().map(|feature| Self::new(group, feature.name())).collect()
    }

    /// The same of the group under another name, so that one group can be asked for two entities (S10).
    pub fn with_alias(mut self, alias: impl Into<String>) -> Self {
        self.alias = Some(alias.into());
        self
    }

    /// Takes keys of the group from columns of another name: pairs of key and column.
    pub fn with_keys<K: Into<String>, C: Into<String>>(mut self, keys: impl IntoIterator<Item = (K, C)>) -> Self {
        self.keys = keys.into_iter().map(|(key, column)| (key.into(), column.into())).collect();
        self
    }

    /// The name that stands for the group: its alias, or its own.
    pub fn prefix(&self) -> &str {
        self.alias.as_deref().unwrap_or(self.group.name())
    }
}

/// How answers look.
///
/// ```
/// use varvite_feature::online::LookupOptions;
/// assert!(LookupOptions::default().with_full_names(true).full_names);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LookupOptions {
    /// Whether features are named `group__feature`. Default: `feature`.
    pub full_names: bool,
}

impl LookupOptions {
    /// Whether features are named `group__feature`.
    pub fn with_full_names(mut self, full_names: bool) -> Self {
        self.full_names = full_names;
        self
    }
}

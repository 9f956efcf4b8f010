//! [`AssetWrite`]: how rows meet what an asset has already.

use crate::Span;

/// How rows meet what an asset has already.
///
/// ```
/// use varvite_asset::AssetWrite;
/// let day = AssetWrite::replace().covering("2025-01-01..2025-01-02".parse()?);
/// assert_ne!(day, AssetWrite::merge());
/// # Ok::<(), varvite_asset::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AssetWrite {
    /// What happens to rows that are stored already.
    pub mode: AssetWriteMode,
    /// Intervals that are written as wholes, also those without rows. Default: those that rows lie in.
    pub covering: Option<Span>,
    /// The partition that is written; all rows belong to it. Default: those that rows belong to.
    pub partition: Vec<(String, String)>,
}

/// What happens to rows that are stored already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AssetWriteMode {
    /// Those of intervals that are written go.
    #[default]
    Replace,
    /// They stay; rows that equal each other in all columns are kept once.
    Merge,
}

impl AssetWrite {
    /// Each interval that rows lie in is replaced as a whole.
    pub fn replace() -> Self {
        Self::default()
    }

    /// Rows are added. The intervals that they lie in count as written.
    pub fn merge() -> Self {
        Self { mode: AssetWriteMode::Merge, ..Self::default() }
    }

    /// All intervals of `span` are written, also those without rows. It is made of whole intervals, and rows lie in it. One
    /// interval is a span, too: `interval.into()`.
    ///
    /// Of an asset with partition keys, only partitions that rows belong to are written, or the one that is
    /// [named](Self::partition).
    pub fn covering(mut self, span: Span) -> Self {
        self.covering = Some(span);
        self
    }

    /// Only the partition with this value of a partition key is written: needed for one without rows. To be said for each
    /// of the asset's partition keys.
    pub fn partition(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.partition.push((name.into(), value.into()));
        self.partition.sort();
        self
    }
}

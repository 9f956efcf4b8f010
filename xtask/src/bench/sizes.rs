//! [`Size`]: how much of everything.

/// How much of everything.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    /// Of the generated dataset.
    pub(crate) rows: usize,
    /// Row groups that are there before rows are appended: few, many.
    pub(crate) row_groups: [usize; 2],
    /// Rows of each such row group: few, since nobody looks at them.
    pub(crate) rows_of_group: usize,
    pub(crate) appends: usize,
    pub(crate) rows_of_append: usize,
    /// Datasets of the walk.
    pub(crate) datasets: usize,
    pub(crate) rows_of_dataset: usize,
    /// Keys of the store.
    pub(crate) keys: usize,
    /// Of the history of a feature group.
    pub(crate) feature_rows: usize,
    pub(crate) feature_keys: usize,
    pub(crate) entity_rows: usize,
    /// Of a year of an asset.
    pub(crate) days: usize,
    pub(crate) rows_of_day: usize,
    /// Of the asset of many intervals.
    pub(crate) intervals: usize,
    /// Of a data set that goes through a dataflow.
    pub(crate) flow_rows: usize,
    /// Rows of operators, and as many targets.
    pub(crate) ticks: usize,
}

impl Size {
    /// What the goals are meant for.
    pub(crate) fn full() -> Self {
        Self {
            name: "full",
            rows: 10_000_000,
            row_groups: [100, 100_000],
            rows_of_group: 10,
            appends: 256,
            rows_of_append: 10_000,
            datasets: 100,
            rows_of_dataset: 500_000,
            keys: 100_000,
            feature_rows: 10_000_000,
            feature_keys: 100_000,
            entity_rows: 1_000_000,
            days: 365,
            rows_of_day: 10_000,
            intervals: 100_000,
            flow_rows: 1_000_000,
            ticks: 10_000_000,
        }
    }

    /// A tenth.
    pub(crate) fn quick() -> Self {
        Self {
            name: "quick",
            rows: 1_000_000,
            row_groups: [100, 10_000],
            appends: 64,
            rows_of_dataset: 50_000,
            keys: 10_000,
            feature_rows: 1_000_000,
            feature_keys: 10_000,
            entity_rows: 100_000,
            rows_of_day: 1_000,
            intervals: 10_000,
            flow_rows: 100_000,
            ticks: 1_000_000,
            ..Self::full()
        }
    }
}

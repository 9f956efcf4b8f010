//! [`StatisticsDrift`]: how the values of two commits differ.

use std::fmt;

use serde::Serialize;

use super::{CommitStatistics, FeatureStatistics};

/// How the rows of one commit differ from those of an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatisticsDrift {
    /// The group and version.
    pub group: String,
    /// The earlier commit.
    pub before: u64,
    /// The later one.
    pub after: u64,
    /// One for each feature of the later commit.
    pub features: Vec<FeatureDrift>,
}

/// How one feature differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureDrift {
    /// The feature.
    pub feature: String,
    /// The share of rows without a value, before and after; `None` where there were no rows.
    pub null_share: (Option<f64>, Option<f64>),
    /// Mean before and after.
    pub mean: (Option<f64>, Option<f64>),
    /// How far the mean moved, in standard deviations of the rows before.
    pub mean_shift: Option<f64>,
    /// Different values, before and after.
    pub distinct: (u64, u64),
    /// The least and the greatest value changed from these...
    pub bounds_before: (Option<String>, Option<String>),
    /// ...to these.
    pub bounds_after: (Option<String>, Option<String>),
}

impl StatisticsDrift {
    pub(super) fn of(before: &CommitStatistics, after: &CommitStatistics) -> Self {
        let earlier = |name: &str| before.features.iter().find(|feature| feature.feature == name);
        Self {
            group: after.group.clone(),
            before: before.commit,
            after: after.commit,
            features: after.features.iter().map(|now| FeatureDrift::of(earlier(&now.feature), now)).collect(),
        }
    }
}

impl FeatureDrift {
    fn of(before: Option<&FeatureStatistics>, now: &FeatureStatistics) -> Self {
        let mean = (before.and_then(|before| before.mean), now.mean);
        let std = before.and_then(|before| before.std).filter(|std| *std > 0.0);
        let bounds = |of: &FeatureStatistics| (of.min.clone(), of.max.clone());
        Self {
            feature: now.feature.clone(),
            null_share: (before.and_then(null_share), null_share(now)),
            mean,
            mean_shift: mean.0.zip(mean.1).zip(std).map(|((then, now), std)| (now - then) / std),
            distinct: (before.map_or(0, |before| before.distinct), now.distinct),
            bounds_before: before.map(bounds).unwrap_or_default(),
            bounds_after: bounds(now),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a share")]
fn null_share(of: &FeatureStatistics) -> Option<f64> {
    (of.rows > 0).then(|| of.nulls as f64 / of.rows as f64)
}

impl fmt::Display for FeatureDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.6}"));
        let share =
            |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{:.1} %", value * 100.0));
        write!(f, "{}: null {} -> {}", self.feature, share(self.null_share.0), share(self.null_share.1))?;
        write!(f, ", mean {} -> {}", number(self.mean.0), number(self.mean.1))?;
        self.mean_shift.map_or(Ok(()), |shift| write!(f, " ({shift:+.2} std)"))?;
        write!(f, ", distinct {} -> {}", self.distinct.0, self.distinct.1)
    }
}

impl fmt::Display for StatisticsDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, commit {} -> {}", self.group, self.before, self.after)?;
        self.features.iter().try_for_each(|feature| write!(f, "\n  {feature}"))
    }
}

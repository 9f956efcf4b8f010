//! [`HyperionLayout`]: where files of Hyperion's are below a prefix, and which of those listed are data-lake assets.

use super::{HyperionAsset, HyperionDate, label};
use crate::{Resolution, Result};

/// Where the files of Hyperion are.
///
/// ```
/// use varvite_asset::{HyperionAsset, HyperionLayout};
/// let layout = HyperionLayout::default();
/// let labels = layout.labels("1d".parse()?, "2025-01-01T23:00:00".parse()?, "2025-01-03T01:00:00".parse()?)?;
/// assert_eq!(labels.last().map(ToString::to_string).as_deref(), Some("2025-01-03T00:00:00+00:00"), "it loses one");
/// let stations = HyperionAsset::PersistentStore { name: "stations".into(), version: 1 };
/// assert_eq!(HyperionLayout::below("/lake/").path(&stations), "lake/stations/v1.avro");
/// # Ok::<(), varvite_asset::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HyperionLayout {
    /// Empty, or ending with a slash.
    prefix: String,
}

impl HyperionLayout {
    /// The layout below a prefix; slashes around it do not count.
    pub fn below(prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        Self { prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") } }
    }

    /// Where an asset is.
    pub fn path(&self, asset: &HyperionAsset) -> String {
        format!("{}{}", self.prefix, asset.path())
    }

    /// The asset of a path; `None` for one that none has.
    pub fn parse(&self, path: &str) -> Option<HyperionAsset> {
        HyperionAsset::parse(path.strip_prefix(&self.prefix)?)
    }

    /// The labels of the partitions that Hyperion would look for between two times, both included, in order.
    ///
    /// # Errors
    /// [`Error::InvalidRange`](crate::Error::InvalidRange) if the end is before the start.
    pub fn labels(&self, resolution: Resolution, start: HyperionDate, end: HyperionDate) -> Result<Vec<HyperionDate>> {
        label::labels(resolution, start, end)
    }

    /// Of the paths listed, the files of a data-lake asset whose date begins with `date_part`, in the order listed: dates
    /// and versions. Paths that are deeper, or called otherwise, are skipped.
    pub fn data_lake<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a str>,
        name: &str,
        date_part: Option<&str>,
    ) -> Vec<(HyperionDate, u32)> {
        let start = format!("{}{name}/date={}", self.prefix, date_part.unwrap_or_default());
        let date_at = self.prefix.len() + name.len() + "/date=".len();
        let file = |path: &'a str| {
            let (date, file) = path.strip_prefix(&start).and(path.get(date_at..))?.split_once('/')?;
            Some((date.parse::<HyperionDate>().ok()?.in_utc(), version_of(file)?))
        };
        paths.into_iter().filter_map(file).collect()
    }

    /// The newest of the same, the first listed where several have its date; `None` if there is none.
    pub fn latest_data_lake<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a str>,
        name: &str,
        date_part: Option<&str>,
    ) -> Option<(HyperionDate, u32)> {
        let found = self.data_lake(paths, name, date_part);
        let newest = found.iter().map(|(date, _)| date.instant()).max()?;
        found.into_iter().find(|(date, _)| date.instant() == newest)
    }
}

/// The version in a file's name. What follows `.avro` does not count, as Hyperion has it.
fn version_of(file: &str) -> Option<u32> {
    if file.contains('/') {
        return None;
    }
    let rest = file.strip_prefix('v')?;
    let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    rest[digits..].starts_with(".avro").then(|| rest[..digits].parse().ok())?
}

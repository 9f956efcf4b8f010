//! ASSET: how an asset is named on the command line, and which one is meant.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use varvite::asset::{AssetId, AssetInfo, Catalog, Error, Resolution, VersionInfo};

use super::options::usage;
use super::{ASSET, json, open};
use crate::error::{About, Failure, Result};

/// `weather`, `weather@1d`, `weather@1d@v2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AssetName {
    pub(super) name: String,
    pub(super) resolution: Option<Resolution>,
    pub(super) version: Option<u32>,
}

/// What kind of asset it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Ordered rows, partitioned in time
    Feature,
    /// Dated files
    Lake,
    /// Rows without dates, replaced as a whole
    Persistent,
}

#[derive(Debug, clap::Args)]
pub(super) struct AssetArgs {
    /// The catalog's folder
    root: PathBuf,

    /// The asset, with its resolution and version where there are several: weather, weather@1d, weather@1d@v2
    #[arg(value_name = "ASSET")]
    asset: AssetName,

    /// What kind of asset it is, where a name is of several
    #[arg(long, value_enum)]
    kind: Option<Kind>,
}

/// A version of an asset.
pub(super) struct Found {
    pub(super) catalog: Catalog,
    pub(super) id: AssetId,
    pub(super) version: u32,
    /// All versions.
    pub(super) info: AssetInfo,
}

impl FromStr for AssetName {
    type Err = Infallible;

    /// What stands behind a name and is neither a version nor a resolution belongs to the name.
    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        let parse_version = |text: &str| text.strip_prefix('v').and_then(|number| number.parse().ok());
        let (rest, version) = match text.rsplit_once('@') {
            Some((rest, last)) if parse_version(last).is_some() => (rest, parse_version(last)),
            _ => (text, None),
        };
        let (name, resolution) = match rest.rsplit_once('@').map(|(name, last)| (name, last.parse())) {
            Some((name, Ok(resolution))) => (name, Some(resolution)),
            _ => (rest, None),
        };
        Ok(Self { name: name.to_owned(), resolution, version })
    }
}

impl fmt::Display for AssetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(resolution) = self.resolution {
            write!(f, "@{resolution}")?;
        }
        self.version.map_or(Ok(()), |version| write!(f, "@v{version}"))
    }
}

impl AssetName {
    /// What stands behind an `@` and was taken for a part of the name.
    pub(super) fn slip(&self) -> Option<String> {
        let (_, part) = self.name.rsplit_once('@')?;
        let forms = "a resolution is a count of s, m, h, d, w, M or y, a version vN, as in weather@1d@v2";
        Some(format!("`{part}` was read as a part of the name: {forms}"))
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Lake => "lake",
            Self::Persistent => "persistent",
        }
    }
}

impl AssetArgs {
    /// As given, for messages.
    pub(super) fn shown(&self) -> String {
        self.asset.to_string()
    }

    pub(super) fn names_a_version(&self) -> bool {
        self.asset.version.is_some()
    }

    pub(super) fn root(&self) -> String {
        self.root.display().to_string()
    }

    /// The asset that is meant, and its newest version if none was named.
    pub(super) fn find(&self) -> Result<Found> {
        let catalog = open(&self.root)?;
        let info = self.only(&catalog).about_a(ASSET, &self.shown())?;
        let newest = info.versions.last().map_or(1, |version| version.version);
        let version = self.asset.version.unwrap_or(newest);
        let found = Found { catalog, id: info.id(), version, info };
        if found.of_version().is_none() {
            return Err(found.no_version().into());
        }
        Ok(found)
    }

    fn only(&self, catalog: &Catalog) -> Result<AssetInfo> {
        let named = catalog.describe(&self.asset.name);
        let named = named.map_err(|error| Failure::from(error).with_help(self.asset.slip()))?;
        let known: Vec<String> = named.iter().map(name_of).collect();
        let wanted = |info: &AssetInfo| {
            let resolution = self.asset.resolution.map(|resolution| resolution.to_string());
            self.kind.is_none_or(|kind| info.kind == kind.name())
                && (resolution.is_none() || info.resolution == resolution)
        };
        let mut fitting: Vec<AssetInfo> = named.into_iter().filter(wanted).collect();
        match (fitting.pop(), fitting.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(usage(format!(
                "`{}` is several assets: say which, by its resolution or --kind: {}",
                self.asset.name,
                known.join(", ")
            ))),
            (None, _) => {
                let known = format!("there {} {}", if known.len() == 1 { "is" } else { "are" }, known.join(", "));
                Err(Error::AssetNotFound { asset: self.shown(), known }.into())
            }
        }
    }
}

impl Found {
    pub(super) fn of_version(&self) -> Option<&VersionInfo> {
        self.info.versions.iter().find(|info| info.version == self.version)
    }

    pub(super) fn is_feature(&self) -> bool {
        self.id.kind == "feature"
    }

    pub(super) fn is_lake(&self) -> bool {
        self.id.kind == "lake"
    }

    pub(super) fn resolution(&self) -> Result<Option<Resolution>> {
        Ok(self.id.resolution.as_deref().map(str::parse).transpose()?)
    }

    /// What it is, and facts about it, for programs.
    pub(super) fn json(&self, facts: serde_json::Value) -> serde_json::Value {
        json::of_asset(&self.id, self.version, facts)
    }

    /// `weather@1d@v2`, as the command line takes it.
    pub(super) fn shown(&self) -> String {
        self.shown_as(self.version)
    }

    /// Another version of it.
    pub(super) fn shown_as(&self, version: u32) -> String {
        let resolution = self.info.resolution.as_ref().map(|resolution| format!("@{resolution}")).unwrap_or_default();
        format!("{}{resolution}@v{version}", self.info.name)
    }

    fn no_version(&self) -> Error {
        let known: Vec<String> = self.info.versions.iter().map(|info| info.version.to_string()).collect();
        let known = format!("there {} {}", if known.len() == 1 { "is" } else { "are" }, known.join(", "));
        Error::VersionNotFound { asset: name_of(&self.info), version: self.version, known }
    }
}

/// `weather@1d`, `stations (persistent)`.
pub(super) fn name_of(info: &AssetInfo) -> String {
    match &info.resolution {
        Some(resolution) => format!("{}@{resolution}", info.name),
        None => format!("{} ({})", info.name, info.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_their_end() {
        let parse = |text: &str| {
            let Ok(name) = text.parse::<AssetName>();
            assert_eq!(name.to_string(), text);
            (name.name, name.resolution.map(|resolution| resolution.to_string()), name.version)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parse("weather"), ("weather".to_owned(), None, None));
        assert_eq!(parse("weather@1d@v2"), ("weather".to_owned(), some("1d"), Some(2)));
        assert_eq!(parse("weather@v2"), ("weather".to_owned(), None, Some(2)));
        assert_eq!(parse("a@b@15m"), ("a@b".to_owned(), some("15m"), None));
        assert_eq!(parse("a@1ms"), ("a@1ms".to_owned(), None, None));
    }
}

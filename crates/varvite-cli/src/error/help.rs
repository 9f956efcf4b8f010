//! What to do about errors of the libraries, in terms of the command line.

#[cfg(feature = "asset")]
use varvite::asset;
use varvite::dataset;
#[cfg(feature = "feature")]
use varvite::feature;

/// The library's help, with the options that the command line has for it.
#[cfg(feature = "feature")]
pub(super) fn help_of_feature(error: &feature::Error) -> Option<String> {
    match error {
        feature::Error::AmbiguousFeatureName { .. } => {
            Some("pass --full-names, or give a group an alias: \"group as alias.feature\"".to_owned())
        }
        feature::Error::MissingKeyColumn { column, .. } => {
            Some(format!("add the column, or name another one: --key-map GROUP:{column}=COLUMN"))
        }
        other => other.help().map(str::to_owned),
    }
}

/// The library's help, with the options that the command line has for it.
#[cfg(feature = "asset")]
pub(super) fn help_of_asset(error: &asset::Error) -> Option<String> {
    match error {
        asset::Error::VersionNotFound { .. } => Some("name one of these versions: ASSET@vN".to_owned()),
        asset::Error::MissingIntervals { .. } => {
            Some("write them, or leave --missing fail out; `varvite asset gaps` lists them".to_owned())
        }
        asset::Error::SchemaMismatch { .. } => {
            Some("give these columns, or write a new version of the asset with --version".to_owned())
        }
        asset::Error::InvalidOption { option: "to", .. } => {
            Some("pass --replace to write over it, or name another resolution".to_owned())
        }
        other => other.help().map(str::to_owned),
    }
}

/// What to do about a query, with the options that the command line has for it.
#[cfg(feature = "sql")]
pub(super) fn help_of_sql(error: &varvite::sql::Error) -> Option<String> {
    use varvite::sql::Error;
    Some(match error {
        Error::UnknownTable { .. } => {
            "`varvite sql --tables` lists them; names with capitals or signs stand in \"double quotes\"".to_owned()
        }
        Error::Parameter { name, .. } => format!("bind it with --value {name}=VALUE"),
        Error::NotASelect { .. } => "rows are written by `varvite dataset write`".to_owned(),
        Error::TimedOut { .. } => "pass a longer --timeout, or ask for less".to_owned(),
        Error::OutOfMemory { .. } => "pass a larger --memory, or ask for less".to_owned(),
        Error::Dataset { source, .. } => return help_of_dataset(source),
        Error::Feature(source) => return help_of_feature(source),
        _ => return None,
    })
}

/// The library's help, with the options that the command line has for it.
pub(super) fn help_of_dataset(error: &dataset::Error) -> Option<String> {
    match error {
        dataset::Error::Unordered { column, .. } => Some(format!("sort the batch on `{column}`, or pass --sort")),
        dataset::Error::OrderedOnMissing => Some("name it with --ordered-on".to_owned()),
        dataset::Error::OrderedOnMismatch { .. } => Some("leave --ordered-on out: the dataset remembers it".to_owned()),
        dataset::Error::AppendBehind { .. } => Some("leave --mode append out: a merge takes late rows".to_owned()),
        dataset::Error::NoSuchVersion { .. } => Some("`varvite dataset log` lists the versions".to_owned()),
        dataset::Error::NoVersionAt { .. } => Some("`varvite dataset log` tells when each was committed".to_owned()),
        dataset::Error::UnknownTag { .. } => Some("`varvite dataset tag` lists the names".to_owned()),
        dataset::Error::OutsideRange { .. } => {
            Some("give a range that holds all rows, or merge them with `varvite dataset write`".to_owned())
        }
        dataset::Error::Corrupt { .. } => {
            Some("run `varvite dataset check`, and restore the damaged files from a copy".to_owned())
        }
        other => other.help().map(str::to_owned),
    }
}

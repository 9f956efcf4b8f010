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
        #[cfg(not(feature = "sql"))]
        feature::Error::NoQueryEngine { .. } => {
            Some("build the command line with its engine: `cargo build -p varvite-cli --features sql`".to_owned())
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
    let help = match error {
        Error::Syntax { .. } => {
            "write the query in 'single quotes', so that the shell leaves it as it is: a table is \"named\" in double quotes, \
             a value is bound as $NAME by --value; or pass `-` and the query on standard input"
        }
        Error::UnknownTable { .. } => {
            "`varvite sql --tables` lists them; names with signs such as `/` or `-` stand in \"double quotes\""
        }
        Error::UnknownColumn { .. } => {
            "text stands in 'single quotes', a name in \"double quotes\"; large and small letters count"
        }
        Error::Parameter { name, .. } => {
            return Some(format!(
                "write ${name} in the query and pass --value {name}=VALUE; the query in 'single quotes', or the shell puts a \
                 variable of its own in the place of ${name}"
            ));
        }
        Error::NotASelect { .. } => "rows are written by `varvite dataset write` and `varvite feature write`",
        Error::TimedOut { .. } => "pass a longer --timeout, or ask for less",
        Error::OutOfMemory { .. } => "pass a larger --memory, or ask for less",
        Error::Dataset { source, .. } => return help_of_dataset(source),
        Error::Feature(source) => return help_of_feature(source),
        _ => return None,
    };
    Some(help.to_owned())
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

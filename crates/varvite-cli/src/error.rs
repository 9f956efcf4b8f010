//! What goes wrong on the command line, and how it is shown: as text of one layout, or as JSON.

mod help;

use std::error::Error as _;
use std::fmt::Write;
use std::io::IsTerminal;
use std::process::ExitCode;

use arrow::error::ArrowError;
use serde_json::json;
#[cfg(feature = "asset")]
use varvite::asset;
use varvite::{dataset, key, store};
#[cfg(feature = "feature")]
use varvite::{feature, flow};

#[cfg(feature = "asset")]
use help::help_of_asset;
use help::help_of_dataset;
#[cfg(feature = "feature")]
use help::help_of_feature;
#[cfg(feature = "sql")]
use help::help_of_sql;

/// Result of the commands.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// What can go wrong beside what the libraries say.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Dataset(#[from] dataset::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Key(#[from] key::Error),
    #[cfg(feature = "feature")]
    #[error(transparent)]
    Feature(#[from] feature::Error),
    #[cfg(feature = "feature")]
    #[error(transparent)]
    Flow(#[from] flow::Error),
    #[cfg(feature = "asset")]
    #[error(transparent)]
    Asset(#[from] asset::Error),
    #[cfg(feature = "sql")]
    #[error(transparent)]
    Sql(#[from] varvite::sql::Error),
    #[cfg(feature = "serve")]
    #[error(transparent)]
    Serve(#[from] varvite_serve::Error),
    /// Arguments that only together, or only with these data, make no sense.
    #[error("{0}")]
    Usage(String),
    #[error("cannot open `{path}`")]
    Open { path: String, source: std::io::Error },
    #[error("cannot read `{path}` as {format}")]
    Read { path: String, format: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the columns of `{path}` are not those of `{first}`: {reason}")]
    InputsDiffer { path: String, first: String, reason: String },
    #[error("column `{column}` of `{path}`: {value} at {place} is no {data_type}{}", because(.reason.as_ref()))]
    Value { path: String, column: String, place: String, value: String, data_type: String, reason: Option<String> },
    /// What the library says of a cell, at its place in the file.
    #[cfg(feature = "asset")]
    #[error("column `{column}` of `{path}`, {place}: {reason}")]
    Cell { path: String, column: String, place: String, reason: String },
    #[error("cannot write `{path}`")]
    Write { path: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("column `{column}` is nested, which {format} cannot hold")]
    Nested { column: String, format: &'static str },
    #[error("`{path}` is no folder with datasets: {reason}")]
    NoFolder { path: String, reason: &'static str },
    #[error("no key below `{root}` has a field `{field}`: they have {known}")]
    UnknownField { root: String, field: String, known: String, suggestion: Option<String> },
    #[error("there is no dataset `{key}` below `{root}`")]
    UnknownKey { root: String, key: String, suggestion: Option<String> },
    #[error("the folder `{path}` is not empty")]
    DemoFolder { path: String },
    #[cfg(feature = "feature")]
    #[error("`{path}` is no feature store: {reason}")]
    NoFeatureStore { path: String, reason: &'static str },
    #[cfg(feature = "online")]
    #[error("nothing of `{path}` is materialized yet")]
    NothingOnline { path: String },
    #[cfg(feature = "asset")]
    #[error("`{path}` is no catalog of assets: {reason}")]
    NoCatalog { path: String, reason: String },
    /// A write that would make an asset beside others of its name.
    #[cfg(feature = "asset")]
    #[error("there is no asset `{asset}`: the name is of {known}")]
    OtherAsset { asset: String, known: String },
    #[cfg(feature = "asset")]
    #[error("0 rows; nothing written")]
    NoRows,
    #[cfg(feature = "asset")]
    #[error("nothing can be fetched: no runtime was to be had")]
    Runtime { source: std::io::Error },
}

fn because(reason: Option<&String>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

impl Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Dataset(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Key(error) => error.code(),
            #[cfg(feature = "feature")]
            Self::Feature(error) => error.code(),
            #[cfg(feature = "feature")]
            Self::Flow(error) => error.code(),
            #[cfg(feature = "asset")]
            Self::Asset(error) => error.code(),
            #[cfg(feature = "sql")]
            Self::Sql(error) => error.code(),
            #[cfg(feature = "serve")]
            Self::Serve(error) => error.code(),
            Self::Usage(_) => "VV0900",
            Self::Open { .. } => "VV0901",
            Self::Read { .. } => "VV0902",
            Self::InputsDiffer { .. } => "VV0903",
            Self::Value { .. } => "VV0904",
            Self::Write { .. } => "VV0905",
            Self::Nested { .. } => "VV0906",
            Self::NoFolder { .. } => "VV0907",
            Self::UnknownField { .. } => "VV0908",
            Self::UnknownKey { .. } => "VV0909",
            Self::DemoFolder { .. } => "VV0910",
            #[cfg(feature = "feature")]
            Self::NoFeatureStore { .. } => "VV0911",
            #[cfg(feature = "online")]
            Self::NothingOnline { .. } => "VV0912",
            #[cfg(feature = "asset")]
            Self::Cell { .. } => "VV0614",
            #[cfg(feature = "asset")]
            Self::NoCatalog { .. } => "VV0913",
            #[cfg(feature = "asset")]
            Self::Runtime { .. } => "VV0914",
            #[cfg(feature = "asset")]
            Self::OtherAsset { .. } => "VV0915",
            #[cfg(feature = "asset")]
            Self::NoRows => "VV0916",
        }
    }

    /// What to do next, in terms of the command line.
    fn help(&self) -> Option<String> {
        let did_you_mean =
            |suggestion: &Option<String>| suggestion.as_ref().map(|name| format!("did you mean `{name}`?"));
        Some(match self {
            Self::Dataset(error) => return help_of_dataset(error),
            Self::Store(error) => return error.help().map(str::to_owned),
            Self::Key(error) => return error.help().map(str::to_owned),
            #[cfg(feature = "feature")]
            Self::Feature(error) => return help_of_feature(error),
            #[cfg(feature = "feature")]
            Self::Flow(error) => return error.help().map(str::to_owned),
            #[cfg(feature = "asset")]
            Self::Asset(error) => return help_of_asset(error),
            #[cfg(feature = "sql")]
            Self::Sql(error) => return help_of_sql(error),
            #[cfg(feature = "serve")]
            Self::Serve(varvite_serve::Error::TokenNeeded { .. }) => {
                "pass --token-file, or listen on 127.0.0.1".to_owned()
            }
            #[cfg(feature = "serve")]
            Self::Serve(error) => return error.help().map(str::to_owned),
            Self::Usage(_) => "see `varvite help`".to_owned(),
            Self::Open { .. } => "check the path; `-` reads standard input".to_owned(),
            Self::Read { .. } => {
                "give Parquet, CSV with a header line, an Arrow IPC file, or JSON lines, named accordingly".to_owned()
            }
            Self::InputsDiffer { .. } => "write the files one by one, or give them the same columns".to_owned(),
            Self::Value { .. } => "correct the value, or write to a new dataset with another type".to_owned(),
            #[cfg(feature = "asset")]
            Self::Cell { .. } => "fill the cell, or leave the row out".to_owned(),
            Self::Write { .. } => return None,
            #[cfg(feature = "asset")]
            Self::Runtime { .. } => return None,
            #[cfg(feature = "asset")]
            Self::OtherAsset { .. } => {
                "write to one that is there, or pass --new to make another of the name".to_owned()
            }
            #[cfg(feature = "asset")]
            Self::NoRows => "check the input; intervals without rows are written by --covering START..END".to_owned(),
            Self::Nested { .. } => "leave it out with --columns, or write .parquet, .arrow or .jsonl".to_owned(),
            Self::NoFolder { .. } => "check the path, or write a dataset below it first".to_owned(),
            Self::UnknownField { suggestion, .. } => return did_you_mean(suggestion),
            Self::UnknownKey { suggestion, root, .. } => {
                did_you_mean(suggestion).unwrap_or_else(|| format!("`varvite store ls {root}` lists them"))
            }
            Self::DemoFolder { .. } => "name a new or an empty folder".to_owned(),
            #[cfg(feature = "feature")]
            Self::NoFeatureStore { path, .. } => {
                format!("check the path, or make one with `varvite feature apply {path} FILE`")
            }
            #[cfg(feature = "online")]
            Self::NothingOnline { path } => format!("run `varvite feature materialize {path} GROUP`"),
            #[cfg(feature = "asset")]
            Self::NoCatalog { path, .. } => {
                format!("check the path, or make one with `varvite asset write {path} ASSET INPUT`")
            }
        })
    }

    /// Whether it may have been done all the same.
    fn is_uncertain(&self) -> bool {
        match self {
            Self::Dataset(dataset::Error::CommitUnknown { .. }) => true,
            #[cfg(feature = "feature")]
            Self::Feature(feature::Error::RegistryUnknown { .. }) => true,
            #[cfg(feature = "asset")]
            Self::Asset(asset::Error::PartlyWritten { .. } | asset::Error::Storage { .. }) => true,
            _ => false,
        }
    }

    /// Whether it names itself what it is about.
    #[cfg(any(feature = "feature", feature = "asset"))]
    fn names_its_subject(&self) -> bool {
        match self {
            #[cfg(feature = "feature")]
            Self::NoFeatureStore { .. } => true,
            Self::NoFolder { .. } => true,
            #[cfg(feature = "online")]
            Self::NothingOnline { .. } => true,
            #[cfg(feature = "asset")]
            Self::NoCatalog { .. } => true,
            _ => false,
        }
    }

    /// What happened, in one line. What refuses rows is said line by line below it.
    fn message(&self) -> String {
        match self {
            #[cfg(feature = "feature")]
            Self::Feature(feature::Error::Refused { group, .. }) => format!("rows of `{group}` are refused"),
            other => other.to_string(),
        }
    }

    /// Everything that was found, where it is more than one thing.
    fn findings(&self) -> Vec<String> {
        match self {
            #[cfg(feature = "feature")]
            Self::Feature(feature::Error::Refused { report, .. }) => {
                let text = |refusal: &feature::Refusal| refusal.to_string().trim_start_matches("column ").to_owned();
                report.refusals.iter().map(text).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The same, to be read by programs.
    fn report(&self) -> Option<serde_json::Value> {
        match self {
            #[cfg(feature = "feature")]
            Self::Feature(feature::Error::Refused { report, .. }) => serde_json::to_value(report).ok(),
            _ => None,
        }
    }
}

/// What an error is about, if nothing else is said.
const DATASET: &str = "dataset";

/// What an error is about where rows of features are written.
#[cfg(feature = "feature")]
const GROUP: &str = "group";

/// An error, and the dataset that it is about.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Box<Error>,
    /// What `dataset` is, if it is none.
    sort: &'static str,
    dataset: Option<String>,
    help: Option<String>,
    unchanged: bool,
}

impl Failure {
    /// Names the dataset, unless a nearer one is named already.
    pub(crate) fn about(mut self, dataset: &str) -> Self {
        self.dataset.get_or_insert_with(|| dataset.to_owned());
        self
    }

    /// Names what it is about, which is no dataset, unless something nearer is named already.
    #[cfg(any(feature = "feature", feature = "asset"))]
    pub(crate) fn about_a(mut self, sort: &'static str, name: &str) -> Self {
        if self.dataset.is_none() && !self.error.names_its_subject() {
            self.sort = sort;
            self.dataset = Some(name.to_owned());
            if matches!(*self.error, Error::Value { .. }) {
                let text = if sort == "asset" {
                    "correct the value, or write a new version of the asset with --version"
                } else {
                    "correct the value"
                };
                self.help.get_or_insert_with(|| text.to_owned());
            }
        }
        self
    }

    /// Says that what it is about is as it was before, if that is known.
    pub(crate) fn unchanged(mut self, sort: &str) -> Self {
        self.unchanged = self.sort == sort && !self.error.is_uncertain();
        self
    }

    /// What to do about columns of a group.
    #[cfg(feature = "feature")]
    pub(crate) fn of_group(self, group: &str) -> Self {
        let help = match *self.error {
            Error::Value { .. } => Some("correct the value, or define the column with another type"),
            Error::Feature(feature::Error::MissingKeyColumn { .. }) => Some("add the column"),
            _ => None,
        };
        self.with_help(help.map(str::to_owned)).about_a(GROUP, group).unchanged(GROUP)
    }

    /// Says what to do, in place of what is said by default.
    pub(crate) fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Shows the failure on stderr and gives the exit code.
    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        let text = if as_json { self.to_json().to_string() } else { self.to_text(colour_on_stderr()) };
        eprintln!("{text}");
        ExitCode::from(if matches!(*self.error, Error::Usage(_)) { 2 } else { 1 })
    }

    fn help(&self) -> Option<String> {
        self.help.clone().or_else(|| self.error.help())
    }

    fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut source = self.error.source();
        while let Some(error) = source {
            let text = error.to_string();
            if causes.last() != Some(&text) {
                causes.push(text);
            }
            source = error.source();
        }
        causes
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut error = json!({
            "code": self.error.code(),
            "message": self.error.message(),
            "help": self.help(),
            "causes": self.causes(),
        });
        error[self.sort] = json!(self.dataset);
        if let Some(report) = self.error.report() {
            error["report"] = report;
        }
        json!({"error": error})
    }

    pub(crate) fn to_text(&self, colour: bool) -> String {
        let paint =
            |style: &str, text: &str| if colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() };
        let mut text = format!("{}: {}", paint("1;31", &format!("error[{}]", self.error.code())), self.error.message());
        let mut line = |label: &str, value: &str| {
            let _ = write!(text, "\n  {}{}{value}", paint("36", label), " ".repeat(9 - label.len()));
        };
        if let Some(dataset) = &self.dataset {
            line(self.sort, &format!("{dataset}{}", if self.unchanged { "   (unchanged)" } else { "" }));
        }
        for finding in self.error.findings() {
            line("column", &finding);
        }
        for cause in self.causes() {
            line("cause", &cause);
        }
        if let Some(help) = self.help() {
            line("help", &help);
        }
        text
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (error, dataset) = plain(error);
        Self { error: Box::new(error), sort: DATASET, dataset, help: None, unchanged: false }
    }
}

macro_rules! from_libraries {
    ($($(#[$cfg:meta])? $error:ty),* $(,)?) => {$(
        $(#[$cfg])?
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Error::from(error).into()
            }
        }
    )*};
}

from_libraries! {
    dataset::Error, store::Error, key::Error,
    #[cfg(feature = "feature")] feature::Error,
    #[cfg(feature = "feature")] flow::Error,
    #[cfg(feature = "asset")] asset::Error,
    #[cfg(feature = "sql")] varvite::sql::Error,
}

#[cfg(feature = "feature")]
impl From<varvite::schema::Error> for Failure {
    fn from(error: varvite::schema::Error) -> Self {
        Error::Feature(error.into()).into()
    }
}

#[cfg(feature = "serve")]
impl From<varvite_serve::Error> for Failure {
    fn from(error: varvite_serve::Error) -> Self {
        match error {
            varvite_serve::Error::Feature(error) => error.into(),
            other => Error::from(other).into(),
        }
    }
}

/// The error that matters, out of its wrappers, and the dataset that a store named.
fn plain(error: Error) -> (Error, Option<String>) {
    match error {
        Error::Store(store::Error::Dataset { key, source }) => (plain(Error::Dataset(source)).0, Some(key)),
        #[cfg(feature = "feature")]
        Error::Feature(feature::Error::Store(source)) => plain(Error::Store(*source)),
        #[cfg(feature = "feature")]
        Error::Feature(feature::Error::Dataset { name, source }) => (plain(Error::Dataset(*source)).0, Some(name)),
        #[cfg(feature = "sql")]
        Error::Sql(varvite::sql::Error::Store(source)) => plain(Error::Store(source)),
        #[cfg(feature = "sql")]
        Error::Sql(varvite::sql::Error::Feature(source)) => plain(Error::Feature(*source)),
        #[cfg(feature = "sql")]
        Error::Sql(varvite::sql::Error::Dataset { table, source }) => (plain(Error::Dataset(*source)).0, Some(table)),
        #[cfg(feature = "asset")]
        Error::Asset(asset::Error::Store(source)) => plain(Error::Store(*source)),
        #[cfg(feature = "asset")]
        Error::Asset(asset::Error::Dataset { source, .. }) => (plain(Error::Dataset(*source)).0, None),
        Error::Dataset(dataset::Error::Input { source: ArrowError::ExternalError(source) }) => {
            match source.downcast::<Error>() {
                Ok(ours) => (*ours, None),
                Err(other) => {
                    (Error::Dataset(dataset::Error::Input { source: ArrowError::ExternalError(other) }), None)
                }
            }
        }
        other => (other, None),
    }
}

/// Says which dataset a result is about.
pub(crate) trait About<T> {
    /// The failure is about this dataset.
    fn about(self, dataset: &str) -> Result<T>;
    /// The failure is about this dataset, which is as it was before.
    fn about_write_to(self, dataset: &str) -> Result<T>;
    /// The failure is about this `sort` of thing.
    #[cfg(any(feature = "feature", feature = "asset"))]
    fn about_a(self, sort: &'static str, name: &str) -> Result<T>;
    /// The failure is about this `sort` of thing, which is as it was before.
    #[cfg(any(feature = "feature", feature = "asset"))]
    fn about_write_to_a(self, sort: &'static str, name: &str) -> Result<T>;
}

impl<T, E: Into<Failure>> About<T> for std::result::Result<T, E> {
    fn about(self, dataset: &str) -> Result<T> {
        self.map_err(|error| error.into().about(dataset))
    }

    fn about_write_to(self, dataset: &str) -> Result<T> {
        self.map_err(|error| error.into().about(dataset).unchanged(DATASET))
    }

    #[cfg(any(feature = "feature", feature = "asset"))]
    fn about_a(self, sort: &'static str, name: &str) -> Result<T> {
        self.map_err(|error| error.into().about_a(sort, name))
    }

    #[cfg(any(feature = "feature", feature = "asset"))]
    fn about_write_to_a(self, sort: &'static str, name: &str) -> Result<T> {
        self.map_err(|error| error.into().about_a(sort, name).unchanged(sort))
    }
}

/// The most similar of `names`.
pub(crate) fn similar<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    names
        .into_iter()
        .map(|name| {
            (strsim::jaro_winkler(name, wanted).max(strsim::normalized_damerau_levenshtein(name, wanted)), name)
        })
        .filter(|(similarity, _)| *similarity > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}

/// Whether errors are coloured: on terminals, unless `NO_COLOR` is set.
pub(crate) fn colour_on_stderr() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Shows what clap has to say: help, the version, or bad usage (2).
pub(crate) fn report_usage(error: &clap::Error) -> ExitCode {
    let as_json = std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|arg| arg == "--json");
    if as_json && error.use_stderr() {
        let text = error.to_string();
        let message = text.trim_start_matches("error: ").split("\n\n").next().unwrap_or_default();
        let failure = Failure::from(Error::Usage(message.split_whitespace().collect::<Vec<_>>().join(" ")));
        return failure.report(true);
    }
    // A reader that left is no reason to fail.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_agreed_one() {
        let error = dataset::Error::Unordered {
            column: "ts".to_owned(),
            row: 4182,
            value: "2024-03-01T10:00:00Z".to_owned(),
            before: "2024-03-01T10:05:00Z".to_owned(),
        };
        let failure = Err::<(), _>(error).about_write_to("bars/XNAS-AAPL/1min").unwrap_err();
        assert_eq!(
            failure.to_text(false),
            "error[VV0104]: column `ts` descends at row 4182: 2024-03-01T10:00:00Z after 2024-03-01T10:05:00Z\n  \
             dataset  bars/XNAS-AAPL/1min   (unchanged)\n  \
             help     sort the batch on `ts`, or pass --sort"
        );
    }

    #[test]
    fn a_commit_whose_fate_is_unknown_is_not_called_unchanged() {
        let source = varvite::storage::Error::OutOfRange { path: varvite::storage::StoragePath::root(), end: 1 };
        let error = dataset::Error::CommitUnknown { version: 3, txn: "t".to_owned(), source };
        let failure = Err::<(), _>(error).about_write_to("a").unwrap_err();
        assert!(!failure.to_text(false).contains("unchanged"));
    }

    #[test]
    fn colour_is_only_paint() {
        let failure = Failure::from(Error::Usage("no".to_owned()));
        let plain = failure.to_text(true).replace("\x1b[1;31m", "").replace("\x1b[36m", "").replace("\x1b[0m", "");
        assert_eq!(plain, failure.to_text(false));
    }
}

//! What reads of features take.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use varvite::feature::{EntityRows, FeatureStore, HistoricalOptions, NullPolicy};
use varvite::time::Period;

use crate::error::{Error, Result};
use crate::input;

/// How rows win, and what columns are called.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags")]
pub(super) struct ReadArgs {
    /// Reads no rows older than this, such as 1h or 7d; it narrows a TTL and never widens it
    #[arg(long, value_name = "PERIOD", value_parser = elapsed)]
    tolerance: Option<i64>,

    /// Reads only rows that were known by then: corrections that came later are not seen
    #[arg(long)]
    known_as_of: bool,

    /// Reads each feature from the newest row that has a value of it
    #[arg(long)]
    last_known: bool,

    /// Reads only rows from before the time, not of that very time
    #[arg(long)]
    strict_before: bool,

    /// Refuses entities with a null key or time
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    names: NameArgs,
}

/// What columns are called.
#[derive(Debug, clap::Args)]
pub(super) struct NameArgs {
    /// Names columns `group__feature`
    #[arg(long)]
    pub(super) full_names: bool,

    /// Takes a key of a group, or of its alias, from another column of the entities
    #[arg(long, value_name = "GROUP:KEY=COLUMN", value_parser = key_map)]
    pub(super) key_map: Vec<KeyColumn>,
}

/// The column that holds a key.
#[derive(Debug, Clone)]
pub(super) struct KeyColumn {
    pub(super) group: String,
    pub(super) key: String,
    pub(super) column: String,
}

impl ReadArgs {
    pub(super) fn to_options(&self) -> HistoricalOptions {
        let policy = if self.last_known { NullPolicy::LastKnown } else { NullPolicy::Row };
        self.names
            .to_options()
            .with_tolerance_ns(self.tolerance)
            .with_known_as_of(self.known_as_of)
            .with_null_policy(policy)
            .with_allow_exact_match(!self.strict_before)
            .with_strict(self.strict)
    }
}

impl NameArgs {
    pub(super) fn to_options(&self) -> HistoricalOptions {
        let options = HistoricalOptions::default().with_full_names(self.full_names);
        let with_key = |options: HistoricalOptions, KeyColumn { group, key, column }: &KeyColumn| {
            options.with_key(group, key, column)
        };
        self.key_map.iter().fold(options, with_key)
    }
}

/// Entities, each with its time.
#[derive(Debug, clap::Args)]
pub(super) struct SpineArgs {
    /// The column of the entities with the time as of which each is read
    #[arg(long, value_name = "COLUMN")]
    pub(super) time: String,
}

impl SpineArgs {
    /// The rows of `input`, each as of its time. Text gets the types of keys, and instants in UTC.
    pub(super) fn read(
        &self,
        store: &FeatureStore,
        input: &Path,
        features: &[String],
        options: &HistoricalOptions,
    ) -> Result<EntityRows> {
        let keys = store.entity_columns(features, options)?;
        let time = Field::new(&self.time, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true);
        let others = keys.fields().iter().filter(|field| *field.name() != self.time).map(|field| (**field).clone());
        let meant = Schema::new(others.chain([time]).collect::<Vec<_>>());
        Ok(EntityRows::at_times(read_entities(input, &meant.into())?, &self.time)?)
    }
}

/// The rows of a table of entities.
pub(super) fn read_entities(input: &Path, meant: &SchemaRef) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    input::collect(input::open_as_it_is(input, meant)?)
}

/// The references and the store that they are of.
#[derive(Debug, clap::Args)]
pub(super) struct FeatureArgs {
    /// The store's folder
    pub(super) root: PathBuf,

    /// References: group.feature, group@v2.feature, group.*, "group as alias.feature", service:name
    #[arg(value_name = "FEATURE", required = true)]
    pub(super) features: Vec<String>,
}

impl FeatureArgs {
    pub(super) fn shown(&self) -> String {
        self.root.display().to_string()
    }
}

fn elapsed(text: &str) -> std::result::Result<i64, String> {
    if text == "0" {
        return Ok(0);
    }
    let period: Period = text.parse().map_err(|error| format!("{error}"))?;
    period.elapsed_ns().ok_or_else(|| "months and years differ in length: say it in days".to_owned())
}

fn key_map(text: &str) -> std::result::Result<KeyColumn, String> {
    let parts = text.split_once(':').and_then(|(group, rest)| Some((group, rest.split_once('=')?)));
    match parts {
        Some((group, (key, column))) if !group.is_empty() && !key.is_empty() && !column.is_empty() => {
            Ok(KeyColumn { group: group.to_owned(), key: key.to_owned(), column: column.to_owned() })
        }
        _ => Err("write GROUP:KEY=COLUMN".to_owned()),
    }
}

pub(super) fn name_value(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// An error of arguments that only together make no sense.
pub(super) fn usage(text: impl Into<String>) -> crate::error::Failure {
    Error::Usage(text.into()).into()
}

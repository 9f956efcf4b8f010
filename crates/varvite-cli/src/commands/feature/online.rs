//! `varvite feature online ROOT FEATURE... --key NAME=VALUE`

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use serde_json::json;
use varvite::feature::online::LookupOptions;
use varvite::time::Instant;

use super::keys::KeyArgs;
use super::options::{FeatureArgs, KeyColumn, NameArgs};
use super::{Outcome, open};
use crate::error::{About, Error, Result};
use crate::output::destination::{DestinationArgs, Rows};

/// Looks up online values: each with its status and the event time that it is from
///
/// Statuses are `PRESENT`, `NULL_VALUE`, `NOT_FOUND` and, past the TTL, `OUTSIDE_MAX_AGE`. Without -o a table is shown, or
/// with --json JSON lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature online features users.score users.age --key user_id=7
  varvite feature online features service:churn --entities users.csv -o now.jsonl

JSON: one line an entity; with -o FILE: {\"store\", \"file\", \"rows\", \"bytes\", \"report\": {\"at\"}}")]
pub(crate) struct Args {
    #[command(flatten)]
    what: FeatureArgs,

    #[command(flatten)]
    keys: KeyArgs,

    /// Judges ages as of this time, instead of now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<Instant>,

    #[command(flatten)]
    names: NameArgs,

    #[command(flatten)]
    to: DestinationArgs,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.what.shown();
    let (answer, now) = look_up(args).about_a("store", &shown)?;
    let report = json!({"at": now.to_string()});
    let batches = std::slice::from_ref(&answer);
    let rows = Rows { schema: answer.schema(), batches, about: ("store", &shown), report: &report, note: None };
    args.to.put(&rows, as_json)?;
    Ok(Outcome::Done)
}

fn look_up(args: &Args) -> Result<(RecordBatch, Instant)> {
    let store = open(&args.what.root)?;
    let (schema, batches) = args.keys.read(&store.entity_columns(&args.what.features, &args.names.to_options())?)?;
    let Some(online) = store.online_read_only()? else {
        return Err(Error::NothingOnline { path: args.what.shown() }.into());
    };
    let options = LookupOptions::default().with_full_names(args.names.full_names);
    let lookup = store.online_lookup(&online, &args.what.features, &key_map(&args.names.key_map), options)?;
    let entities = concat_batches(&schema, &batches).map_err(|source| Error::Read {
        path: "the entities".to_owned(),
        format: "rows",
        source: source.into(),
    })?;
    let now = args.at.unwrap_or_else(|| store.now());
    Ok((lookup.get(&entities, now)?, now))
}

fn key_map(columns: &[KeyColumn]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut map: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for KeyColumn { group, key, column } in columns {
        map.entry(group.clone()).or_default().insert(key.clone(), column.clone());
    }
    map
}

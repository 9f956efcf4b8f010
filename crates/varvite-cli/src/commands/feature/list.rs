//! `varvite feature list ROOT`

use std::path::PathBuf;

use serde_json::json;
use varvite::feature::Query;

use super::facts::{Facts, table};
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::plural;
use crate::output::{print, print_json};

/// Lists what has features, each in its newest version
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature list features
  varvite feature list features --tag team=growth --entity user_id

JSON: {\"store\", \"revision\", \"definitions\": [{\"kind\", \"name\", \"version\", \"keys\", \"features\", \"rows\", \"owner\",
\"updated\", \"description\"}]}; `rows` is null for what is computed")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    #[command(flatten)]
    filter: FilterArgs,

    /// Only what has this text in a name or a description
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

/// What `list` and `search` look for.
#[derive(Debug, clap::Args)]
pub(super) struct FilterArgs {
    /// Only what has this tag; several have to hold all
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::options::name_value)]
    tag: Vec<(String, String)>,

    /// Only what this owner answers for
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,

    /// Only what is keyed by this column
    #[arg(long, value_name = "KEY")]
    entity: Option<String>,
}

impl FilterArgs {
    pub(super) fn query(&self, text: Option<&str>) -> Query {
        let mut query = self.tag.iter().fold(Query::new(), |query, (name, value)| query.with_tag(name, value));
        query.text = text.map(str::to_owned);
        query.owner.clone_from(&self.owner);
        query.entity.clone_from(&self.entity);
        query
    }
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    list(&args.root, &args.filter.query(args.text.as_deref()), as_json)
}

pub(super) fn list(root: &std::path::Path, query: &Query, as_json: bool) -> Result<Outcome> {
    let shown = root.display().to_string();
    let store = open(root)?;
    let state = store.registry().state().about_a("store", &shown)?;
    let views = state.search(query);
    let lines = views.into_iter().map(|view| Facts::of(&store, &state, view)).collect::<Result<Vec<_>>>();
    let lines = lines.about_a("store", &shown)?;
    if as_json {
        let definitions: Vec<_> = lines.iter().map(Facts::json).collect();
        print_json(&json!({"store": shown, "revision": state.revision(), "definitions": definitions}))?;
    } else {
        print(&format!("{}\n{}", table(&lines).to_text(), plural(lines.len() as u64, "definition")))?;
    }
    Ok(Outcome::Done)
}

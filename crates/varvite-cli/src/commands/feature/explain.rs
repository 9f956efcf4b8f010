//! `varvite feature explain ROOT FEATURE... --entities INPUT --time COLUMN`

use std::path::PathBuf;

use serde::Serialize;
use varvite::feature::{ExplainedValue, Explanation};

use super::options::{FeatureArgs, ReadArgs, SpineArgs};
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::plural;
use crate::output::progress::Progress;
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Tells where each value of a join comes from, or why there is none
///
/// It takes what `varvite feature join` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite feature explain features users.score --entities labels.csv --time at

JSON: {\"store\", \"values\": [{\"row\", \"column\", \"group\", \"feature\", \"value\", \"reason\", \"commit\", \"event_time\",
\"created_time\", \"age_ns\"}]}")]
pub(crate) struct Args {
    #[command(flatten)]
    what: FeatureArgs,

    /// A file with the entities and their times, `-` for standard input
    #[arg(long, value_name = "INPUT")]
    entities: PathBuf,

    #[command(flatten)]
    spine: SpineArgs,

    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Serialize)]
struct Answer<'a> {
    store: String,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let explanation = explain(args, as_json).about_a("store", &args.what.shown())?;
    if as_json {
        print_json(&Answer { store: args.what.shown(), explanation: &explanation })?;
    } else {
        let number = plural(explanation.values.len() as u64, "value");
        let mut lines = vec![table(&explanation.values).to_text(), number];
        for query in &explanation.queries {
            lines.push(format!("{}:\n  {}", query.group, query.plan.replace('\n', "\n  ")));
        }
        print(&lines.join("\n"))?;
    }
    Ok(Outcome::Done)
}

fn explain(args: &Args, as_json: bool) -> Result<Explanation> {
    let store = open(&args.what.root)?;
    let options = args.read.to_options();
    let _progress = Progress::start("explaining", None, as_json);
    let entities = args.spine.read(&store, &args.entities, &args.what.features, &options)?;
    Ok(store.explain(&entities, &args.what.features, &options)?)
}

fn table(values: &[ExplainedValue]) -> Table {
    let mut table = Table::new().right("row").left("column").left("value").left("why").left("group").right("commit");
    table = table.left("event time").right("age").left("created");
    for value in values {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        table.row([
            value.row.to_string(),
            value.column.clone(),
            text(&value.value),
            value.reason.to_string(),
            value.group.clone(),
            value.commit.map(|commit| commit.to_string()).unwrap_or_default(),
            text(&value.event_time),
            text(&value.age()),
            text(&value.created_time),
        ]);
    }
    table
}

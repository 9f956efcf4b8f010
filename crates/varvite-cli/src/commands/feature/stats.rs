//! `varvite feature stats ROOT GROUP`

use std::path::PathBuf;

use serde_json::json;
use varvite::feature::{Error, FeatureStatistics, GroupHistory, StatisticsDrift};

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::count;
use crate::output::progress::Progress;
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Describes the values of a group: of all stored rows, of one commit, or how two commits differ
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature stats features users
  varvite feature stats features users --compare 3..7

JSON: {\"store\", \"group\", \"commit\", \"features\": [{\"feature\", \"rows\", \"nulls\", \"distinct\", \"distinct_is_exact\", \"min\",
\"max\", \"mean\", \"std\"}]}; with --compare {\"store\", \"group\", \"before\", \"after\", \"features\": [{\"feature\", \"null_share\",
\"mean\", \"mean_shift\", \"distinct\", \"bounds_before\", \"bounds_after\"}]}")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// The group, `users`, or a version of it, `users@v1`
    group: String,

    /// Only the rows that this commit wrote
    #[arg(long, value_name = "N", conflicts_with = "compare")]
    commit: Option<u64>,

    /// How the rows of the later commit differ from those of the earlier one
    #[arg(long, value_name = "A..B", value_parser = commits)]
    compare: Option<(u64, u64)>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.root.display().to_string();
    let store = open(&args.root)?;
    let history = store.group(&args.group).about_a("group", &args.group)?;
    for commit in args.compare.map_or(args.commit.into_iter().collect(), |(before, after)| vec![before, after]) {
        refuse_unknown(&history, commit).about_a("group", &args.group)?;
    }
    let progress = Progress::start("reading", None, as_json);
    if let Some((before, after)) = args.compare {
        let drift = store.compare_statistics(&args.group, before, after).about_a("group", &args.group)?;
        drop(progress);
        show_drift(&shown, &drift, as_json)?;
        return Ok(Outcome::Done);
    }
    let features = match args.commit {
        Some(commit) => store.commit_statistics(&args.group, commit).map(|statistics| statistics.features),
        None => store.statistics(&args.group),
    };
    let features = features.about_a("group", &args.group)?;
    drop(progress);
    if as_json {
        print_json(&json!({"store": shown, "group": args.group, "commit": args.commit, "features": features}))?;
    } else {
        print(&table(&features).to_text())?;
    }
    Ok(Outcome::Done)
}

/// A commit that is not there has no rows, which would look like an answer.
fn refuse_unknown(history: &GroupHistory, commit: u64) -> Result<(), Error> {
    let known = match history.dataset().snapshot().map(|snapshot| snapshot.version) {
        Some(newest) if commit <= newest => return Ok(()),
        Some(newest) => format!("the newest is {newest}"),
        None => "nothing was written yet".to_owned(),
    };
    let reason = format!("`{}` has no commit {commit}: {known}", history.group().id());
    Err(Error::InvalidOption { option: "commit", reason })
}

fn table(features: &[FeatureStatistics]) -> Table {
    let mut table = Table::new().left("feature").right("rows").right("null").right("distinct").left("min").left("max");
    table = table.right("mean").right("std");
    for feature in features {
        let about = if feature.distinct_is_exact { "" } else { "~" };
        table.row([
            feature.feature.clone(),
            count(feature.rows),
            count(feature.nulls),
            format!("{about}{}", count(feature.distinct)),
            feature.min.clone().unwrap_or_default(),
            feature.max.clone().unwrap_or_default(),
            number(feature.mean),
            number(feature.std),
        ]);
    }
    table
}

fn show_drift(store: &str, drift: &StatisticsDrift, as_json: bool) -> Result<()> {
    if as_json {
        return print_json(&json!({"store": store, "group": drift.group, "before": drift.before, "after": drift.after,
            "features": drift.features}));
    }
    let mut table = Table::new().left("feature").left("null").left("mean").right("shift").left("distinct");
    for feature in &drift.features {
        let share =
            |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| number(Some(value)));
        table.row([
            feature.feature.clone(),
            format!("{} -> {}", share(feature.null_share.0), share(feature.null_share.1)),
            format!("{} -> {}", shown(feature.mean.0), shown(feature.mean.1)),
            feature.mean_shift.map(|shift| format!("{shift:+.2} std")).unwrap_or_default(),
            format!("{} -> {}", count(feature.distinct.0), count(feature.distinct.1)),
        ]);
    }
    print(&format!("{}\n{}, commit {} -> {}", table.to_text(), drift.group, drift.before, drift.after))
}

fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.4}")).unwrap_or_default()
}

fn commits(text: &str) -> std::result::Result<(u64, u64), String> {
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no commit"));
    let (before, after) = text.split_once("..").ok_or("write A..B")?;
    Ok((number(before)?, number(after)?))
}

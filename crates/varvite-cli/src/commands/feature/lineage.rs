//! `varvite feature lineage ROOT NODE`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;
use varvite::feature::{Direction, LineageKind, LineageNode, Reach, RegistryState};

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::{print, print_json};

/// Tells what a column or table comes from, and what comes from it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature lineage features users.score
  varvite feature lineage features purchases --downstream --kind table

JSON: {\"store\", \"node\", \"kind\", \"upstream\", \"downstream\"}; what was not asked for is null")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// A column, `group.feature`, or a whole table
    node: LineageNode,

    /// Only what it comes from
    #[arg(long, conflicts_with = "downstream")]
    upstream: bool,

    /// Only what comes from it
    #[arg(long)]
    downstream: bool,

    /// Columns whose values flow, or tables that are read
    #[arg(long, value_enum, default_value_t = KindArg::Value)]
    kind: KindArg,

    /// One step alone
    #[arg(long)]
    direct: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindArg {
    /// Columns whose values flow
    Value,
    /// Tables that are read, for their values or for which rows there are
    Table,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.root.display().to_string();
    let state = open(&args.root)?.registry().state().about_a("store", &shown)?;
    let upstream = args.look(&state, Direction::Upstream).about_a("store", &shown)?;
    let downstream = args.look(&state, Direction::Downstream).about_a("store", &shown)?;
    if as_json {
        let kind = if args.kind == KindArg::Value { "value" } else { "table" };
        print_json(&json!({"store": shown, "node": args.node, "kind": kind, "upstream": upstream,
            "downstream": downstream}))?;
        return Ok(Outcome::Done);
    }
    let lines = |label: &str, nodes: Option<BTreeSet<LineageNode>>| {
        let names: Vec<String> = nodes?.iter().map(ToString::to_string).collect();
        Some(format!("  {label} {}", if names.is_empty() { "nothing known".to_owned() } else { names.join(", ") }))
    };
    let lines = [lines("comes from", upstream), lines("gives     ", downstream)];
    let lines: Vec<String> = std::iter::once(args.node.to_string()).chain(lines.into_iter().flatten()).collect();
    print(&lines.join("\n"))?;
    Ok(Outcome::Done)
}

impl Args {
    /// What lies in a direction; `None` if that was not asked for.
    fn look(&self, state: &RegistryState, direction: Direction) -> Result<Option<BTreeSet<LineageNode>>> {
        let unwanted = if direction == Direction::Upstream { self.downstream } else { self.upstream };
        if unwanted {
            return Ok(None);
        }
        let kind = match self.kind {
            KindArg::Value => LineageKind::Value,
            KindArg::Table => LineageKind::Table,
        };
        let reach = if self.direct { Reach::Direct } else { Reach::Transitive };
        Ok(Some(state.lineage(&self.node, direction, kind, reach)?))
    }
}

//! `varvite asset gaps ROOT ASSET`

use serde_json::json;
use varvite::asset::{Interval, Span};

use super::name::{AssetArgs, Found};
use super::options::{RangeArgs, key_value};
use super::{ASSET, Outcome};
use crate::error::{About, Result};
use crate::output::format::{count, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Lists the intervals of a feature asset that were never written
///
/// Intervals that were written without rows are no gaps. Without a range: from the first interval written until now. Where
/// there are partitions, a gap of one of them is a gap.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite asset gaps catalog weather --range 2024-01-01..2024-02-01
  varvite asset gaps catalog weather@1d --range now-1M/d..now/d --key region=north

JSON: {\"root\", \"asset\", \"resolution\", \"version\", \"missing\", \"gaps\": [{\"start\", \"end\", \"intervals\"}]}; \"missing\"
counts intervals")]
pub(crate) struct Args {
    #[command(flatten)]
    asset: AssetArgs,

    #[command(flatten)]
    range: RangeArgs,

    /// Only partitions with this value; several have to hold all
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    key: Vec<(String, String)>,
}

/// Missing intervals that follow each other.
pub(super) struct Gap {
    pub(super) stretch: Interval,
    pub(super) intervals: u64,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let found = args.asset.find()?;
    let gaps = args.gaps(&found).about_a(ASSET, &found.shown())?;
    let missing: u64 = gaps.iter().map(|gap| gap.intervals).sum();
    if as_json {
        let gaps: Vec<_> = gaps.iter().map(Gap::json).collect();
        print_json(&json!({"root": args.asset.root(), "asset": found.id.name, "resolution": found.id.resolution,
            "version": found.version, "missing": missing, "gaps": gaps}))?;
    } else if gaps.is_empty() {
        print("nothing is missing")?;
    } else {
        print(&format!("{}\n{} missing", table(&gaps).to_text(), plural(missing, "interval")))?;
    }
    Ok(Outcome::Done)
}

impl Args {
    fn gaps(&self, found: &Found) -> Result<Vec<Gap>> {
        let span = self.range.span().unwrap_or(Span::all());
        let catalog = match self.range.now {
            Some(now) => found.catalog.clone().with_clock(move || now),
            None => found.catalog.clone(),
        };
        Ok(joined(catalog.gaps(&found.id, found.version, span, &self.key)?))
    }
}

/// Intervals that follow each other, as one stretch.
pub(super) fn joined(intervals: impl IntoIterator<Item = Interval>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for interval in intervals {
        match gaps.last_mut() {
            Some(last) if last.stretch.end == interval.start => {
                last.stretch.end = interval.end;
                last.intervals += 1;
            }
            _ => gaps.push(Gap { stretch: interval, intervals: 1 }),
        }
    }
    gaps
}

impl Gap {
    pub(super) fn json(&self) -> serde_json::Value {
        json!({"start": self.stretch.start.to_string(), "end": self.stretch.end.to_string(), "intervals": self.intervals})
    }
}

fn table(gaps: &[Gap]) -> Table {
    let mut table = Table::new().left("missing from").left("to").right("intervals");
    for Gap { stretch, intervals } in gaps {
        table.row([stretch.start.to_string(), stretch.end.to_string(), count(*intervals)]);
    }
    table
}

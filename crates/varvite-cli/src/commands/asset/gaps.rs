//! `varvite asset gaps ROOT ASSET`

use serde_json::json;
use varvite::asset::{Gaps, Span};

use super::name::{AssetArgs, Found};
use super::options::{RangeArgs, key_value};
use super::{ASSET, Outcome, json};
use crate::error::{About, Result};
use crate::output::format::{count, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Lists the intervals of a feature asset that were never written
///
/// Intervals that were written without rows are no gaps. Without a range: from the first interval written until now. Where
/// there are partitions, an interval that one of them lacks is a gap, from the first interval of that partition on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite asset gaps catalog weather --range 2024-01-01..2024-02-01
  varvite asset gaps catalog weather@1d --range now-1M/d..now/d --key region=north

JSON: {\"root\", \"asset\", \"kind\", \"resolution\", \"version\", \"missing\", \"gaps\": [{\"start\", \"end\", \"intervals\"}], \
\"lacking\": [{\"keys\": {NAME: VALUE}, \"missing\", \"gaps\"}]}; \"missing\" counts intervals, \"lacking\" is by partition")]
pub(crate) struct Args {
    #[command(flatten)]
    asset: AssetArgs,

    #[command(flatten)]
    range: RangeArgs,

    /// Only partitions with this value; several have to hold all
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    key: Vec<(String, String)>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let found = args.asset.find()?;
    let gaps = args.gaps(&found).about_a(ASSET, &found.shown())?;
    if as_json {
        let mut facts = found.json(json!({"root": args.asset.root()}));
        json::put_gaps(&mut facts, &gaps, found.resolution()?);
        print_json(&facts)?;
    } else if gaps.is_empty() {
        print("nothing is missing")?;
    } else {
        let table = table(&gaps, &found)?.to_text();
        print(&format!("{table}\n{} missing", plural(gaps.count, "interval")))?;
    }
    Ok(Outcome::Done)
}

impl Args {
    fn gaps(&self, found: &Found) -> Result<Gaps> {
        let span = self.range.span().unwrap_or(Span::all());
        let catalog = match self.range.now {
            Some(now) => found.catalog.clone().with_clock(move || now),
            None => found.catalog.clone(),
        };
        Ok(catalog.gaps(&found.id, found.version, span, &self.key)?)
    }
}

fn table(gaps: &Gaps, found: &Found) -> Result<Table> {
    let resolution = found.resolution()?;
    let is_keyed = !gaps.lacking.is_empty();
    let mut table = Table::new().left("missing from").left("to").right("intervals");
    if is_keyed {
        table = table.left("of");
    }
    for (stretch, of) in gaps.named() {
        let intervals = resolution.map_or(0, |resolution| resolution.count(stretch));
        let of = if of.is_empty() { "all".to_owned() } else { of };
        let row = [stretch.start.to_string(), stretch.end.to_string(), count(intervals)];
        table.row(row.into_iter().chain(is_keyed.then_some(of)));
    }
    Ok(table)
}

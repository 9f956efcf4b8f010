//! `varvite asset gaps ROOT ASSET`

use serde_json::{Value, json};
use varvite::asset::{Gaps, Interval, Lacking, Span};

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
/// there are partitions, an interval that one of them lacks is a gap, from the first interval of that partition on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite asset gaps catalog weather --range 2024-01-01..2024-02-01
  varvite asset gaps catalog weather@1d --range now-1M/d..now/d --key region=north

JSON: {\"root\", \"asset\", \"resolution\", \"version\", \"missing\", \"gaps\": [{\"start\", \"end\", \"intervals\"}],
\"lacking\": [{\"keys\", \"missing\", \"gaps\"}]}; \"missing\" counts intervals, \"lacking\" is by partition")]
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
        let lacking: Vec<Value> = gaps.lacking.iter().map(lacking_json).collect();
        print_json(&json!({"root": args.asset.root(), "asset": found.id.name, "resolution": found.id.resolution,
            "version": found.version, "missing": gaps.count, "gaps": stretches_json(&gaps, &found)?,
            "lacking": lacking}))?;
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

pub(super) fn stretches_json(gaps: &Gaps, found: &Found) -> Result<Vec<Value>> {
    let Some(resolution) = found.resolution()? else { return Ok(Vec::new()) };
    let json = |stretch: &Interval| {
        let intervals = resolution.count(*stretch);
        json!({"start": stretch.start.to_string(), "end": stretch.end.to_string(), "intervals": intervals})
    };
    Ok(gaps.stretches.iter().map(json).collect())
}

fn lacking_json(lacking: &Lacking) -> Value {
    let keys: serde_json::Map<String, Value> =
        lacking.keys.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let gaps: Vec<String> = lacking.stretches.iter().map(ToString::to_string).collect();
    json!({"keys": keys, "missing": lacking.count, "gaps": gaps})
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

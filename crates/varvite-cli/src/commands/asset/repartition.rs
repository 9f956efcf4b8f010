//! `varvite asset repartition ROOT ASSET --to RESOLUTION`

use varvite::asset::{AssetId, Repartition, Resolution};

use super::name::AssetArgs;
use super::write::Written;
use super::{ASSET, Outcome};
use crate::error::{About, Result};
use crate::output::progress::Progress;

/// Gives a feature asset another resolution: the rows stay, the intervals change
///
/// An interval of the new resolution counts as written if all of it was. The asset stays under its old resolution, too,
/// unless --remove is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite asset repartition catalog weather@1d --to 1w --remove

JSON: as `asset write` has it, of the new resolution")]
pub(crate) struct Args {
    #[command(flatten)]
    asset: AssetArgs,

    /// The new resolution: a count of s, m, h, d, w, M or y
    #[arg(long, value_name = "RESOLUTION")]
    to: Resolution,

    /// Replaces an asset that has the new resolution already
    #[arg(long)]
    replace: bool,

    /// Removes the asset under its old resolution, once all rows are written
    #[arg(long)]
    remove: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let found = args.asset.find()?;
    let mut how = Repartition::to(args.to);
    how.replaces = args.replace;
    how.removes = args.remove;
    let progress = Progress::start("rewriting", None, as_json);
    let report = found.catalog.repartition(&found.id, found.version, how).about_write_to_a(ASSET, &found.shown())?;
    drop(progress);
    let id = AssetId { resolution: Some(args.to.to_string()), ..found.id };
    let written = Written { id, version: found.version, report, columns: Vec::new() };
    written.tell(&args.asset.root(), as_json)?;
    Ok(Outcome::Done)
}

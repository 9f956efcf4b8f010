//! What a fetch does, decided from metadata alone: plain values, no reading.

mod columns;
mod contents;
mod display;
mod feature;
mod field;
mod gaps;
mod intervals;
mod lake;
mod newest;
mod persistent;
mod pieces;
mod report;
mod scan;
mod stretches;

pub(crate) use contents::clip_of;
pub(crate) use display::table;
pub(crate) use feature::interval_of;
pub use field::{FieldPlan, Intervals};
pub(crate) use gaps::gaps_of_version;
pub use gaps::{Gaps, Lacking};
pub use scan::{Part, PartSource, PlannedScan};

use std::sync::Arc;

use varvite_time::Instant;

use crate::{AssetId, AssetKind, AssetListing, Bound, Error, Listing, Missing, Result, Want, When};

/// What a fetch does. Its `Display` is a table for people; it serializes for programs.
#[derive(Debug, Clone)]
pub struct FetchPlan {
    /// The one moment that all spans were resolved by.
    pub now: Instant,
    /// The fields, in the order of the collection.
    pub fields: Vec<Arc<FieldPlan>>,
}

impl FetchPlan {
    /// How many files are read for all fields.
    pub fn num_files(&self) -> u64 {
        self.fields.iter().map(|field| field.num_files).sum()
    }

    /// How many rows there are at most.
    pub fn num_rows(&self) -> u64 {
        self.fields.iter().map(|field| field.num_rows).sum()
    }

    /// Length of the files in bytes.
    pub fn num_bytes(&self) -> u64 {
        self.fields.iter().map(|field| field.num_bytes).sum()
    }
}

/// Decides what is read for `wants`, as of `now`, from what stands in the catalog. Nothing is read for it.
///
/// # Errors
/// [`Error::InvalidRange`]; [`Error::VersionNotFound`] where an asset has no version that can be read;
/// [`Error::MissingIntervals`] where a field's policy is to fail; [`Error::SchemaMismatch`] for stored columns that a
/// model cannot do without.
pub fn plan_fetch(wants: &[Want], now: Instant, listing: &Listing) -> Result<FetchPlan> {
    let fields = wants.iter().map(|want| plan_field(want, now, listing).map(Arc::new)).collect::<Result<Vec<_>>>()?;
    Ok(FetchPlan { now, fields })
}

/// Decides what is read for one field.
///
/// # Errors
/// As [`plan_fetch`].
pub fn plan_field(want: &Want, now: Instant, listing: &Listing) -> Result<FieldPlan> {
    let nothing = AssetListing::default();
    let asset = listing.assets.get(&AssetId::new(&want.asset, want.kind)).unwrap_or(&nothing);
    // Of a lake, only what is dated within the range is listed.
    let lists_all = !matches!((want.kind, want.when), (AssetKind::Lake, When::Within(span)) if span.start != Bound::Unbounded || !matches!(span.end, Bound::Unbounded | Bound::NOW));
    let is_readable = want.versions().any(|version| asset.versions.contains_key(&version));
    if lists_all && !asset.versions.is_empty() && !is_readable {
        let versions: Vec<_> = asset.versions.keys().map(u32::to_string).collect();
        return Err(Error::VersionNotFound {
            asset: format!("{}{}", want.asset, want.kind),
            version: want.version,
            known: format!("there is version {}", versions.join(", ")),
        });
    }
    let plan = match want.kind {
        AssetKind::Feature { resolution } => feature::plan_feature(want, resolution, now, asset),
        AssetKind::Lake => lake::plan_lake(want, now, asset),
        AssetKind::Persistent => persistent::plan_persistent(want, asset),
    }?;
    let fails = want.missing == Missing::Fail && plan.is_missing_any();
    if fails { Err(plan.missing()) } else { Ok(plan) }
}

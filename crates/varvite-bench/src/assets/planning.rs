//! `asset-plan`: opens the catalog, lists the asset, and decides what a fetch of all its rows reads.

use std::sync::Arc;

use anyhow::{Context, Result};
use varvite_asset::{Bound, Collection, Fetch, FetchPlan, Span, plan_fetch};
use varvite_storage::Storage;

use super::{Reading, Weather, catalog, now, prepare, prepare_many};
use crate::Measured;
use crate::measure::repeated;
use crate::outcome::Outcome;
use crate::place::Place;

/// The options of `asset-plan`.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// From where on.
    #[arg(long, default_value = "first")]
    start: Start,
    /// Plans a fetch of an hourly asset of so many intervals instead.
    #[arg(long)]
    intervals: Option<usize>,
    /// How often.
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Start {
    /// The first row.
    First,
    /// Nowhere: as long as there are rows.
    Unbounded,
    /// The first day of year 1.
    #[value(name = "year-1")]
    YearOne,
}

impl Measured for Plan {
    fn prepare(&self, place: &Place) -> Result<()> {
        self.intervals.map_or_else(|| prepare(place), |intervals| prepare_many(place, intervals))
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let storage = place.base()?;
        let measured = repeated(self.repeats, || self.plan(&storage))?;
        let field = measured.last.fields.first().context("the plan has no field")?;
        Ok(Outcome {
            first_seconds: Some(measured.first_seconds),
            seconds: measured.seconds,
            cost: measured.cost,
            rows: field.intervals.found,
            storage: storage.take(),
            ..Outcome::default()
        })
    }
}

impl Plan {
    fn plan(&self, storage: &Arc<impl Storage + 'static>) -> Result<FetchPlan> {
        let fetch = Fetch::from(self.span()?);
        let mut wants = Collection::new();
        if self.intervals.is_some() {
            let _ = wants.rows::<Reading>("rows", fetch)?;
        } else {
            let _ = wants.rows::<Weather>("rows", fetch)?;
        }
        let (catalog, wants, now) = (catalog(storage)?, wants.wants().cloned().collect::<Vec<_>>(), now());
        Ok(plan_fetch(&wants, now, &catalog.listing_at(&wants, now)?)?)
    }

    fn span(&self) -> Result<Span> {
        let start = match self.start {
            Start::First => "2025-01-01".parse()?,
            Start::Unbounded => Bound::Unbounded,
            Start::YearOne => "0001-01-01".parse()?,
        };
        Ok(Span { start, end: Bound::NOW })
    }
}

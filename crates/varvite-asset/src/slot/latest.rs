//! [`Latest`]: the rows of the newest interval.

use arrow::array::RecordBatch;

use super::rows::{FillRows, wanted_rows};
use super::{Filling, Slot};
use crate::{AssetKind, Error, FeatureModel, Fetch, FieldPlan, Interval, PlannedScan, Result, Want};

/// The rows of the newest interval that was written, up to a tolerance.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest<M> {
    /// Which interval it is.
    pub interval: Interval,
    /// Its rows, in order.
    pub rows: Vec<M>,
}

/// The newest interval in the making.
pub struct FillLatest<M> {
    interval: Interval,
    rows: FillRows<M>,
}

impl<M: FeatureModel> Filling for FillLatest<M> {
    type Filled = Latest<M>;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.rows.push(scan, batch)
    }

    fn finish(self) -> Result<Latest<M>> {
        Ok(Latest { interval: self.interval, rows: self.rows.finish()? })
    }
}

impl<M: FeatureModel> Slot for Latest<M> {
    type Filling = FillLatest<M>;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        wanted_latest::<M>(field, fetch)
    }

    fn filling(plan: &FieldPlan) -> Result<Self::Filling> {
        let filling = plan.latest.map(|interval| FillLatest { interval, rows: FillRows::new(plan) });
        filling.ok_or_else(|| plan.missing())
    }
}

/// The newest interval in the making, if there is one.
pub struct FillSomeLatest<M>(Option<FillLatest<M>>);

impl<M: FeatureModel> Filling for FillSomeLatest<M> {
    type Filled = Option<Latest<M>>;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.0.as_mut().map_or(Ok(()), |latest| latest.push(scan, batch))
    }

    fn finish(self) -> Result<Option<Latest<M>>> {
        self.0.map(Filling::finish).transpose()
    }
}

impl<M: FeatureModel> Slot for Option<Latest<M>> {
    type Filling = FillSomeLatest<M>;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        wanted_latest::<M>(field, fetch)
    }

    fn filling(plan: &FieldPlan) -> Result<Self::Filling> {
        Ok(FillSomeLatest(plan.latest.map(|interval| FillLatest { interval, rows: FillRows::new(plan) })))
    }
}

/// The type says that the newest interval is wanted: it need not be said again, but nothing else can be.
fn wanted_latest<M: FeatureModel>(field: &str, fetch: &Fetch) -> Result<Want> {
    if !matches!(M::KIND, AssetKind::Feature { .. }) {
        let reason = format!("{} has no intervals", M::schema().label());
        return Err(Error::InvalidOption { option: "latest", reason });
    }
    if fetch.is_ranged() {
        let reason = "the field is the newest interval, not a range".to_owned();
        return Err(Error::InvalidOption { option: "latest", reason });
    }
    let latest = Fetch::default().latest(0).overridden_by(fetch);
    wanted_rows::<M>(field, &latest)
}

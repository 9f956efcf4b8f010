//! [`Frame`] as a field: opened from the plan, without a scan, where files can be scanned lazily.

use std::marker::PhantomData;

use arrow::array::RecordBatch;
use polars::prelude::LazyFrame;

use super::Frame;
use super::checks::Checks;
use super::parts::{of_batch, of_batches, of_parts, opened};
use crate::{AssetKind, FeatureModel, Fetch, FieldPlan, Filling, Part, PlannedScan, Result, Slot, Stop, Want};

/// A frame in the making.
pub struct FillFrame<M> {
    plan: FieldPlan,
    /// Parts that were opened, or batches of files that cannot be scanned lazily.
    rows: Vec<LazyFrame>,
    model: PhantomData<fn() -> M>,
}

impl<M: FeatureModel> Filling for FillFrame<M> {
    type Filled = Frame<M>;

    /// Files of a lake are of any form: they are read as rows.
    const SCANS: bool = matches!(M::KIND, AssetKind::Lake);

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.rows.push(of_batch::<M>(&batch, scan.part.version, &self.plan)?);
        Ok(())
    }

    fn open(&mut self, part: &Part, stop: &Stop) -> Result<()> {
        self.rows.extend(opened::<M>(part, &self.plan, stop)?);
        Ok(())
    }

    fn finish(self) -> Result<Frame<M>> {
        let checks = Checks::new(&self.plan, M::schema())?;
        let of_rows = if Self::SCANS { of_batches::<M> } else { of_parts::<M> };
        let rows = of_rows(self.rows, &self.plan)?;
        Ok(Frame { rows, checks, plan: self.plan, model: PhantomData })
    }
}

impl<M: FeatureModel> Slot for Frame<M> {
    type Filling = FillFrame<M>;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        fetch.want::<M>(field)
    }

    fn filling(plan: &FieldPlan) -> Result<FillFrame<M>> {
        Ok(FillFrame { plan: plan.clone(), rows: Vec::new(), model: PhantomData })
    }
}

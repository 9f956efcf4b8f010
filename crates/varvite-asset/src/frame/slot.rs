//! [`Frame`] as a field: made from the plan, without a scan, where files can be scanned lazily.

use std::marker::PhantomData;

use arrow::array::RecordBatch;
use polars::prelude::{IntoLazy, LazyFrame};
use varvite_dataset::to_frame;

use super::Frame;
use super::checks::Checks;
use super::columns::conformed;
use super::parts::{frame, needed, union};
use crate::{AssetKind, Error, FeatureModel, Fetch, FieldPlan, Filling, PlannedScan, Result, Slot, Want};

/// A frame in the making.
pub struct FillFrame<M> {
    plan: FieldPlan,
    /// The rows of files that cannot be scanned lazily.
    rows: Vec<LazyFrame>,
    model: PhantomData<fn() -> M>,
}

impl<M: FeatureModel> Filling for FillFrame<M> {
    type Filled = Frame<M>;

    /// Files of a lake are of any form: they are read as rows.
    const SCANS: bool = matches!(M::KIND, AssetKind::Lake);

    fn push(&mut self, _: &PlannedScan, batch: RecordBatch) -> Result<()> {
        let label = self.plan.want.label();
        let rows =
            to_frame(&batch).map_err(|source| Error::Dataset { asset: label.clone(), source: Box::new(source) })?;
        self.rows.push(conformed(rows.lazy(), &batch.schema(), &needed::<M>(&self.plan), &label)?);
        Ok(())
    }

    fn finish(self) -> Result<Frame<M>> {
        let checks = Checks::new(&self.plan, M::schema())?;
        let rows = if Self::SCANS { union::<M>(self.rows, &self.plan)? } else { frame::<M>(&self.plan)? };
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

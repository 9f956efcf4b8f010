//! Filling a field: batches of its scans, in plan order, become its value on a blocking thread.

use std::sync::Arc;

use super::read::{FromFile, Scanned, failed};
use crate::collection::{AnyValue, MakeFilling};
use crate::slot::AnyFilling;
use crate::{Error, FieldPlan, Part, PlannedScan, Result, Stop};

/// A field's value in the making.
pub(super) struct Filler {
    plan: Arc<FieldPlan>,
    make: MakeFilling,
    filling: Option<Box<dyn AnyFilling>>,
}

impl Filler {
    pub(super) fn new(plan: Arc<FieldPlan>, make: MakeFilling) -> Self {
        Self { plan, make, filling: None }
    }

    /// Adds what the scan `at` had.
    pub(super) fn add(&mut self, at: usize, scanned: Scanned, stop: &Stop) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let (filling, scan) = (self.filling()?, &plan.scans[at]);
        for mut from in scanned.batches {
            stop.check()?;
            filling.push(scan, from.take()).map_err(|error| placed(&plan, scan, &from, error))?;
        }
        Ok(())
    }

    /// Opens a part, where no batches are scanned.
    pub(super) fn open(&mut self, part: &Part, stop: &Stop) -> Result<()> {
        self.filling()?.open(part, stop)
    }

    /// The value, after the last scan or part.
    pub(super) fn finish(mut self) -> Result<AnyValue> {
        self.filling()?;
        match self.filling.take() {
            Some(filling) => filling.finish(),
            None => Err(Error::Cancelled),
        }
    }

    fn filling(&mut self) -> Result<&mut Box<dyn AnyFilling>> {
        if self.filling.is_none() {
            self.filling = Some((self.make)(&self.plan)?);
        }
        self.filling.as_mut().ok_or(Error::Cancelled)
    }
}

/// An error of a batch, with the file and its row there.
pub(crate) fn placed(plan: &FieldPlan, scan: &PlannedScan, from: &FromFile, mut error: Error) -> Error {
    match &mut error {
        Error::Decode { row, place, .. } => {
            *row = from.row(*row);
            *place = from.place.to_string();
        }
        Error::ChecksFailed { place, violations, .. } if place.is_empty() => {
            violations.map_rows(|row| from.row(row));
            *place = from.place.to_string();
        }
        _ => {}
    }
    failed(&plan.want, scan, &from.place, error)
}

//! [`Checks`]: rows that come are what their model says.

use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::{Checker, Error, FieldPlan, ModelSchema, PlannedScan, Result};

/// Asks batch after batch; of each partition anew.
pub(super) struct Checks {
    asset: String,
    /// None if nothing is to be checked.
    model: Option<Arc<ModelSchema>>,
    partition: Vec<(String, String)>,
    checker: Option<Checker>,
}

impl Checks {
    pub(super) fn new(plan: &FieldPlan) -> Self {
        let want = &plan.want;
        let has_checks = |model: &&Arc<ModelSchema>| model.columns.iter().any(|column| !column.checks.is_empty());
        let model = want.schema().filter(|_| want.checks).filter(has_checks).cloned();
        Self { asset: want.label(), model, partition: Vec::new(), checker: None }
    }

    /// Whether there is nothing to ask.
    pub(super) fn is_empty(&self) -> bool {
        self.model.is_none()
    }

    /// Asks the next batch, whose rows it counts from 0. Whoever pushed it knows the file, and puts that and its rows in.
    pub(super) fn check(&mut self, scan: &PlannedScan, batch: &RecordBatch) -> Result<()> {
        let Some(model) = &self.model else { return Ok(()) };
        let same = self.checker.take().filter(|_| self.partition == scan.part.keys);
        let mut checker = if let Some(checker) = same {
            checker
        } else {
            self.partition.clone_from(&scan.part.keys);
            Checker::new(model)?
        };
        let checked = checker.check_alone(batch);
        self.checker = Some(checker);
        checked.map_err(|violations| Error::ChecksFailed {
            asset: self.asset.clone(),
            place: String::new(),
            violations,
        })
    }
}

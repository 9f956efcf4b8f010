//! [`Decoder`]: batches become rows of a model, whichever version they are of.

use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;

use super::checks::Checks;

use crate::fetch::{chosen, nth_kept};
use crate::{DecodeError, Earlier, Error, FeatureModel, FieldPlan, Filter, PlannedScan, Result};

/// How batches of a field become rows of `M`.
pub(crate) struct Decoder<M> {
    asset: String,
    version: u32,
    filter: Option<Filter>,
    checks: Checks,
    earlier: Vec<Earlier<M>>,
}

impl<M: FeatureModel> Decoder<M> {
    pub(crate) fn new(plan: &FieldPlan) -> Self {
        let want = &plan.want;
        Self {
            asset: want.label(),
            version: want.version,
            filter: want.filter.clone(),
            checks: Checks::new(plan),
            earlier: M::earlier(),
        }
    }

    /// Appends the rows of `batch`. Those of the version that is asked for are filtered and checked as batches; those of
    /// earlier ones when they have become rows of `M`.
    pub(crate) fn decode(&mut self, scan: &PlannedScan, batch: &RecordBatch, rows: &mut Vec<M>) -> Result<()> {
        let version = scan.part.version;
        if version == self.version {
            self.checks.check(scan, batch)?;
            return M::decode(batch, rows).map_err(|error| self.undecoded(error));
        }
        let Some(earlier) = self.earlier.iter().find(|earlier| earlier.schema.version == version) else {
            let known = format!("version {version} cannot become it");
            return Err(Error::VersionNotFound { asset: self.asset.clone(), version: self.version, known });
        };
        let from = rows.len();
        (earlier.decode)(batch, rows).map_err(|error| self.undecoded(error))?;
        self.keep_wanted(scan, from, rows)
    }

    /// Filters and checks rows that came from an earlier version.
    fn keep_wanted(&mut self, scan: &PlannedScan, from: usize, rows: &mut Vec<M>) -> Result<()> {
        if self.filter.is_none() && self.checks.is_empty() {
            return Ok(());
        }
        let mut batch = M::encode(&rows[from..]).map_err(|error| self.undecoded(error))?;
        let mut kept_rows = None;
        if let Some(filter) = &self.filter {
            let kept = chosen(filter, &batch)?;
            batch =
                filter_record_batch(&batch, &kept).map_err(|source| Error::Arrow { action: "filter rows", source })?;
            let mut at = 0;
            rows.retain(|_| {
                at += 1;
                at <= from || kept.value(at - 1 - from)
            });
            kept_rows = Some(kept);
        }
        self.checks.check(scan, &batch).map_err(|mut error| {
            if let (Error::ChecksFailed { violations, .. }, Some(kept)) = (&mut error, &kept_rows) {
                violations.map_rows(|row| nth_kept(kept, row));
            }
            error
        })
    }

    /// Whoever pushed the batch knows the file, and puts it in.
    pub(crate) fn undecoded(&self, error: DecodeError) -> Error {
        let DecodeError { column, row, reason } = error;
        Error::Decode { asset: self.asset.clone(), column, row, place: String::new(), reason }
    }
}

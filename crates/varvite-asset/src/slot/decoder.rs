//! [`Decoder`]: batches become rows of a model, whichever version they are of.

use arrow::array::RecordBatch;

use crate::fetch::chosen;
use crate::{DecodeError, Earlier, Error, FeatureModel, FieldPlan, Filter, PlannedScan, Result};

/// How batches of a field become rows of `M`.
pub(crate) struct Decoder<M> {
    asset: String,
    version: u32,
    filter: Option<Filter>,
    earlier: Vec<Earlier<M>>,
}

impl<M: FeatureModel> Decoder<M> {
    pub(crate) fn new(plan: &FieldPlan) -> Self {
        let want = &plan.want;
        Self { asset: want.label(), version: want.version, filter: want.filter.clone(), earlier: M::earlier() }
    }

    /// Appends the rows of `batch`. Those of the version that is asked for are filtered and checked as batches; those of
    /// earlier ones when they have become rows of `M`.
    pub(crate) fn decode(&mut self, scan: &PlannedScan, batch: &RecordBatch, rows: &mut Vec<M>) -> Result<()> {
        let version = scan.part.version;
        if version == self.version {
            return M::decode(batch, rows).map_err(|error| self.undecoded(error));
        }
        let Some(earlier) = self.earlier.iter().find(|earlier| earlier.schema.version == version) else {
            let known = format!("version {version} cannot become it");
            return Err(Error::VersionNotFound { asset: self.asset.clone(), version: self.version, known });
        };
        let from = rows.len();
        (earlier.decode)(batch, rows).map_err(|error| self.undecoded(error))?;
        self.keep_wanted(from, rows)
    }

    /// Applies the filter to rows that came from an earlier version.
    fn keep_wanted(&self, from: usize, rows: &mut Vec<M>) -> Result<()> {
        let Some(filter) = &self.filter else { return Ok(()) };
        let batch = M::encode(&rows[from..]).map_err(|error| self.undecoded(error))?;
        let kept = chosen(filter, &batch)?;
        let mut at = 0;
        let is_kept = |at: usize| at < from || kept.value(at - from);
        rows.retain(|_| {
            at += 1;
            is_kept(at - 1)
        });
        Ok(())
    }

    /// Whoever pushed the batch knows the file, and puts it in.
    pub(crate) fn undecoded(&self, error: DecodeError) -> Error {
        let DecodeError { column, row, reason } = error;
        Error::Decode { asset: self.asset.clone(), column, row, place: String::new(), reason }
    }
}

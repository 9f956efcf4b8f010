//! [`Slot`]: what a field of a collection may be, and how it is filled with batches.

mod batches;
mod by_interval;
mod checks;
mod decoder;
mod lake_file;
mod latest;
mod rows;

use arrow::array::RecordBatch;

pub use batches::Batches;
pub(crate) use batches::Conform;
pub(crate) use decoder::Decoder;
pub use lake_file::LakeFile;
pub use latest::Latest;

use crate::collection::AnyValue;
use crate::{Fetch, FieldPlan, Part, PlannedScan, Result, Stop, Want};

/// What a field of a collection may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an asset collection",
    note = "use `Vec<Model>` for rows, `Option<Vec<Model>>`, `Latest<Model>`, `BTreeMap<Interval, Vec<Model>>`, \
            `Frame<Model>` for a lazy frame, or `Vec<LakeFile>`"
)]
pub trait Slot: Sized + Send + 'static {
    /// How it is filled.
    type Filling: Filling<Filled = Self>;

    /// What a field of this type asks for.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption) for options that make no sense for the type.
    fn want(field: &str, fetch: &Fetch) -> Result<Want>;

    /// A value to be filled.
    ///
    /// # Errors
    /// For a plan that cannot fill it.
    fn filling(plan: &FieldPlan) -> Result<Self::Filling>;
}

/// A field's value in the making.
pub trait Filling: Send + 'static {
    /// The value.
    type Filled: Send + 'static;

    /// Whether batches are scanned for it. If not, the parts of the plan are opened.
    const SCANS: bool = true;

    /// Adds a batch. Batches come in plan order, those of one scan one after the other.
    ///
    /// # Errors
    /// For values that do not fit, and rows that break a check.
    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()>;

    /// Opens a part, where no batches are scanned. Parts come in plan order. One that failed and may work later comes again:
    /// a failure leaves nothing behind.
    ///
    /// # Errors
    /// For files that cannot be opened, and columns that do not fit; [`Error::Cancelled`](crate::Error::Cancelled) when
    /// it is to stop.
    fn open(&mut self, part: &Part, stop: &Stop) -> Result<()> {
        let _ = (part, stop);
        Ok(())
    }

    /// The value, after the last batch or part.
    ///
    /// # Errors
    /// For what can only be told at the end.
    fn finish(self) -> Result<Self::Filled>;
}

/// A filling of any type.
pub(crate) trait AnyFilling: Send {
    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()>;
    fn open(&mut self, part: &Part, stop: &Stop) -> Result<()>;
    fn finish(self: Box<Self>) -> Result<AnyValue>;
}

/// A filling whose type is forgotten.
pub(crate) struct Erased<F>(pub(crate) F);

impl<F: Filling> AnyFilling for Erased<F> {
    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.0.push(scan, batch)
    }

    fn open(&mut self, part: &Part, stop: &Stop) -> Result<()> {
        self.0.open(part, stop)
    }

    fn finish(self: Box<Self>) -> Result<AnyValue> {
        Ok(Box::new(self.0.finish()?))
    }
}

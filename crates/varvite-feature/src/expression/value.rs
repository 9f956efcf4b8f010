//! [`Value`]: the values of a part of an expression: one for each row, or one for all.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Datum, UInt32Array};
use arrow::compute::take;
use arrow::error::ArrowError;

/// One value for each row, or one for all.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) array: ArrayRef,
    pub(super) is_scalar: bool,
}

/// Computes one array from those of its arguments; of scalars alone, an array of one value. The number is that of rows.
#[derive(Clone)]
pub(super) struct Kernel(Arc<Compute>);

type Compute = dyn Fn(&[Value], usize) -> Result<ArrayRef, ArrowError> + Send + Sync;

impl Kernel {
    pub(super) fn new(
        compute: impl Fn(&[Value], usize) -> Result<ArrayRef, ArrowError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(compute))
    }

    /// A kernel of one argument.
    pub(super) fn unary(compute: impl Fn(&ArrayRef) -> Result<ArrayRef, ArrowError> + Send + Sync + 'static) -> Self {
        Self::new(move |values, _| compute(&values[0].array))
    }

    pub(super) fn run(&self, arguments: &[Value], rows: usize) -> Result<Value, ArrowError> {
        let is_scalar = arguments.iter().all(|argument| argument.is_scalar);
        let array = (self.0)(arguments, if is_scalar { 1 } else { rows })?;
        Ok(Value { array, is_scalar })
    }
}

impl Value {
    pub(super) fn scalar(array: ArrayRef) -> Self {
        Self { array, is_scalar: true }
    }

    /// One value for each of `rows`.
    pub(super) fn expand(&self, rows: usize) -> Result<ArrayRef, ArrowError> {
        if self.is_scalar && rows != 1 {
            return take(&self.array, &UInt32Array::from(vec![0; rows]), None);
        }
        Ok(Arc::clone(&self.array))
    }
}

impl Datum for Value {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array.as_ref(), self.is_scalar)
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kernel")
    }
}

//! [`Taken`]: a column of the result, taken block by block.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, NullBufferBuilder, PrimitiveArray, UInt32Array};
use arrow::array::{downcast_primitive, new_null_array};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;

use crate::{Error, Result};

/// A column of the result, as far as it is taken.
pub(crate) enum Taken {
    /// No row to take from: nulls.
    Nothing { data_type: DataType, len: usize },
    /// Values of one width go to where they stay: what a large call allocates is the result and no more.
    InPlace(Box<dyn InPlace>),
    /// One array a block, put together at the end; a single one stays as it is.
    Pieces { rows: ArrayRef, pieces: Vec<ArrayRef> },
}

impl Taken {
    /// Begins a column of `targets` rows, in blocks of at most `block`.
    pub(crate) fn new(rows: Option<ArrayRef>, data_type: &DataType, targets: usize, block: usize) -> Self {
        macro_rules! in_place {
            ($type:ty, $rows:expr, $data_type:expr) => {
                Self::InPlace(Box::new(Fixed::<$type>::new($rows.as_primitive().clone(), targets)))
            };
        }
        let Some(rows) = rows else { return Self::Nothing { data_type: data_type.clone(), len: 0 } };
        if targets <= block {
            return Self::Pieces { rows, pieces: Vec::new() };
        }
        downcast_primitive! {
            data_type => (in_place, rows, data_type),
            _ => Self::Pieces { rows, pieces: Vec::new() },
        }
    }

    /// Takes the rows at these positions.
    pub(crate) fn add(&mut self, positions: &UInt32Array) -> Result<()> {
        match self {
            Self::Nothing { len, .. } => *len += positions.len(),
            Self::InPlace(values) => values.add(positions),
            Self::Pieces { rows, pieces } => {
                pieces.push(take(rows, positions, None).map_err(Error::arrow("take rows of an as-of merge"))?);
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<ArrayRef> {
        match self {
            Self::Nothing { data_type, len } => Ok(new_null_array(&data_type, len)),
            Self::InPlace(values) => Ok(values.finish()),
            Self::Pieces { rows, pieces } => match pieces.as_slice() {
                [] => Ok(rows.slice(0, 0)),
                [only] => Ok(ArrayRef::clone(only)),
                several => {
                    let several: Vec<&dyn Array> = several.iter().map(AsRef::as_ref).collect();
                    concat(&several).map_err(Error::arrow("put blocks of an as-of merge together"))
                }
            },
        }
    }
}

/// [`Fixed`] of some type.
pub(crate) trait InPlace {
    fn add(&mut self, positions: &UInt32Array);
    fn finish(self: Box<Self>) -> ArrayRef;
}

struct Fixed<T: ArrowPrimitiveType> {
    rows: PrimitiveArray<T>,
    values: Vec<T::Native>,
    nulls: NullBufferBuilder,
}

impl<T: ArrowPrimitiveType> Fixed<T> {
    fn new(rows: PrimitiveArray<T>, targets: usize) -> Self {
        Self { rows, values: Vec::with_capacity(targets), nulls: NullBufferBuilder::new(targets) }
    }
}

impl<T: ArrowPrimitiveType> InPlace for Fixed<T> {
    fn add(&mut self, positions: &UInt32Array) {
        let rows = self.rows.values();
        // Null positions name row 0, which is there.
        self.values.extend(positions.values().iter().map(|position| rows[*position as usize]));
        match (self.rows.nulls(), positions.nulls()) {
            (None, None) => self.nulls.append_n_non_nulls(positions.len()),
            (None, Some(present)) => self.nulls.append_buffer(present),
            (Some(valid), _) => {
                for position in positions {
                    self.nulls.append(position.is_some_and(|position| valid.is_valid(position as usize)));
                }
            }
        }
    }

    fn finish(mut self: Box<Self>) -> ArrayRef {
        let made = PrimitiveArray::<T>::new(self.values.into(), self.nulls.finish());
        Arc::new(made.with_data_type(self.rows.data_type().clone()))
    }
}

//! Types that a row's value may have.

use std::fmt::Debug;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use super::validity::Validity;
use crate::flow_type::Item;
use crate::value::Value;

/// A type of values of rows: numbers, truth values, text, dates. A chunk of them lies side by side in memory.
///
/// Implemented for `f64 f32 i64 i32 u32 bool String` and chrono's `NaiveDate NaiveDateTime DateTime<Utc>`; closed,
/// since each has loops of its own.
pub trait Element: Clone + Debug + PartialEq + Send + Sync + sealed::Sealed + 'static {
    /// What it is called in a [`crate::FlowType`].
    const ITEM: Item;
    /// A chunk of values, nulls included.
    #[doc(hidden)]
    type Storage: Default + Send + Sync;
    /// A chunk to read.
    #[doc(hidden)]
    type View<'a>: Copy;
    /// Chunks that become an array.
    #[doc(hidden)]
    type Builder: Default + Send;

    #[doc(hidden)]
    fn view(storage: &Self::Storage, len: usize) -> Self::View<'_>;
    #[doc(hidden)]
    fn at(view: Self::View<'_>, row: usize) -> Self;
    #[doc(hidden)]
    fn from_value(value: &Value) -> Option<Self>;
    #[doc(hidden)]
    fn into_value(self) -> Value;
    /// Computes the valid rows of a chunk; all if there is no mask.
    #[doc(hidden)]
    fn fill(storage: &mut Self::Storage, len: usize, mask: Option<&Validity>, f: impl FnMut(usize) -> Self);
    /// Takes over rows of an array of [`Element::ITEM`]'s type; `false` if it is another, or a value has no equal.
    #[doc(hidden)]
    fn load(storage: &mut Self::Storage, array: &ArrayRef, start: usize, len: usize) -> bool;
    #[doc(hidden)]
    fn append(builder: &mut Self::Builder, storage: &Self::Storage, validity: &Validity, len: usize);
    #[doc(hidden)]
    fn finish(builder: Self::Builder) -> ArrayRef;
    /// What stands where there is no value.
    #[doc(hidden)]
    fn absent() -> Self;

    /// The Arrow type of its columns.
    fn data_type() -> DataType {
        Self::ITEM.data_type().unwrap_or(DataType::Null)
    }
}

pub(super) mod sealed {
    /// Closes [`super::Element`].
    pub trait Sealed {}
}

//! Values of the ordered column, their types, and ranges of them.

mod ordered;
mod range;
mod types;

pub use ordered::OrderedValue;
pub use range::KeyRange;
pub use types::OrderedType;
pub(crate) use types::text;

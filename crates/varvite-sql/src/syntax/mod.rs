//! SQL as text: what one SELECT reads, and the same SELECT cut to a time or restricted to rows, for any engine.
//!
//! Pure functions over text: nothing is run, nothing is read. A query is never edited as a string: its tokens are kept,
//! tokens are put between them, and the result is read again.

mod cut;
mod dialect;
mod functions;
mod grammar;
#[cfg(feature = "spark")]
mod rename;
mod restrict;
mod rowwise;
mod scope;
mod select;
mod shape;
mod tokens;

pub use cut::Cut;
#[cfg(any(feature = "duckdb", feature = "spark"))]
pub(crate) use dialect::quote_text;
pub use dialect::{Dialect, quote_identifier};
pub use restrict::Ids;
pub use select::Select;
pub use shape::{AS_OF, OnePass, Shape, shape_of};

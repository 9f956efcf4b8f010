//! Hyperion's layout: what its files are called, and by which rule. Nothing here reads or writes.
//!
//! Its labels are no tiling: for counts that are no divisors they overlap or are cut short. So they are only for finding what
//! Hyperion has written; assets of our own are in the intervals of a [`Resolution`](crate::Resolution).

mod asset;
mod date;
mod label;
mod lake;

pub use asset::HyperionAsset;
pub use date::HyperionDate;
pub use label::HyperionUnit;
pub use lake::HyperionLayout;

//! Virtual groups: what a query engine is asked ([`VirtualReader`]), and what becomes of its answers. Engines live elsewhere.

mod define;
mod read;
mod reader;
mod statement;

pub(crate) use define::{Defined, complete};
pub(crate) use read::VirtualRead;
pub use reader::{AsOf, VirtualDefinition, VirtualReader, VirtualRequest};

//! [`AssetCollection`]: a struct whose fields are fetched together.

use super::{Collection, Filled};
use crate::Result;
use crate::request::CollectionRequest;

/// A struct whose fields are fetched together. `#[derive(AssetCollection)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no collection of assets",
    label = "add `#[derive(AssetCollection)]` to the struct"
)]
pub trait AssetCollection: Sized + Send + 'static {
    /// What differs from what the struct says, for one fetch.
    type Request: CollectionRequest;

    /// Adds the fields in order, with `prefix` before their names.
    ///
    /// # Errors
    /// As [`Collection::add`].
    fn declare(request: &Self::Request, into: &mut Collection, prefix: &str) -> Result<()>;

    /// Takes the values in the order in which [`declare`](Self::declare) adds the fields.
    fn assemble(filled: &mut Filled) -> Self;

    /// A request to say in what this fetch differs from what the struct says.
    fn request() -> Self::Request {
        Self::Request::default()
    }
}

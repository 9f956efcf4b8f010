//! `#[derive(AssetCollection)]`: tokens become a model, the model is checked, code is emitted.

mod attr;
mod emit;
mod fetch;
mod model;
mod request;

use proc_macro2::TokenStream;

use crate::shared::{Home, derive};
use model::Collection;

pub(crate) fn expand(item: TokenStream, home: Home) -> TokenStream {
    derive(item, |input| Collection::from_input(input, home), emit::collection, emit::stub)
}

//! `#[derive(FeatureGroup)]`: tokens become a model, the model is checked, code is emitted.

mod attr;
mod emit;
mod model;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::shared::{Home, derive};
use attr::Options;
use model::Group;

pub(crate) fn expand(item: TokenStream, home: Home) -> TokenStream {
    let read = |input: &DeriveInput| {
        let (options, mut mistakes) = Options::parse(input, home);
        let (group, bad_item) = Group::from_input(input);
        mistakes.extend(bad_item);
        ((group, options), mistakes)
    };
    derive(item, read, |(group, options)| emit::group(group, options), |input, (_, options)| emit::stub(input, options))
}

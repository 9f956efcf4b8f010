//! `#[derive(FeatureModel)]`: tokens become a model, the model is checked, code is emitted.

mod attr;
mod check;
mod emit;
mod field;
mod literal;
mod model;
mod nested;
mod prove;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::shared::{Home, derive};
use attr::Options;
use model::Model;

pub(crate) fn expand(item: TokenStream, home: Home) -> TokenStream {
    let read = |input: &DeriveInput| {
        let (options, bad_options) = Options::parse(input, home);
        let (model, bad_item) = Model::from_input(input, &options);
        // What could not be read is not also missing.
        let incomplete = if bad_options.is_empty() { options.problems(&input.ident, &model) } else { Vec::new() };
        let mistakes = bad_options.into_iter().chain(bad_item).chain(incomplete).collect();
        ((model, options), mistakes)
    };
    let emit = |(model, options): &(Model, Options)| {
        if options.nested { nested::model(model, options) } else { emit::model(model, options) }
    };
    derive(item, read, emit, |input, (_, options)| emit::stub(input, options))
}

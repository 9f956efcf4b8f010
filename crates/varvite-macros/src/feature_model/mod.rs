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
use quote::quote;
use syn::DeriveInput;

use attr::Options;
use model::Model;

/// Through which crate the user reached the macro: that is where generated code looks for names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Home {
    Facade,
    AssetCrate,
}

pub(crate) fn expand(item: TokenStream, home: Home) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let (options, bad_options) = Options::parse(&input, home);
    let (model, bad_item) = Model::from_input(&input, &options);
    // What could not be read is not also missing.
    let incomplete = if bad_options.is_empty() { options.problems(&input.ident, &model) } else { Vec::new() };
    match bad_options.into_iter().chain(bad_item).chain(incomplete).reduce(combine) {
        None if options.nested => nested::model(&model, &options),
        None => emit::model(&model, &options),
        Some(errors) => {
            let errors = errors.to_compile_error();
            let stub = emit::stub(&input, &options);
            quote! { #errors #stub }
        }
    }
}

fn combine(mut first: syn::Error, second: syn::Error) -> syn::Error {
    first.combine(second);
    first
}

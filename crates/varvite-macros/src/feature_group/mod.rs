//! `#[derive(FeatureGroup)]`: tokens become a model, the model is checked, code is emitted.

mod attr;
mod emit;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use attr::Options;
use model::Group;

/// Through which crate the user reached the macro: that is where generated code looks for names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Home {
    Facade,
    SchemaCrate,
}

pub(crate) fn expand(item: TokenStream, home: Home) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let (options, bad_options) = Options::parse(&input, home);
    let (group, bad_item) = Group::from_input(&input);
    match bad_options.into_iter().chain(bad_item).reduce(combine) {
        None => emit::group(&group, &options),
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

//! `#[derive(AssetCollection)]`: tokens become a model, the model is checked, code is emitted.

mod attr;
mod emit;
mod fetch;
mod model;
mod request;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use model::Collection;

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
    let (collection, mistakes) = Collection::from_input(&input, home);
    match mistakes.into_iter().reduce(combine) {
        None => emit::collection(&collection),
        Some(errors) => {
            let errors = errors.to_compile_error();
            let stub = emit::stub(&input, &collection);
            quote! { #errors #stub }
        }
    }
}

fn combine(mut first: syn::Error, second: syn::Error) -> syn::Error {
    first.combine(second);
    first
}

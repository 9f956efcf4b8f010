//! How a derive goes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::combine;

/// A derive: the struct becomes a model, and code is emitted; with mistakes, these and a stub that keeps further
/// messages away.
pub(crate) fn derive<M>(
    item: TokenStream,
    read: impl FnOnce(&DeriveInput) -> (M, Vec<syn::Error>),
    emit: impl FnOnce(&M) -> TokenStream,
    stub: impl FnOnce(&DeriveInput, &M) -> TokenStream,
) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let (model, mistakes) = read(&input);
    let Some(errors) = combine(mistakes) else { return emit(&model) };
    let errors = errors.to_compile_error();
    let stub = stub(&input, &model);
    quote! { #errors #stub }
}

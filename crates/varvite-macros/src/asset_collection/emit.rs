//! The generated code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

use super::fetch;
use super::model::{Collection, Field};
use super::request;

/// The implementation for a struct without mistakes, and its request type.
pub(crate) fn collection(collection: &Collection) -> TokenStream {
    let (ident, home) = (&collection.ident, &collection.home);
    let (request_type, requests) = (request::name(collection), request::request(collection));
    let locals = Locals::new();
    let Locals { request, into, prefix, filled } = &locals;
    let declared = collection.fields.iter().map(|field| declare(field, home, &locals));
    let assembled = collection.fields.iter().map(|field| assemble(field, home, &locals));
    quote! {
        #requests

        #[automatically_derived]
        impl #home::__private::AssetCollection for #ident {
            type Request = #request_type;

            fn declare(
                #request: &#request_type,
                #into: &mut #home::Collection,
                #prefix: &::core::primitive::str,
            ) -> ::core::result::Result<(), #home::Error> {
                #(#declared)*
                ::core::result::Result::Ok(())
            }

            fn assemble(#filled: &mut #home::Filled) -> Self {
                Self { #(#assembled),* }
            }
        }
    }
}

/// Names of arguments that expressions of the user do not see.
struct Locals {
    request: Ident,
    into: Ident,
    prefix: Ident,
    filled: Ident,
}

impl Locals {
    fn new() -> Self {
        let local = |name| Ident::new(name, Span::mixed_site());
        Self { request: local("request"), into: local("into"), prefix: local("prefix"), filled: local("filled") }
    }
}

/// A statement that adds a field to the collection of the fetch.
fn declare(field: &Field, home: &syn::Path, locals: &Locals) -> TokenStream {
    let (ident, ty, name) = (&field.ident, &field.ty, field.name());
    let Locals { request, into, prefix, .. } = locals;
    let all = request::policy_of_all();
    if field.options.flatten {
        return quote!(#home::__private::Nested::declare(&#request.#ident, #into, #prefix, #name, #request.#all)?;);
    }
    let (fetch, checks) = (fetch::fetch(field, home), fetch::checks(field, home));
    let add = quote_spanned!(ty.span()=> #home::Collection::add::<#ty>);
    quote! {
        {
            #(#checks)*
            let of_struct = #fetch;
            let fetch = #home::__private::asked(of_struct, &#request.#ident, #request.#all);
            #add(#into, ::std::format!("{}{}", #prefix, #name), fetch)?;
        }
    }
}

/// The field of the fetched struct.
fn assemble(field: &Field, home: &syn::Path, locals: &Locals) -> TokenStream {
    let (ident, ty, filled) = (&field.ident, &field.ty, &locals.filled);
    if field.options.flatten {
        quote_spanned!(ty.span()=> #ident: <#ty as #home::__private::AssetCollection>::assemble(#filled))
    } else {
        quote!(#ident: #filled.next_value())
    }
}

/// What keeps a struct with mistakes from causing further messages wherever it is used.
pub(crate) fn stub(input: &DeriveInput, collection: &Collection) -> TokenStream {
    let (ident, home) = (&input.ident, &collection.home);
    if !input.generics.params.is_empty() {
        return TokenStream::new(); // whatever it were bounded by would be one more message
    }
    let (request, requests) = (request::name(collection), request::request(collection));
    quote! {
        #requests

        impl #home::__private::AssetCollection for #ident {
            type Request = #request;

            fn declare(
                _: &#request,
                _: &mut #home::Collection,
                _: &::core::primitive::str,
            ) -> ::core::result::Result<(), #home::Error> {
                ::core::unreachable!()
            }

            fn assemble(_: &mut #home::Filled) -> Self {
                ::core::unreachable!()
            }
        }
    }
}

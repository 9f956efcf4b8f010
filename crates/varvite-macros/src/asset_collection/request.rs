//! The request type: what a caller may ask otherwise than the struct says, one method a field.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Collection, Field};

/// The request type's name.
pub(crate) fn name(collection: &Collection) -> Ident {
    format_ident!("{}Request", collection.ident)
}

/// Where a request keeps the policy for all fields: no field is called so.
pub(crate) fn policy_of_all() -> Ident {
    format_ident!("__missing_of_all")
}

/// The type, its methods, and what a collection around this one asks of it.
pub(crate) fn request(collection: &Collection) -> TokenStream {
    let (request, visibility, home) = (name(collection), &collection.visibility, &collection.home);
    let all = policy_of_all();
    let about = format!(
        "What a fetch of [`{}`] asks otherwise than the struct says. Made by `{0}::request()`; each method changes one field.",
        collection.ident
    );
    let kept = collection.fields.iter().map(|field| kept(field, collection));
    let methods = collection.fields.iter().map(|field| method(field, collection));
    let missing = (!collection.has_field("missing")).then(|| {
        quote! {
            /// What to do about intervals that were never written, for each field whose own fetch here says nothing else.
            #visibility fn missing(mut self, missing: #home::Missing) -> Self {
                self.#all = ::core::option::Option::Some(missing);
                self
            }
        }
    });
    quote! {
        #[doc = #about]
        #[must_use]
        #[allow(private_interfaces)]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::default::Default)]
        #visibility struct #request {
            #(#kept,)*
            #all: ::core::option::Option<#home::Missing>,
        }

        #[automatically_derived]
        #[allow(dead_code, private_interfaces)]
        impl #request {
            #(#methods)*
            #missing
        }

        #[automatically_derived]
        impl #home::__private::CollectionRequest for #request {
            fn inherit_missing(&mut self, missing: ::core::option::Option<#home::Missing>) {
                self.#all = self.#all.or(missing);
            }
        }
    }
}

/// What is kept of a field. No bound of its type is asked for here: one mistake is one message.
fn kept(field: &Field, collection: &Collection) -> TokenStream {
    let (ident, ty, home) = (&field.ident, &field.ty, &collection.home);
    if field.options.flatten {
        quote!(#ident: #home::__private::Nested<#ty>)
    } else {
        quote!(#ident: ::core::option::Option<#home::Fetch>)
    }
}

fn method(field: &Field, collection: &Collection) -> TokenStream {
    let (ident, visibility, home) = (&field.ident, &collection.visibility, &collection.home);
    if field.options.flatten {
        let ty = &field.ty;
        let request = quote_spanned!(ty.span()=> <#ty as #home::__private::AssetCollection>::Request);
        let about = format!("What the fields of `{}` ask otherwise.", field.name());
        return quote! {
            #[doc = #about]
            #visibility fn #ident(mut self, request: #request) -> Self {
                self.#ident = #home::__private::Nested::new(request);
                self
            }
        };
    }
    let about = format!("Fetches `{}` as this says; what it leaves open stays as the struct says.", field.name());
    quote! {
        #[doc = #about]
        #visibility fn #ident(mut self, fetch: impl ::core::convert::Into<#home::Fetch>) -> Self {
            self.#ident = ::core::option::Option::Some(::core::convert::Into::into(fetch));
            self
        }
    }
}

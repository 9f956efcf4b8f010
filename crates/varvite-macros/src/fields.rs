//! `#[derive(Fields)]`: a struct whose fields are nodes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Ident, Path, Type};

use crate::shared::{Given, Home, derive, option_name};

struct Struct {
    ident: Ident,
    fields: Vec<(String, Type)>,
    /// Path of the flow crate.
    home: Path,
}

pub(crate) fn expand(item: TokenStream, home: Home) -> TokenStream {
    derive(item, |input| read(input, home), emit, |_, _| TokenStream::new())
}

fn read(input: &DeriveInput, home: Home) -> (Struct, Vec<syn::Error>) {
    let mut mistakes = Vec::new();
    let mut path = home.path("flow");
    let mut given = Given::new();
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("fields")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            match &*option_name(&meta, &mut given)? {
                "crate" => path = meta.value()?.parse()?,
                other => return Err(meta.error(format!("unknown option `{other}`: use `crate = path`"))),
            }
            Ok(())
        });
        mistakes.extend(parsed.err());
    }
    if !input.generics.params.is_empty() {
        let message = "a struct of nodes takes no type parameters, constants or lifetimes";
        mistakes.push(syn::Error::new_spanned(&input.generics, message));
    }
    let fields = named(input).map_err(|error| mistakes.push(error)).unwrap_or_default();
    (Struct { ident: input.ident.clone(), fields, home: path }, mistakes)
}

fn named(input: &DeriveInput) -> syn::Result<Vec<(String, Type)>> {
    let refused =
        || syn::Error::new(input.ident.span(), "what becomes nodes is a struct with at least one named field");
    let Data::Struct(data) = &input.data else { return Err(refused()) };
    let syn::Fields::Named(fields) = &data.fields else { return Err(refused()) };
    let fields =
        fields.named.iter().filter_map(|field| Some((field.ident.as_ref()?.unraw().to_string(), field.ty.clone())));
    let fields: Vec<(String, Type)> = fields.collect();
    if fields.is_empty() { Err(refused()) } else { Ok(fields) }
}

fn emit(of: &Struct) -> TokenStream {
    let Struct { ident, fields, home } = of;
    let names = fields.iter().map(|(name, _)| name);
    let mut types = fields.iter().map(|(_, ty)| ty);
    let first = types.next();
    // Fields of another kind than the first do not fit together.
    let kinds = types.map(|ty| {
        quote_spanned! {ty.span()=>
            let _: ::core::marker::PhantomData<<#first as #home::__private::NodeOutcome>::Kind> =
                ::core::marker::PhantomData::<<#ty as #home::__private::NodeOutcome>::Kind>;
        }
    });
    quote! {
        #[automatically_derived]
        impl #home::__private::Fields for #ident {
            type Kind = <#first as #home::__private::NodeOutcome>::Kind;
            const NAMES: &'static [&'static ::core::primitive::str] = &[#(#names),*];
        }

        #[automatically_derived]
        impl #home::__private::WholeOutcome for #ident {
            fn flow_type() -> #home::FlowType {
                #home::FlowType::of::<Self>()
            }

            fn into_value(self) -> ::core::result::Result<#home::Value, ::std::string::String> {
                ::core::result::Result::Ok(#home::Value::other(self))
            }
        }

        const _: fn() = || { #(#kinds)* };
    }
}

//! The generated code.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

use super::attr::Options;
use super::model::{Column, Group, Role};

/// The implementation for a struct without mistakes.
pub(crate) fn group(group: &Group, options: &Options) -> TokenStream {
    let (ident, schema) = (&group.ident, &options.home);
    let name = options.name.clone().unwrap_or_else(|| group.default_name());
    let description = options.description.as_ref().unwrap_or(&group.docs);
    let version = options.version.unwrap_or(1);
    let ttl = options.ttl.iter().map(|ttl| quote!(.ttl(#ttl)));
    let owner = options.owner.iter().map(|owner| quote!(.owner(#owner)));
    let tags = options.tags.iter().map(|(name, value)| quote!(.tag(#name, #value)));
    let columns = group.columns.iter().map(|one| column(one, options));
    quote! {
        #[automatically_derived]
        impl #schema::FeatureGroup for #ident {
            fn feature_group() -> ::core::result::Result<#schema::FeatureGroupSchema, #schema::Error> {
                let group = #schema::FeatureGroupSchema::builder(#name)
                    .version(#version)
                    .description(#description)
                    #(#ttl)* #(#owner)* #(#tags)*;
                #(#columns)*
                #schema::FeatureGroupBuilder::build(group)
            }
        }
    }
}

/// A statement that adds a column to `group`.
fn column(column: &Column, options: &Options) -> TokenStream {
    let (name, ty, schema) = (&column.name, &column.ty, &options.home);
    let given = column.options.data_type.as_ref();
    match column.role {
        Role::EntityKey => {
            let from_type = || quote_spanned!(ty.span()=> <#ty as #schema::KeyValue>::key_type());
            let data_type = given.map_or_else(from_type, |text| quote!(#text));
            quote!(let group = group.entity_key(#name, #data_type);)
        }
        Role::EventTime | Role::CreatedTime => {
            let plain = format_ident!("{}", if column.role == Role::EventTime { "event_time" } else { "created_time" });
            let typed = format_ident!("{plain}_as");
            let Some(text) = given else {
                let data_type = quote_spanned!(ty.span()=> <#ty as #schema::TimeValue>::time_type());
                return quote! {
                    let group = match #data_type {
                        ::core::option::Option::Some(data_type) => group.#typed(#name, data_type),
                        ::core::option::Option::None => group.#plain(#name),
                    };
                };
            };
            quote!(let group = group.#typed(#name, #text);)
        }
        Role::Feature => {
            let feature = feature(column, options);
            quote!(let group = group.feature(#feature);)
        }
    }
}

fn feature(column: &Column, options: &Options) -> TokenStream {
    let (name, ty, schema, given) = (&column.name, &column.ty, &options.home, &column.options);
    let (data_type, nullable) = match &given.data_type {
        Some(text) => {
            let nullable = column.looks_optional();
            (quote!(#text), quote!(#nullable))
        }
        None => (
            quote_spanned!(ty.span()=> <#ty as #schema::FeatureValue>::data_type()),
            quote_spanned!(ty.span()=> <#ty as #schema::FeatureValue>::NULLABLE),
        ),
    };
    let description = given.description.as_ref().unwrap_or(&column.docs);
    let feature_type = given.feature_type.iter().map(|variant| {
        let variant = format_ident!("{variant}");
        quote!(.feature_type(#schema::FeatureType::#variant))
    });
    let min = given.min.iter().map(|min| quote!(.min(#min)));
    let max = given.max.iter().map(|max| quote!(.max(#max)));
    let allowed = given
        .allowed
        .iter()
        .map(|values| quote!(.allowed::<#schema::Literal>([#(::core::convert::Into::into(#values)),*])));
    let unit = given.unit.iter().map(|unit| quote!(.unit(#unit)));
    let notes = given.notes.iter().map(|(name, value)| quote!(.note(#name, #value)));
    quote! {
        #schema::FeatureSchema::builder(#name, #data_type)
            .nullable(#nullable)
            .description(#description)
            #(#feature_type)* #(#min)* #(#max)* #(#allowed)* #(#unit)* #(#notes)*
    }
}

/// What keeps a struct with mistakes from causing further messages wherever it is used.
pub(crate) fn stub(input: &DeriveInput, options: &Options) -> TokenStream {
    let (ident, schema) = (&input.ident, &options.home);
    if !input.generics.params.is_empty() {
        return TokenStream::new(); // whatever it were bounded by would be one more message
    }
    quote! {
        impl #schema::FeatureGroup for #ident {
            fn feature_group() -> ::core::result::Result<#schema::FeatureGroupSchema, #schema::Error> {
                ::core::unreachable!()
            }
        }
    }
}

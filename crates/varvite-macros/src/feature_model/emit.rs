//! The generated code of a model.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Path};

use super::attr::Options;
use super::field::Default;
use super::literal::LiteralValue;
use super::model::{Column, Model};
use super::prove;

/// The implementation for a struct without mistakes.
pub(crate) fn model(model: &Model, options: &Options) -> TokenStream {
    let (ident, home) = (&model.ident, &options.home);
    let consts = consts(model, options);
    let proofs = model.columns.iter().map(|column| prove::column(column, options.time.as_ref(), home));
    let columns = columns(model);
    let (schema, decode, encode) = (schema(model, options), decode(model, home), encode(model, home));
    let handles = handles(model, home);
    let (earlier, frame_model) = (earlier(options), frame_model(ident, options));
    let resolution = options.resolution.iter().map(|text| prove::resolution(text, home));
    quote! {
        #(#resolution)*
        #(#proofs)*
        #handles
        #[automatically_derived]
        impl #home::__private::FeatureModel for #ident {
            #consts
            const COLUMNS: &'static [&'static str] = &[#(#columns),*];
            #schema
            #decode
            #encode
            #earlier
        }
        #frame_model
    }
}

/// Makes it the model of a frame in a dataflow, too; nothing unless `varvite` has all features that this takes.
fn frame_model(ident: &syn::Ident, options: &Options) -> Option<TokenStream> {
    options.frame_model.as_ref().map(|path| quote!(#path! { #ident }))
}

fn columns(model: &Model) -> impl Iterator<Item = &String> {
    model.columns.iter().map(|column| &column.name)
}

fn consts(model: &Model, options: &Options) -> TokenStream {
    let (home, version) = (&options.home, options.version);
    let asset = options.asset.iter();
    let kind = match &options.resolution {
        Some(text) => quote_spanned! {text.span()=>
            #home::AssetKind::Feature { resolution: #home::Resolution::literal(#text) }
        },
        None if options.lake => quote!(#home::AssetKind::Lake),
        None => quote!(#home::AssetKind::Persistent),
    };
    let time = model.columns.iter().find(|column| Some(&column.ident) == options.time.as_ref());
    let time = time
        .map(|column| &column.name)
        .map_or(quote!(::core::option::Option::None), |name| quote!(::core::option::Option::Some(#name)));
    quote! {
        #(const ASSET: &'static str = #asset;)*
        const KIND: #home::AssetKind = #kind;
        const VERSION: u32 = #version;
        const TIME: ::core::option::Option<&'static str> = #time;
    }
}

/// `Weather::TEMPERATURE`.
fn handles(model: &Model, home: &Path) -> TokenStream {
    let (ident, vis) = (&model.ident, &model.vis);
    let handles = model.columns.iter().map(|column| {
        let (name, ty) = (&column.name, &column.ty);
        let field = column.ident.to_string();
        let handle = format_ident!("{}", field.trim_start_matches("r#").to_uppercase(), span = column.ident.span());
        let doc = format!("The column `{name}`.");
        quote_spanned! {column.span()=>
            #[doc = #doc]
            #vis const #handle: #home::Col<<#ty as #home::FieldType>::Value> = #home::Col::new(#name);
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code, private_interfaces)]
        impl #ident {
            #(#handles)*
        }
    }
}

fn schema(model: &Model, options: &Options) -> TokenStream {
    let (ident, home) = (&model.ident, &options.home);
    let keys = model.columns.iter().filter(|column| column.is_key).map(|column| &column.name);
    let columns = model.columns.iter().map(|column| {
        let (name, ty) = (&column.name, &column.ty);
        let default = column_default(column, home);
        let checks = column.checks.iter().map(|check| check.tokens(ty, home));
        quote_spanned! {column.span()=>
            #home::__private::model::column_of::<#ty>(#name, #default, ::std::vec![#(#home::Check::new(#checks)),*])
        }
    });
    quote! {
        #[allow(clippy::redundant_closure)]
        fn schema() -> &'static #home::ModelSchema {
            static SCHEMA: ::std::sync::LazyLock<#home::ModelSchema> = ::std::sync::LazyLock::new(|| {
                #home::__private::model::schema_of::<#ident>(&[#(#keys),*], ::std::vec![#(#columns),*])
            });
            &SCHEMA
        }
    }
}

/// What the schema says of an absent column.
fn column_default(column: &Column, home: &Path) -> TokenStream {
    let ty = &column.ty;
    match &column.default {
        None => quote!(#home::ColumnDefault::Required),
        Some(Default::OfType) => {
            quote_spanned!(column.span()=> <#ty as #home::__private::model::FieldDefault>::column_default())
        }
        Some(Default::Value(literal)) => {
            let value = literal.value(home);
            quote!(#home::ColumnDefault::Value(#value))
        }
    }
}

/// What the field is where its column is absent: an `Option`.
pub(crate) fn field_default(column: &Column, home: &Path) -> TokenStream {
    let ty = &column.ty;
    match &column.default {
        None => quote!(::core::option::Option::None),
        Some(Default::OfType) => quote_spanned! {column.span()=>
            ::core::option::Option::Some(<#ty as #home::__private::model::FieldDefault>::field_default())
        },
        Some(Default::Value(literal)) => {
            let value = literal.value(home);
            quote_spanned!(literal.span=> <#ty as #home::__private::model::FromLiteral>::from_literal(&#value))
        }
    }
}

/// What fields have that are no columns.
pub(crate) fn skipped(model: &Model) -> TokenStream {
    let fields = model.skipped.iter().map(|(ident, default)| match default {
        Default::OfType => quote!(#ident: ::core::default::Default::default()),
        Default::Value(literal) => {
            let tokens = &literal.tokens;
            match literal.value {
                LiteralValue::Text(_) => quote!(#ident: ::core::convert::Into::into(#tokens)),
                // By itself it is of the field's type.
                LiteralValue::Int(_) | LiteralValue::Float(_) | LiteralValue::Bool(_) => quote!(#ident: #tokens),
            }
        }
    });
    quote!(#(#fields,)*)
}

fn decode(model: &Model, home: &Path) -> TokenStream {
    let readers: Vec<_> = (0..model.columns.len()).map(|at| format_ident!("reader_{at}")).collect();
    let opened = model.columns.iter().map(|column| {
        let (name, ty, default) = (&column.name, &column.ty, field_default(column, home));
        quote_spanned!(column.span()=> #home::__private::model::column::<#ty>(batch, #name, #default)?)
    });
    let fields = model.columns.iter().zip(&readers).map(|(column, reader)| {
        let (field, name, ty) = (&column.ident, &column.name, &column.ty);
        quote_spanned!(column.span()=> #field: #home::__private::model::read::<#ty>(&#reader, #name, row)?)
    });
    let skipped = skipped(model);
    quote! {
        fn decode(
            batch: &#home::__private::arrow::array::RecordBatch,
            rows: &mut ::std::vec::Vec<Self>,
        ) -> ::core::result::Result<(), #home::DecodeError> {
            #(let #readers = #opened;)*
            #home::__private::model::fill(rows, batch.num_rows(), |row| {
                ::core::result::Result::Ok(Self { #(#fields,)* #skipped })
            })
        }
    }
}

fn encode(model: &Model, home: &Path) -> TokenStream {
    let columns = model.columns.iter().map(|column| {
        let (field, name, ty) = (&column.ident, &column.name, &column.ty);
        quote_spanned! {column.span()=>
            #home::__private::model::encoded::<#ty>(#name, rows.iter().map(|row| ::core::option::Option::Some(&row.#field)))?
        }
    });
    quote! {
        fn encode(
            rows: &[Self],
        ) -> ::core::result::Result<#home::__private::arrow::array::RecordBatch, #home::DecodeError> {
            #home::__private::model::batch::<Self>(::std::vec![#(#columns),*])
        }
    }
}

fn earlier(options: &Options) -> Option<TokenStream> {
    if options.reads.is_empty() {
        return None;
    }
    let home = &options.home;
    let versions = options.reads.iter().map(|(version, rewrite)| {
        let rewrite = rewrite.iter().map(|path| quote_spanned!(path.span()=> .with_rewrite(#path)));
        quote_spanned!(version.span()=> #home::Earlier::new::<#version>() #(#rewrite)*)
    });
    Some(quote! {
        fn earlier() -> ::std::vec::Vec<#home::Earlier<Self>> {
            ::std::vec![#(#versions),*]
        }
    })
}

/// What keeps a struct with mistakes from causing further messages wherever it is used.
pub(crate) fn stub(input: &DeriveInput, options: &Options) -> TokenStream {
    let (ident, home) = (&input.ident, &options.home);
    if !input.generics.params.is_empty() {
        return TokenStream::new(); // whatever it were bounded by would be one more message
    }
    if options.nested {
        return super::nested::stub(ident, home);
    }
    let frame_model = frame_model(ident, options);
    quote! {
        #frame_model
        impl #home::__private::FeatureModel for #ident {
            const ASSET: &'static str = "";
            const KIND: #home::AssetKind = #home::AssetKind::Persistent;
            const VERSION: u32 = 1;
            const TIME: ::core::option::Option<&'static str> = ::core::option::Option::None;
            const COLUMNS: &'static [&'static str] = &[];
            fn schema() -> &'static #home::ModelSchema {
                ::core::unreachable!()
            }
            fn decode(
                _: &#home::__private::arrow::array::RecordBatch,
                _: &mut ::std::vec::Vec<Self>,
            ) -> ::core::result::Result<(), #home::DecodeError> {
                ::core::unreachable!()
            }
            fn encode(
                _: &[Self],
            ) -> ::core::result::Result<#home::__private::arrow::array::RecordBatch, #home::DecodeError> {
                ::core::unreachable!()
            }
        }
    }
}

//! The generated code of a nested model: a struct that is one column of another.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Path};

use super::attr::Options;
use super::emit::{field_default, skipped};
use super::model::Model;
use super::prove;

pub(crate) fn model(model: &Model, options: &Options) -> TokenStream {
    let (ident, home) = (&model.ident, &options.home);
    let proofs = model.columns.iter().map(|column| prove::column(column, None, home));
    let names = || model.columns.iter().map(|column| &column.name);
    let types = || model.columns.iter().map(|column| &column.ty);
    let (names_of_fields, names_of_values) = (names(), names());
    let readers: Vec<_> = (0..model.columns.len()).map(|at| format_ident!("reader_{at}")).collect();
    let opened = model.columns.iter().map(|column| {
        let (name, ty, default) = (&column.name, &column.ty, field_default(column, home));
        quote_spanned!(column.span()=> structs.part::<#ty>(#name, #default)?)
    });
    let fields = model.columns.iter().zip(&readers).map(|(column, reader)| {
        let (field, name, ty) = (&column.ident, &column.name, &column.ty);
        quote_spanned!(column.span()=> #field: #home::__private::model::read::<#ty>(#reader, #name, row)?)
    });
    let values = model.columns.iter().map(|column| &column.ident);
    let (types_of_readers, types_of_fields, types_of_values) = (types(), types(), types());
    let skipped = skipped(model);
    quote! {
        #(#proofs)*
        #[automatically_derived]
        impl #home::FieldType for #ident {
            type Value = Self;
            type Reader = (#(<#types_of_readers as #home::FieldType>::Reader,)*);
            const FAMILY: #home::Family = #home::Family::Struct;
            fn data_type() -> #home::__private::arrow::datatypes::DataType {
                #home::__private::model::nested_type(::std::vec![
                    #(#home::__private::model::arrow_field::<#types_of_fields>(#names_of_fields)),*
                ])
            }
            fn open(
                column: &#home::__private::arrow::array::ArrayRef,
                asked: ::core::option::Option<&#home::__private::arrow::buffer::NullBuffer>,
            ) -> ::core::result::Result<Self::Reader, #home::DecodeError> {
                let wanted = <Self as #home::FieldType>::data_type();
                let structs = #home::__private::model::NestedReader::open(column, &wanted, asked)?;
                ::core::result::Result::Ok((#(#opened,)*))
            }
            #[inline]
            fn read(
                (#(#readers,)*): &Self::Reader,
                row: usize,
            ) -> ::core::result::Result<Self, #home::DecodeError> {
                ::core::result::Result::Ok(Self { #(#fields,)* #skipped })
            }
            fn encode<'a>(
                values: impl ::core::iter::Iterator<Item = ::core::option::Option<&'a Self>> + ::core::clone::Clone,
            ) -> ::core::result::Result<#home::__private::arrow::array::ArrayRef, #home::DecodeError> {
                let parts = ::std::vec![#(
                    #home::__private::model::encoded::<#types_of_values>(
                        #names_of_values,
                        ::core::iter::Iterator::map(
                            ::core::clone::Clone::clone(&values),
                            |value| ::core::option::Option::map(value, |value| &value.#values),
                        ),
                    )?
                ),*];
                #home::__private::model::nested_array(&<Self as #home::FieldType>::data_type(), parts, values)
            }
        }
    }
}

/// What keeps a struct with mistakes from causing further messages wherever it is used.
pub(crate) fn stub(ident: &Ident, home: &Path) -> TokenStream {
    quote! {
        impl #home::FieldType for #ident {
            type Value = Self;
            type Reader = ();
            const FAMILY: #home::Family = #home::Family::Struct;
            fn data_type() -> #home::__private::arrow::datatypes::DataType {
                ::core::unreachable!()
            }
            fn open(
                _: &#home::__private::arrow::array::ArrayRef,
                _: ::core::option::Option<&#home::__private::arrow::buffer::NullBuffer>,
            ) -> ::core::result::Result<(), #home::DecodeError> {
                ::core::unreachable!()
            }
            fn read(_: &(), _: usize) -> ::core::result::Result<Self, #home::DecodeError> {
                ::core::unreachable!()
            }
            fn encode<'a>(
                _: impl ::core::iter::Iterator<Item = ::core::option::Option<&'a Self>> + ::core::clone::Clone,
            ) -> ::core::result::Result<#home::__private::arrow::array::ArrayRef, #home::DecodeError> {
                ::core::unreachable!()
            }
        }
    }
}

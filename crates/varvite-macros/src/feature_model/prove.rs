//! What the tokens cannot show: constants that do not compile where an option does not fit a field's type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, Path};

use super::check::CheckKind;
use super::field::Default;
use super::model::Column;

/// One constant for each thing that a column's type must be.
pub(crate) fn column(column: &Column, time: Option<&Ident>, home: &Path) -> TokenStream {
    let ty = &column.ty;
    let family = quote!(<#ty as #home::FieldType>::FAMILY);
    let nullable = quote!(<#ty as #home::FieldType>::NULLABLE);
    let model = quote!(#home::__private::model);
    let mut all = TokenStream::new();
    if time == Some(&column.ident) {
        all.extend(quote_spanned!(column.span()=> const _: () = #model::is_time(#family, #nullable);));
    }
    if column.is_key {
        all.extend(quote_spanned!(column.span()=> const _: () = #model::is_key(#family, #nullable);));
    }
    if let Some(Default::Value(literal)) = &column.default {
        let constant = literal.constant(home);
        all.extend(quote_spanned!(literal.span=> const _: () = #model::has_literal(#family, #constant);));
    }
    for check in &column.checks {
        let literals = match &check.kind {
            CheckKind::Range { min, max, .. } => min.iter().chain(max).collect(),
            CheckKind::OneOf(values) => values.iter().collect(),
            _ => Vec::new(),
        };
        for literal in literals {
            let constant = literal.constant(home);
            all.extend(quote_spanned!(literal.span=> const _: () = #model::has_literal(#family, #constant);));
        }
        let asked = match &check.kind {
            CheckKind::Range { .. } => quote!(has_range(#family)),
            CheckKind::Length { .. } => quote!(has_length(#family)),
            CheckKind::Pattern(_) => quote!(has_pattern(#family)),
            CheckKind::Unique => quote!(has_unique(#family)),
            CheckKind::Monotonic { .. } => quote!(has_order(#family)),
            CheckKind::OneOf(_) | CheckKind::NotNull | CheckKind::With(_) => continue,
        };
        all.extend(quote_spanned!(check.span=> const _: () = #model::#asked;));
    }
    all
}

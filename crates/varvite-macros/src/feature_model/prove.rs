//! What the tokens cannot show: constants that do not compile where an option does not fit a field's type.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, LitStr, Path};

use super::check::CheckKind;
use super::field::Default;
use super::model::Column;

/// One constant for each thing that a column's type must be.
pub(crate) fn column(column: &Column, time: Option<&Ident>, home: &Path) -> TokenStream {
    let ty = &column.ty;
    let family = quote!(<#ty as #home::FieldType>::FAMILY);
    let nullable = quote!(<#ty as #home::FieldType>::NULLABLE);
    let mut all = TokenStream::new();
    let mut prove = |span: Span, call: TokenStream| all.extend(proof(span, home, &call));
    if time == Some(&column.ident) {
        prove(column.span(), quote_spanned!(column.span()=> is_time(#family, #nullable)));
    }
    if column.is_key {
        prove(column.span(), quote_spanned!(column.span()=> is_key(#family, #nullable)));
    }
    if let Some(Default::Value(literal)) = &column.default {
        let constant = literal.constant(home);
        prove(literal.span, quote_spanned!(literal.span=> has_literal(#family, #constant)));
    }
    for check in &column.checks {
        let literals = match &check.kind {
            CheckKind::Range { min, max, .. } => min.iter().chain(max).collect(),
            CheckKind::OneOf(values) => values.iter().collect(),
            _ => Vec::new(),
        };
        for literal in literals {
            let constant = literal.constant(home);
            prove(literal.span, quote_spanned!(literal.span=> has_literal(#family, #constant)));
        }
        let asked = match &check.kind {
            CheckKind::Range { .. } => quote_spanned!(check.span=> has_range(#family)),
            CheckKind::Length { .. } => quote_spanned!(check.span=> has_length(#family)),
            CheckKind::Pattern(_) => quote_spanned!(check.span=> has_pattern(#family)),
            CheckKind::Unique => quote_spanned!(check.span=> has_unique(#family)),
            CheckKind::Monotonic { .. } => quote_spanned!(check.span=> has_order(#family)),
            CheckKind::OneOf(_) | CheckKind::NotNull | CheckKind::With(_) => continue,
        };
        prove(check.span, asked);
    }
    all
}

/// The resolution is one.
pub(crate) fn resolution(text: &LitStr, home: &Path) -> TokenStream {
    let span = text.span();
    proof(span, home, &quote_spanned!(span=> is_resolution(#text)))
}

/// A constant that stands where the message is to point.
fn proof(span: Span, home: &Path, call: &TokenStream) -> TokenStream {
    // The path keeps what it resolves to, and only moves.
    let moved = home.to_token_stream().into_iter().map(|mut token| {
        token.set_span(span.resolved_at(token.span()));
        token
    });
    let home: TokenStream = moved.collect();
    quote_spanned!(span=> const _: () = #home::__private::model::#call;)
}

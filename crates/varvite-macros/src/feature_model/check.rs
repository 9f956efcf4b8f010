//! [`Check`]: what stands in `check(...)`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Expr, ExprArray, ExprRange, Ident, LitStr, Path, RangeLimits, Token, Type};

use super::literal::{Literal, LiteralValue};
use crate::shared::option_name;

/// One check of a column.
pub(crate) struct Check {
    pub(crate) kind: CheckKind,
    pub(crate) span: Span,
}

pub(crate) enum CheckKind {
    Range { min: Option<Literal>, max: Option<Literal>, max_included: bool },
    OneOf(Vec<Literal>),
    Length { min: u64, max: Option<u64> },
    Pattern(String),
    NotNull,
    Unique,
    Monotonic { strictly: bool },
    With(Path),
}

impl Check {
    /// Reads `check(range = 0..=9, unique)`.
    pub(crate) fn parse_all(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Self>> {
        let (mut checks, mut seen) = (Vec::new(), Vec::new());
        let mut errors: Option<syn::Error> = None;
        meta.parse_nested_meta(|meta| {
            let name = option_name(&meta, &mut seen)?;
            match Self::parse(&name, &meta) {
                Ok(check) => checks.push(check),
                // Whatever follows an unknown name was not read.
                Err(error) if meta.input.peek(Token![=]) => return Err(error),
                Err(error) => match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                },
            }
            Ok(())
        })?;
        errors.map_or(Ok(checks), Err)
    }

    fn parse(name: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        let kind = match name {
            "range" => range(meta)?,
            "one_of" => one_of(meta)?,
            "length" => length(meta)?,
            "pattern" => pattern(meta)?,
            "not_null" => CheckKind::NotNull,
            "unique" => CheckKind::Unique,
            "monotonic" => CheckKind::Monotonic { strictly: strictly(meta)? },
            "with" => CheckKind::With(meta.value()?.parse()?),
            _ => {
                let allowed = "`range`, `one_of`, `length`, `pattern`, `not_null`, `unique`, `monotonic` or `with`";
                return Err(meta.error(format!("unknown check `{name}`: use {allowed}")));
            }
        };
        Ok(Self { kind, span: meta.path.span() })
    }

    /// The expression of a `CheckKind`.
    pub(crate) fn tokens(&self, ty: &Type, home: &Path) -> TokenStream {
        let optional = |literal: &Option<Literal>| {
            let Some(literal) = literal else { return quote!(::core::option::Option::None) };
            let value = literal.value(home);
            quote!(::core::option::Option::Some(#value))
        };
        let kind = quote!(#home::CheckKind);
        match &self.kind {
            CheckKind::Range { min, max, max_included } => {
                let (min, max) = (optional(min), optional(max));
                quote!(#kind::Range { min: #min, max: #max, max_included: #max_included })
            }
            CheckKind::OneOf(values) => {
                let values = values.iter().map(|value| value.value(home));
                quote!(#kind::OneOf(::std::vec![#(#values),*]))
            }
            CheckKind::Length { min, max } => {
                let max =
                    max.map_or(quote!(::core::option::Option::None), |max| quote!(::core::option::Option::Some(#max)));
                quote!(#kind::Length { min: #min, max: #max })
            }
            CheckKind::Pattern(pattern) => {
                quote!(#kind::Pattern(<::std::string::String as ::core::convert::From<&str>>::from(#pattern)))
            }
            CheckKind::NotNull => quote!(#kind::NotNull),
            CheckKind::Unique => quote!(#kind::Unique),
            CheckKind::Monotonic { strictly } => quote!(#kind::Monotonic { strictly: #strictly }),
            CheckKind::With(path) => {
                let name = quote!(#path).to_string().replace(' ', "");
                let test = function(path, ty, home);
                quote! {
                    #kind::With {
                        name: ::std::borrow::Cow::Borrowed(#name),
                        test: ::core::option::Option::Some(#test),
                    }
                }
            }
        }
    }
}

/// A function of a column that asks the user's function of one value.
fn function(path: &Path, ty: &Type, home: &Path) -> TokenStream {
    let span = path.span().resolved_at(Span::call_site());
    // A user's function may be called so, too.
    let (column, value) = (Ident::new("column", Span::mixed_site()), Ident::new("value", Span::mixed_site()));
    quote_spanned! {span=>
        |#column| #home::__private::model::ask_each::<<#ty as #home::FieldType>::Value, _>(#column, |#value| #path(#value))
    }
}

fn range(meta: &ParseNestedMeta<'_>) -> syn::Result<CheckKind> {
    let expr: Expr = meta.value()?.parse()?;
    let Expr::Range(ExprRange { start, limits, end, .. }) = &expr else {
        return Err(syn::Error::new_spanned(&expr, "write a range, such as `0.0..=1.0` or `0..`"));
    };
    let literal = |bound: &Option<Box<Expr>>| bound.as_deref().map(Literal::from_expr).transpose();
    let (min, max) = (literal(start)?, literal(end)?);
    let max_included = matches!(limits, RangeLimits::Closed(_));
    let numbers = min.as_ref().and_then(Literal::as_number).zip(max.as_ref().and_then(Literal::as_number));
    let is_empty = numbers.is_some_and(|(min, max)| min > max || min >= max && !max_included);
    if is_empty || (min.is_none() && max.is_none()) {
        return Err(syn::Error::new_spanned(
            &expr,
            if is_empty { "no value lies in this range" } else { "this range has no limit" },
        ));
    }
    Ok(CheckKind::Range { min, max, max_included })
}

fn one_of(meta: &ParseNestedMeta<'_>) -> syn::Result<CheckKind> {
    let array: ExprArray = meta.value()?.parse()?;
    if array.elems.is_empty() {
        return Err(syn::Error::new_spanned(&array, "no value is one of none"));
    }
    Ok(CheckKind::OneOf(array.elems.iter().map(Literal::from_expr).collect::<syn::Result<_>>()?))
}

fn length(meta: &ParseNestedMeta<'_>) -> syn::Result<CheckKind> {
    let expr: Expr = meta.value()?.parse()?;
    let refused = || syn::Error::new_spanned(&expr, "write a length or a range of lengths, such as `1..=20`");
    let number = |expr: &Expr| match Literal::from_expr(expr)?.value {
        LiteralValue::Int(number) => u64::try_from(number).map_err(|_| refused()),
        _ => Err(refused()),
    };
    let Expr::Range(ExprRange { start, limits, end, .. }) = &expr else {
        let length = number(&expr)?;
        return Ok(CheckKind::Length { min: length, max: Some(length) });
    };
    let min = start.as_deref().map(number).transpose()?.unwrap_or(0);
    let max = match (end.as_deref().map(number).transpose()?, limits) {
        (None, _) => None,
        (Some(max), RangeLimits::Closed(_)) => Some(max),
        (Some(max), RangeLimits::HalfOpen(_)) => Some(max.checked_sub(1).ok_or_else(refused)?),
    };
    if max.is_some_and(|max| max < min) {
        return Err(syn::Error::new_spanned(&expr, "no length lies in this range"));
    }
    Ok(CheckKind::Length { min, max })
}

fn pattern(meta: &ParseNestedMeta<'_>) -> syn::Result<CheckKind> {
    let text: LitStr = meta.value()?.parse()?;
    match regex_syntax::parse(&text.value()) {
        Ok(_) => Ok(CheckKind::Pattern(text.value())),
        Err(error) => Err(syn::Error::new(text.span(), format!("this is no regular expression: {error}"))),
    }
}

fn strictly(meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
    if !meta.input.peek(Token![=]) {
        return Ok(false);
    }
    let word: Ident = meta.value()?.parse()?;
    if word == "strict" {
        Ok(true)
    } else {
        Err(syn::Error::new(word.span(), "use `monotonic` or `monotonic = strict`"))
    }
}

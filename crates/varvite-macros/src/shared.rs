//! What all macros share: where generated code looks for names, options in brackets, and how a derive goes.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Expr, ExprLit, Lit, Meta, Path};

/// Through which crate the user reached the macro: that is where generated code looks for names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Home {
    /// Through `varvite`.
    Facade,
    /// Through the crate that the macro belongs to.
    Own,
}

impl Home {
    /// The path of `varvite-{name}`.
    pub(crate) fn path(self, name: &str) -> Path {
        let text = match self {
            Self::Facade => format!("::varvite::__private::{name}"),
            Self::Own => format!("::varvite_{name}"),
        };
        let ident = |segment: &str| syn::PathSegment::from(syn::Ident::new(segment, Span::call_site()));
        let segments = text.split("::").filter(|segment| !segment.is_empty()).map(ident).collect();
        Path { leading_colon: Some(syn::Token![::](Span::call_site())), segments }
    }
}

/// Options that were given so far, and where.
pub(crate) type Given = Vec<(String, Span)>;

/// The option's name, which must be new.
pub(crate) fn option_name(meta: &ParseNestedMeta<'_>, given: &mut Given) -> syn::Result<String> {
    let name = meta.path.to_token_stream().to_string();
    if given.iter().any(|(known, _)| *known == name) {
        return Err(meta.error(format!("option `{name}` is given twice")));
    }
    given.push((name.clone(), meta.path.span()));
    Ok(name)
}

/// All mistakes as one error, in their order.
pub(crate) fn combine(mistakes: impl IntoIterator<Item = syn::Error>) -> Option<syn::Error> {
    mistakes.into_iter().reduce(|mut first, second| {
        first.combine(second);
        first
    })
}

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

/// The documentation as one line.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attributes.iter().filter_map(line).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// The same tokens, standing at `span`: so that what the compiler says of them is said there.
pub(crate) fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let placed = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let mut placed = Group::new(group.delimiter(), at(span, group.stream()));
            placed.set_span(group.span().located_at(span));
            TokenTree::Group(placed)
        }
        mut other => {
            other.set_span(other.span().located_at(span));
            other
        }
    });
    placed.collect()
}

//! Where generated tokens stand.

use proc_macro2::{Group, Span, TokenStream, TokenTree};

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

//! What all macros share: where generated code looks for names, options in brackets, and how a derive goes.

#[cfg(any(feature = "asset", feature = "dataflow", feature = "feature-group"))]
mod derive;
#[cfg(any(feature = "dataflow", feature = "feature-group"))]
mod docs;
#[cfg(any(feature = "asset", feature = "dataflow", feature = "feature-group"))]
mod options;
#[cfg(feature = "dataflow")]
mod place;

use proc_macro2::Span;
use syn::Path;

#[cfg(any(feature = "asset", feature = "dataflow", feature = "feature-group"))]
pub(crate) use derive::derive;
#[cfg(any(feature = "dataflow", feature = "feature-group"))]
pub(crate) use docs::docs;
#[cfg(any(feature = "asset", feature = "dataflow", feature = "feature-group"))]
pub(crate) use options::{Given, option_name};
#[cfg(feature = "dataflow")]
pub(crate) use place::at;

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

/// All mistakes as one error, in their order.
pub(crate) fn combine(mistakes: impl IntoIterator<Item = syn::Error>) -> Option<syn::Error> {
    mistakes.into_iter().reduce(|mut first, second| {
        first.combine(second);
        first
    })
}

//! `#[toplevel]` and `#[sublevel]`: tokens become a model, the model is checked, code is emitted.

mod attr;
mod emit;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::shared::{Home, combine};
use attr::Options;
use model::Level;

/// Which of the two attributes stands on the struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Top,
    Sub,
}

impl Role {
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Top => "#[toplevel]",
            Self::Sub => "#[sublevel]",
        }
    }
}

pub(crate) fn expand(args: TokenStream, item: &TokenStream, role: Role, home: Home) -> TokenStream {
    let Ok(input) = syn::parse2::<DeriveInput>(item.clone()) else {
        let message = format!("{} belongs on a struct", role.attribute());
        let error = syn::Error::new(proc_macro2::Span::call_site(), message).to_compile_error();
        return quote! { #error #item };
    };
    let (options, bad_options) = Options::parse(args, role, home);
    let (level, bad_item) = Level::from_input(&input);
    let derives = emit::missing_derives(&input);
    match combine(bad_options.into_iter().chain(bad_item)) {
        None => {
            let code = emit::level(&level, &input, &options, role);
            quote! { #derives #input #code }
        }
        Some(errors) => {
            let errors = errors.to_compile_error();
            let stub = emit::stub(&input, &options, role);
            quote! { #errors #derives #input #stub }
        }
    }
}

//! Options in brackets.

use proc_macro2::Span;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;

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

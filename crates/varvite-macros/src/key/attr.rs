//! [`Options`]: what stands in the brackets of the attribute.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Meta, Path, Token};

use super::Role;
use crate::shared::Home;

pub(crate) struct Options {
    pub(crate) fields_sep: String,
    pub(crate) strict: bool,
    pub(crate) name: Option<String>,
    /// Path of the key crate.
    pub(crate) home: Path,
}

impl Options {
    /// The options, as far as they could be read, and every mistake in them.
    pub(crate) fn parse(args: TokenStream, role: Role, home: Home) -> (Self, Vec<syn::Error>) {
        let mut options = Self { fields_sep: "-".to_owned(), strict: false, name: None, home: home.path("key") };
        let arguments = match Punctuated::<Argument, Token![,]>::parse_terminated.parse2(args) {
            Ok(arguments) => arguments,
            Err(error) => return (options, vec![error]),
        };
        let mut seen: Vec<String> = Vec::new();
        let mut errors = Vec::new();
        for Argument(meta) in &arguments {
            let name = meta.path().to_token_stream().to_string();
            let taken = if seen.contains(&name) {
                Err(syn::Error::new_spanned(meta, format!("option `{name}` is given twice")))
            } else {
                options.take(&name, meta, role)
            };
            seen.push(name);
            errors.extend(taken.err());
        }
        (options, errors)
    }

    fn take(&mut self, name: &str, meta: &Meta, role: Role) -> syn::Result<()> {
        match (name, role) {
            ("crate", _) => self.home = path(meta)?,
            ("fields_sep", Role::Top) => self.fields_sep = separator(meta)?,
            ("strict", Role::Top) => {
                meta.require_path_only()?;
                self.strict = true;
            }
            ("name", Role::Top) => self.name = Some(type_name(meta)?),
            ("fields_sep" | "strict" | "name", Role::Sub) => {
                return Err(syn::Error::new_spanned(meta, format!("option `{name}` belongs to #[toplevel]")));
            }
            (_, Role::Top) => {
                let allowed = "`fields_sep = \"...\"`, `strict`, `name = \"...\"` or `crate = path`";
                return Err(syn::Error::new_spanned(meta, format!("unknown option `{name}`: use {allowed}")));
            }
            (_, Role::Sub) => {
                return Err(syn::Error::new_spanned(meta, format!("unknown option `{name}`: use `crate = path`")));
            }
        }
        Ok(())
    }
}

/// One option. `crate` is a keyword, which [`Meta`] does not take by itself.
struct Argument(Meta);

impl syn::parse::Parse for Argument {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            let key: Token![crate] = input.parse()?;
            let eq_token = input.parse()?;
            let path = syn::Ident::new("crate", key.span).into();
            return Ok(Self(Meta::NameValue(syn::MetaNameValue { path, eq_token, value: input.parse()? })));
        }
        input.parse().map(Self)
    }
}

fn path(meta: &Meta) -> syn::Result<Path> {
    match &meta.require_name_value()?.value {
        Expr::Path(path) => Ok(path.path.clone()),
        other => Err(syn::Error::new_spanned(other, "write the path without quotes: `crate = path`")),
    }
}

fn text(meta: &Meta) -> syn::Result<&LitStr> {
    match &meta.require_name_value()?.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text),
        other => Err(syn::Error::new_spanned(other, "this option takes text in quotes")),
    }
}

/// Letters and digits occur in escapes, and the rest cannot stand in a file name everywhere.
fn separator(meta: &Meta) -> syn::Result<String> {
    let text = text(meta)?;
    let value = text.value();
    let allowed = |byte: u8| byte.is_ascii_punctuation() && !br#"%/\:*?"<>|`"#.contains(&byte);
    if !value.is_empty() && value.bytes().all(allowed) {
        return Ok(value);
    }
    let rule = "use punctuation such as `-`, `.`, `_`, `=` or `--`, without % / \\ : * ? \" < > | `";
    Err(syn::Error::new_spanned(text, format!("`{value}` cannot separate fields: {rule}")))
}

fn type_name(meta: &Meta) -> syn::Result<String> {
    let text = text(meta)?;
    let value = text.value();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(value);
    }
    Err(syn::Error::new_spanned(text, "the name of a key type is made of letters, digits and `_`"))
}

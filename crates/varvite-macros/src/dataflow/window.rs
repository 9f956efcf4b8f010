//! [`Window`]: what stands in `#[window(...)]` of a parameter.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Ident, LitStr, Path, Token, parenthesized};

use crate::shared::{Given, option_name};

const KNOWN: &str = "`time`, `span`, `by(...)`, `late` or `without_own_row`";

/// Which rows a window has.
pub(crate) struct Window {
    time: Ident,
    span: Expr,
    by: Vec<Ident>,
    drops_late: bool,
    without_own_row: bool,
}

impl Window {
    /// Reads `#[window(time = at, span = Duration::from_secs(60), by(user))]`.
    pub(crate) fn parse(attribute: &Attribute) -> syn::Result<Self> {
        let (mut time, mut span, mut by) = (None, None, Vec::new());
        let (mut drops_late, mut without_own_row) = (false, false);
        let mut given = Given::new();
        attribute.parse_nested_meta(|meta| {
            match &*option_name(&meta, &mut given)? {
                "time" => time = Some(meta.value()?.parse()?),
                "span" => span = Some(meta.value()?.parse()?),
                "by" => {
                    let brackets;
                    parenthesized!(brackets in meta.input);
                    by.extend(brackets.parse_terminated(Ident::parse_any, Token![,])?);
                }
                "late" => drops_late = is_dropped(&meta.value()?.parse()?)?,
                "without_own_row" => without_own_row = true,
                other => return Err(meta.error(format!("unknown option `{other}`: use {KNOWN}"))),
            }
            Ok(())
        })?;
        let missing =
            |what: &str| syn::Error::new_spanned(attribute, format!("a window has a `{what}`: add `{what} = ...`"));
        let (time, span) = (time.ok_or_else(|| missing("time"))?, span.ok_or_else(|| missing("span"))?);
        Ok(Self { time, span, by, drops_late, without_own_row })
    }

    /// What it reads beside the column: its times and its keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Ident> {
        [&self.time].into_iter().chain(&self.by)
    }

    /// The expression that makes it.
    pub(crate) fn emit(&self, home: &Path) -> TokenStream {
        let (time, span) = (self.time.unraw().to_string(), &self.span);
        let by = self.by.iter().map(|key| key.unraw().to_string());
        let late = self.drops_late.then(|| quote!(.late_rows(#home::LateRows::Drop)));
        let own = self.without_own_row.then(|| quote!(.without_own_row()));
        quote!(#home::WindowSpec::new(#time, #span) #(.by(#by))* #late #own)
    }
}

fn is_dropped(given: &LitStr) -> syn::Result<bool> {
    match &*given.value() {
        "drop" => Ok(true),
        "refuse" => Ok(false),
        other => {
            Err(syn::Error::new(given.span(), format!("`{other}` is no rule for late rows: use `refuse`, `drop`")))
        }
    }
}

//! What stands in the brackets: [`Options`] of the struct, [`FieldOptions`] of a field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, Expr, ExprArray, ExprLit, ExprUnary, Lit, LitInt, LitStr, Path, UnOp};

use crate::shared::{Given, Home, option_name};

/// Options of the struct.
pub(crate) struct Options {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<u32>,
    pub(crate) ttl: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
    /// Path of the schema crate.
    pub(crate) home: Path,
}

/// Options of a field. Which are allowed depends on its role.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) name: Option<String>,
    pub(crate) data_type: Option<String>,
    pub(crate) feature_type: Option<&'static str>,
    pub(crate) description: Option<String>,
    pub(crate) min: Option<TokenStream>,
    pub(crate) max: Option<TokenStream>,
    pub(crate) allowed: Option<Vec<TokenStream>>,
    pub(crate) unit: Option<String>,
    pub(crate) notes: Vec<(String, String)>,
    pub(crate) skip: bool,
}

impl Options {
    /// The options, as far as they could be read, and every attribute that could not.
    pub(crate) fn parse(input: &DeriveInput, home: Home) -> (Self, Vec<syn::Error>) {
        let home = home.path("schema");
        let (name, version, ttl, owner) = (None, None, None, None);
        let mut options = Self { name, version, ttl, owner, description: None, tags: Vec::new(), home };
        let mut seen = Given::new();
        let attributes = input.attrs.iter().filter(|attribute| attribute.path().is_ident("feature_group"));
        let parsed = attributes.map(|attribute| {
            attribute.parse_nested_meta(|meta| {
                let name = option_name(&meta, &mut seen)?;
                options.take(&name, &meta)
            })
        });
        let errors = parsed.filter_map(Result::err).collect();
        (options, errors)
    }

    fn take(&mut self, name: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match name {
            "name" => self.name = Some(text(meta)?),
            "version" => self.version = Some(version(meta)?),
            "ttl" => self.ttl = Some(text(meta)?),
            "owner" => self.owner = Some(text(meta)?),
            "description" => self.description = Some(text(meta)?),
            "tags" => self.tags = pairs(meta)?,
            "crate" => self.home = meta.value()?.parse()?,
            _ => {
                let allowed = "`name`, `version`, `ttl`, `owner`, `description`, `tags(...)` or `crate`";
                return Err(meta.error(format!("unknown option `{name}`: use {allowed}")));
            }
        }
        Ok(())
    }
}

impl FieldOptions {
    /// Reads the options of one attribute of a field, whose name says what is allowed.
    pub(crate) fn parse(attribute: &Attribute, role: &str) -> (Self, Option<syn::Error>) {
        let mut options = Self::default();
        if matches!(attribute.meta, syn::Meta::Path(_)) {
            return (options, None);
        }
        let mut seen = Given::new();
        let parsed = attribute.parse_nested_meta(|meta| {
            let name = option_name(&meta, &mut seen)?;
            options.take(&name, &meta, role)
        });
        (options, parsed.err())
    }

    fn take(&mut self, name: &str, meta: &ParseNestedMeta<'_>, role: &str) -> syn::Result<()> {
        match (name, role) {
            ("name", _) => self.name = Some(text(meta)?),
            ("type", _) => self.data_type = Some(text(meta)?),
            ("feature_type", "column") => self.feature_type = Some(feature_type(meta)?),
            ("description", "column") => self.description = Some(text(meta)?),
            ("min", "column") => self.min = Some(literal(&meta.value()?.parse()?)?),
            ("max", "column") => self.max = Some(literal(&meta.value()?.parse()?)?),
            ("allowed", "column") => self.allowed = Some(literals(meta)?),
            ("unit", "column") => self.unit = Some(text(meta)?),
            ("notes", "column") => self.notes = pairs(meta)?,
            ("skip", "column") => self.skip = true,
            (_, "column") => {
                let allowed = "`name`, `type`, `feature_type`, `description`, `min`, `max`, `allowed`, `unit`, `notes(...)` or `skip`";
                return Err(meta.error(format!("unknown option `{name}`: use {allowed}")));
            }
            (_, role) => {
                return Err(meta.error(format!("unknown option `{name}` of `{role}`: use `name` or `type`")));
            }
        }
        Ok(())
    }
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

fn version(meta: &ParseNestedMeta<'_>) -> syn::Result<u32> {
    let number: LitInt = meta.value()?.parse()?;
    match number.base10_parse()? {
        0 => Err(syn::Error::new(number.span(), "versions are numbered from 1")),
        version => Ok(version),
    }
}

/// `team = "a", tier = "b"` in brackets.
fn pairs(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<(String, String)>> {
    let (mut found, mut seen) = (Vec::new(), Given::new());
    meta.parse_nested_meta(|pair| {
        let name = option_name(&pair, &mut seen)?;
        found.push((name, text(&pair)?));
        Ok(())
    })?;
    Ok(found)
}

fn feature_type(meta: &ParseNestedMeta<'_>) -> syn::Result<&'static str> {
    const KNOWN: [(&str, &str); 6] = [
        ("numerical", "Numerical"),
        ("categorical", "Categorical"),
        ("text", "Text"),
        ("vector", "Vector"),
        ("timeseries", "TimeSeries"),
        ("complex", "Complex"),
    ];
    let given: LitStr = meta.value()?.parse()?;
    let found = KNOWN.iter().find(|(name, _)| *name == given.value());
    found.map(|(_, variant)| *variant).ok_or_else(|| {
        let known = KNOWN.map(|(name, _)| format!("`{name}`")).join(", ");
        syn::Error::new(given.span(), format!("`{}` is no feature type: use {known}", given.value()))
    })
}

fn literals(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<TokenStream>> {
    let array: ExprArray = meta.value()?.parse()?;
    array.elems.iter().map(literal).collect()
}

/// A number, a flag or text, with a type that says which.
fn literal(value: &Expr) -> syn::Result<TokenStream> {
    let refused = || syn::Error::new_spanned(value, "write a number, `true`, `false` or text in quotes");
    let (sign, inner) = match value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (true, expr.as_ref()),
        other => (false, other),
    };
    let Expr::Lit(ExprLit { lit, .. }) = inner else { return Err(refused()) };
    Ok(match lit {
        Lit::Int(number) => {
            let text = format!("{}{}", if sign { "-" } else { "" }, number.base10_digits());
            let number: i64 = text.parse().map_err(|_| refused())?;
            quote!(#number)
        }
        Lit::Float(number) => {
            let number: f64 = number.base10_parse()?;
            let number = if sign { -number } else { number };
            quote!(#number)
        }
        Lit::Bool(flag) if !sign => quote!(#flag),
        Lit::Str(text) if !sign => quote!(#text),
        _ => return Err(refused()),
    })
}

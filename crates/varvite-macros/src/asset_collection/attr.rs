//! What stands in the brackets of `#[fetch(...)]`: [`FieldOptions`] of a field, and of the struct the path of our crate.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, Ident, Lit, LitInt, LitStr, Meta, Path, Token, parenthesized};

use crate::shared::{Given, Home, option_name};

const KNOWN: &str = "`start`, `end`, `latest`, `tolerance`, `missing`, `keys(...)`, `filter`, `columns(...)`, `edges`, \
                     `flatten`, `lake`, `store` or `version`";

/// What a field asks for.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) start: Option<LitStr>,
    pub(crate) end: Option<LitStr>,
    pub(crate) latest: bool,
    pub(crate) tolerance: Option<u32>,
    /// The variant of `Missing`.
    pub(crate) missing: Option<&'static str>,
    /// Partition keys, named by fields of the model, and their values as text.
    pub(crate) keys: Vec<(Ident, String)>,
    pub(crate) filter: Option<Expr>,
    /// Columns, named by fields of the model.
    pub(crate) columns: Option<Vec<Ident>>,
    /// The variant of `Edges`.
    pub(crate) edges: Option<&'static str>,
    pub(crate) flatten: bool,
    pub(crate) lake: Option<LitStr>,
    pub(crate) store: Option<LitStr>,
    pub(crate) version: Option<LitInt>,
    /// The names of the options as they were given, and where.
    given: Given,
}

impl FieldOptions {
    /// The options of a field, as far as they could be read, and every mistake in them.
    pub(crate) fn parse(attributes: &[Attribute]) -> (Self, Vec<syn::Error>) {
        let (mut options, mut errors) = (Self::default(), Vec::new());
        for attribute in fetch_attributes(attributes) {
            if matches!(attribute.meta, Meta::Path(_)) {
                continue;
            }
            let parsed = attribute.parse_nested_meta(|meta| {
                let name = option_name(&meta, &mut options.given)?;
                options.take(&name, &meta)
            });
            errors.extend(parsed.err());
        }
        if errors.is_empty() {
            errors.extend(options.contradictions());
        }
        (options, errors)
    }

    fn take(&mut self, name: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match name {
            "start" => self.start = Some(meta.value()?.parse()?),
            "end" => self.end = Some(meta.value()?.parse()?),
            "latest" => self.latest = true,
            "tolerance" => self.tolerance = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?),
            "missing" => self.missing = Some(word(meta, "policy", &MISSING)?),
            "keys" => self.keys = keys(meta)?,
            "filter" => self.filter = Some(meta.value()?.parse()?),
            "columns" => self.columns = Some(columns(meta)?),
            "edges" => self.edges = Some(word(meta, "rule for edges", &EDGES)?),
            "flatten" => self.flatten = true,
            "lake" => self.lake = Some(name_of_asset(meta)?),
            "store" => self.store = Some(name_of_asset(meta)?),
            "version" => self.version = Some(version(meta)?),
            _ => return Err(meta.error(format!("unknown option `{name}`: use {KNOWN}"))),
        }
        Ok(())
    }

    /// Options that cannot stand together, each said where the later of them stands.
    fn contradictions(&self) -> Vec<syn::Error> {
        let mut errors = Vec::new();
        let mut refuse = |option: &str, others: &[&str], why: &str| {
            let (Some(at), true) = (self.place(option), others.iter().any(|other| self.place(other).is_some())) else {
                return;
            };
            errors.push(syn::Error::new(at, why));
        };
        refuse(
            "latest",
            &["start", "end"],
            "`latest` is the newest interval until now: it has no `start` and no `end`",
        );
        refuse("edges", &["latest"], "`latest` is a whole interval: it has no `edges`");
        refuse("lake", &["store"], "an asset is a `lake` or a `store`, not both");
        let dated = "an asset of a `store` has no dates: it is fetched as a whole";
        for option in ["start", "end", "latest", "edges"] {
            refuse(option, &["store"], dated);
        }
        refuse("keys", &["store"], "an asset of a `store` has no partition keys");
        let others: Vec<&str> =
            self.given.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "flatten").collect();
        let alone = "`flatten` stands alone: the fields of the other collection say themselves what they fetch";
        refuse("flatten", &others, alone);
        if let (Some(at), None) = (self.place("tolerance"), self.place("latest")) {
            errors.push(syn::Error::new(at, "`tolerance` says how many intervals back `latest` may be: add `latest`"));
        }
        errors
    }

    fn place(&self, option: &str) -> Option<Span> {
        self.given.iter().find(|(name, _)| name == option).map(|(_, span)| *span)
    }
}

/// The path of the asset crate: as the struct says, `#[fetch(crate = path)]`, or where the macro was reached.
pub(crate) fn home(attributes: &[Attribute], home: Home, errors: &mut Vec<syn::Error>) -> Path {
    let mut path = home.path("asset");
    let mut seen = Given::new();
    for attribute in fetch_attributes(attributes) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let name = option_name(&meta, &mut seen)?;
            if name != "crate" {
                let message = format!("`{name}` is no option of the struct: options of fetches stand before fields");
                return Err(meta.error(message));
            }
            path = meta.value()?.parse()?;
            Ok(())
        });
        errors.extend(parsed.err());
    }
    path
}

fn fetch_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("fetch"))
}

/// Words of `missing`, and the variants that they stand for.
const MISSING: [(&str, &str); 3] = [("skip", "Skip"), ("warn", "Warn"), ("fail", "Fail")];
/// Words of `edges`, and the variants that they stand for.
const EDGES: [(&str, &str); 3] = [("clipped", "Clipped"), ("whole", "WholeIntervals"), ("closed", "Closed")];

fn word(meta: &ParseNestedMeta<'_>, what: &str, known: &[(&str, &'static str)]) -> syn::Result<&'static str> {
    let given: LitStr = meta.value()?.parse()?;
    let found = known.iter().find(|(word, _)| *word == given.value());
    found.map(|(_, variant)| *variant).ok_or_else(|| {
        let words: Vec<String> = known.iter().map(|(word, _)| format!("`{word}`")).collect();
        let message = format!("`{}` is no {what}: use {}", given.value(), words.join(", "));
        syn::Error::new(given.span(), message)
    })
}

/// `region = "north", station = 7` in brackets.
fn keys(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<(Ident, String)>> {
    let (mut found, mut seen) = (Vec::new(), Given::new());
    meta.parse_nested_meta(|key| {
        option_name(&key, &mut seen)?;
        let name = key.path.require_ident()?.clone();
        let value: Lit = key.value()?.parse()?;
        let text = match &value {
            Lit::Str(text) => text.value(),
            Lit::Int(number) => number.base10_digits().to_owned(),
            Lit::Bool(flag) => flag.value.to_string(),
            other => {
                return Err(syn::Error::new(other.span(), "write a key's value as text, a whole number or a flag"));
            }
        };
        found.push((name, text));
        Ok(())
    })?;
    Ok(found)
}

/// `timestamp, temperature` in brackets.
fn columns(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Ident>> {
    let brackets;
    parenthesized!(brackets in meta.input);
    let names = brackets.parse_terminated(Ident::parse_any, Token![,])?;
    let twice =
        names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|known| known.unraw() == name.unraw()));
    if let Some((_, name)) = twice {
        return Err(syn::Error::new(name.span(), format!("column `{}` is named twice", name.unraw())));
    }
    if names.is_empty() {
        return Err(meta.error("name at least one column: `columns(timestamp, temperature)`"));
    }
    Ok(names.into_iter().collect())
}

fn name_of_asset(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let given: LitStr = meta.value()?.parse()?;
    if given.value().is_empty() { Err(syn::Error::new(given.span(), "an asset has a name")) } else { Ok(given) }
}

fn version(meta: &ParseNestedMeta<'_>) -> syn::Result<LitInt> {
    let number: LitInt = meta.value()?.parse()?;
    match number.base10_parse::<u32>()? {
        0 => Err(syn::Error::new(number.span(), "versions are numbered from 1")),
        _ => Ok(number),
    }
}

//! What stands in the brackets of the struct: [`Options`].

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::{DeriveInput, Ident, LitInt, LitStr, Path, Token};

use super::model::Model;
use crate::shared::{Given, Home, option_name};

/// Options of the struct.
pub(crate) struct Options {
    pub(crate) asset: Option<LitStr>,
    pub(crate) resolution: Option<LitStr>,
    pub(crate) undated: bool,
    pub(crate) lake: bool,
    pub(crate) nested: bool,
    pub(crate) version: u32,
    /// The field that says when a row is.
    pub(crate) time: Option<Ident>,
    /// Earlier versions, newest first, each with what rewrites a frame of it.
    pub(crate) reads: Vec<(Path, Option<Path>)>,
    /// Path of the asset crate.
    pub(crate) home: Path,
    /// The macro of `varvite` that makes it the model of a frame, if the derive is reached through it.
    pub(crate) frame_model: Option<Path>,
}

impl Options {
    /// The options, as far as they could be read, and everything that could not.
    pub(crate) fn parse(input: &DeriveInput, home: Home) -> (Self, Vec<syn::Error>) {
        let mut options = Self {
            asset: None,
            resolution: None,
            undated: false,
            lake: false,
            nested: false,
            version: 1,
            time: None,
            reads: Vec::new(),
            home: home.path("asset"),
            frame_model: matches!(home, Home::Facade).then(|| home.path("frame_model")),
        };
        let mut seen = Given::new();
        let attributes = input.attrs.iter().filter(|attribute| attribute.path().is_ident("model"));
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
            "asset" => self.asset = Some(filled_text(meta)?),
            "resolution" => self.resolution = Some(meta.value()?.parse()?),
            "undated" => self.undated = true,
            "lake" => self.lake = true,
            "nested" => self.nested = true,
            "version" => self.version = version(meta)?,
            "time" => self.time = Some(meta.value()?.parse()?),
            "reads" => self.reads = reads(meta)?,
            "crate" => {
                self.home = meta.value()?.parse()?;
                self.frame_model = None;
            }
            _ => {
                let allowed =
                    "`asset`, `resolution`, `undated`, `lake`, `version`, `time`, `reads(...)`, `nested` or `crate`";
                return Err(meta.error(format!("unknown option `{name}`: use {allowed}")));
            }
        }
        Ok(())
    }

    /// What is missing, or does not go together.
    pub(crate) fn problems(&self, ident: &Ident, model: &Model) -> Vec<syn::Error> {
        if self.nested { self.problems_of_nested(ident) } else { self.problems_of_asset(ident, model) }
    }

    fn problems_of_nested(&self, ident: &Ident) -> Vec<syn::Error> {
        let is_asset = self.asset.is_some() || self.resolution.is_some() || self.undated || self.lake;
        let message = "a `nested` model is part of another: it has no asset, resolution or time of its own";
        let wrong = is_asset || self.time.is_some() || !self.reads.is_empty();
        wrong.then(|| syn::Error::new(ident.span(), message)).into_iter().collect()
    }

    fn problems_of_asset(&self, ident: &Ident, model: &Model) -> Vec<syn::Error> {
        let mut problems = Vec::new();
        let mut refuse = |span: Span, message: &str| problems.push(syn::Error::new(span, message));
        if self.asset.is_none() {
            refuse(
                ident.span(),
                "which asset is it? add `#[model(asset = \"...\")]`, or `#[model(nested)]` for a part of another model",
            );
        }
        match (&self.resolution, self.undated, self.lake) {
            (None, false, false) => refuse(
                ident.span(),
                "how long are its intervals? add `resolution = \"1d\"`; or `undated` for rows that are replaced as a \
                 whole, or `lake` for dated files",
            ),
            (Some(_), false, false) | (None, true, false) | (None, false, true) => {}
            _ => refuse(ident.span(), "an asset has one of `resolution`, `undated` and `lake`"),
        }
        match &self.time {
            Some(time) if !model.columns.iter().any(|column| column.ident == *time) => {
                let fields: Vec<String> = model.columns.iter().map(|column| format!("`{}`", column.ident)).collect();
                refuse(time.span(), &format!("there is no column `{time}`: the struct has {}", fields.join(", ")));
            }
            None if self.resolution.is_some() => refuse(ident.span(), &missing_time(model)),
            _ => {}
        }
        problems
    }
}

fn missing_time(model: &Model) -> String {
    let mut candidates = model.columns.iter().filter(|column| column.looks_like_time());
    match (candidates.next(), candidates.next()) {
        (Some(column), None) => {
            format!("which column says when a row is? add `time = {0}` if it is `{0}`", column.ident)
        }
        _ => "which column says when a row is? add `time = ...` with a field that is a timestamp or a date".to_owned(),
    }
}

/// Text that is not empty.
pub(crate) fn filled_text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let text: LitStr = meta.value()?.parse()?;
    if text.value().is_empty() { Err(syn::Error::new(text.span(), "a name is not empty")) } else { Ok(text) }
}

fn version(meta: &ParseNestedMeta<'_>) -> syn::Result<u32> {
    let number: LitInt = meta.value()?.parse()?;
    match number.base10_parse()? {
        0 => Err(syn::Error::new(number.span(), "versions are numbered from 1")),
        version => Ok(version),
    }
}

/// `reads(WeatherV2, WeatherV1 = path::to::rewrite)`.
fn reads(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<(Path, Option<Path>)>> {
    let content;
    syn::parenthesized!(content in meta.input);
    let one = |input: syn::parse::ParseStream<'_>| {
        let version: Path = input.parse()?;
        let rewrite = if input.parse::<Option<Token![=]>>()?.is_some() { Some(input.parse()?) } else { None };
        Ok((version, rewrite))
    };
    Ok(content.parse_terminated(one, Token![,])?.into_iter().collect())
}

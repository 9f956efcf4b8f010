//! [`Model`]: a struct in our words, and what is wrong with it.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Fields, Ident, Type, Visibility};

use super::attr::Options;
use super::check::Check;
use super::field::{Default, FieldOptions};

/// A struct whose fields are columns.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) columns: Vec<Column>,
    /// Fields that are no columns.
    pub(crate) skipped: Vec<(Ident, Default)>,
}

/// A field that is a column.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) default: Option<Default>,
    pub(crate) is_key: bool,
    pub(crate) checks: Vec<Check>,
}

impl Model {
    /// The model, as far as it could be read, and every mistake in it.
    pub(crate) fn from_input(input: &DeriveInput, options: &Options) -> (Self, Vec<syn::Error>) {
        let mut errors = Vec::new();
        if !input.generics.params.is_empty() {
            let message = "a model takes no type parameters, constants or lifetimes: its columns are fixed";
            errors.push(syn::Error::new_spanned(&input.generics, message));
        }
        let (mut columns, mut skipped) = (Vec::new(), Vec::new());
        match named_fields(input) {
            Ok(fields) => {
                for field in fields {
                    add(field, options, &mut columns, &mut skipped, &mut errors);
                }
            }
            Err(error) => errors.push(error),
        }
        (Self { ident: input.ident.clone(), vis: input.vis.clone(), columns, skipped }, errors)
    }
}

fn named_fields(input: &DeriveInput) -> syn::Result<Vec<&Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "a model is a struct, not an enum or union"));
    };
    match &data.fields {
        Fields::Named(fields) if !fields.named.is_empty() => Ok(fields.named.iter().collect()),
        Fields::Unnamed(fields) => {
            Err(syn::Error::new(fields.span(), "a model needs names for its fields: they name its columns"))
        }
        _ => Err(syn::Error::new(input.ident.span(), "a model needs at least one field")),
    }
}

/// Adds a field to those that it belongs to.
fn add(
    field: &Field,
    options: &Options,
    columns: &mut Vec<Column>,
    skipped: &mut Vec<(Ident, Default)>,
    errors: &mut Vec<syn::Error>,
) {
    let Some(ident) = field.ident.clone() else { return };
    let (given, wrong) = FieldOptions::parse(field);
    errors.extend(wrong);
    if given.skip.is_some() {
        skipped.extend(given.default.map(|default| (ident, default)));
        return;
    }
    let (name, span) = match &given.name {
        Some(name) => (name.value(), name.span()),
        None => (ident.to_string().trim_start_matches("r#").to_owned(), ident.span()),
    };
    if let Some(other) = columns.iter().find(|column| column.name == name) {
        let message = format!("field `{}` has a column `{name}` already: give this one another `name`", other.ident);
        errors.push(syn::Error::new(span, message));
    }
    errors.extend(misplaced(&given, options));
    let is_key = given.key.is_some();
    columns.push(Column { ident, name, ty: field.ty.clone(), default: given.default, is_key, checks: given.checks });
}

/// Options that the model's kind does not have.
fn misplaced(given: &FieldOptions, options: &Options) -> Vec<syn::Error> {
    let mut errors = Vec::new();
    if let (Some(span), true) = (given.key, options.nested || options.undated || options.lake) {
        let message = "only assets with a `resolution` are partitioned by keys";
        errors.push(syn::Error::new(span, message));
    }
    if let (Some(check), true) = (given.checks.first(), options.nested) {
        let message = "a part of a column is not checked: give the column in the outer model `check(with = ...)`";
        errors.push(syn::Error::new(check.span, message));
    }
    errors
}

impl Column {
    /// Where its type stands, for messages; names resolve as those of the derive do, also within other macros.
    pub(crate) fn span(&self) -> Span {
        self.ty.span().resolved_at(Span::call_site())
    }

    /// Whether the type is written as one that can say when a row is.
    pub(crate) fn looks_like_time(&self) -> bool {
        let Type::Path(path) = &self.ty else { return false };
        let last = path.path.segments.last().map(|segment| segment.ident.to_string());
        matches!(last.as_deref(), Some("NaiveDate" | "NaiveDateTime" | "DateTime" | "Instant"))
    }
}

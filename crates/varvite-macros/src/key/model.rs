//! [`Level`]: a struct in our words, and what is wrong with it.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Type, Visibility};

/// One level of a key.
pub(crate) struct Level {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) fields: Vec<LevelField>,
}

/// One field of a level.
pub(crate) struct LevelField {
    pub(crate) ident: Ident,
    /// Its name without `r#`.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) docs: Vec<Attribute>,
}

/// How a field's value is handed in and out. Only a convenience: types not recognised go in by value, out by reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    Text,
    Copy,
    Reference,
}

impl Level {
    /// The level, as far as it could be read, and every mistake in it.
    pub(crate) fn from_input(input: &DeriveInput) -> (Self, Vec<syn::Error>) {
        let mut errors = Vec::new();
        if !input.generics.params.is_empty() {
            let message = "a key level takes no type parameters, constants or lifetimes";
            errors.push(syn::Error::new_spanned(&input.generics, message));
        }
        let fields = match named_fields(input) {
            Ok(fields) => fields,
            Err(error) => {
                errors.push(error);
                Vec::new()
            }
        };
        errors.extend(fields.iter().flat_map(|field| field_errors(field)));
        let fields = fields.into_iter().filter_map(LevelField::from_field).collect();
        (Self { ident: input.ident.clone(), vis: input.vis.clone(), fields }, errors)
    }
}

fn named_fields(input: &DeriveInput) -> syn::Result<Vec<&Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "a key level is a struct, not an enum or union"));
    };
    match &data.fields {
        Fields::Named(fields) if !fields.named.is_empty() => Ok(fields.named.iter().collect()),
        Fields::Unnamed(fields) => Err(syn::Error::new(fields.span(), "a key level needs names for its fields")),
        _ => Err(syn::Error::new(input.ident.span(), "a key level needs at least one field")),
    }
}

fn field_errors(field: &Field) -> Vec<syn::Error> {
    let mut errors = Vec::new();
    if !matches!(field.vis, Visibility::Inherited) {
        let message = "the fields of a key are private: they are set by `new` and read through getters";
        errors.push(syn::Error::new_spanned(&field.vis, message));
    }
    if let Some(ident) = field.ident.as_ref().filter(|ident| *ident == "new") {
        errors.push(syn::Error::new_spanned(ident, "a field cannot be named `new`: that is the constructor"));
    }
    errors
}

impl LevelField {
    fn from_field(field: &Field) -> Option<Self> {
        let ident = field.ident.clone()?;
        Some(Self {
            name: ident.to_string().trim_start_matches("r#").to_owned(),
            ident,
            ty: field.ty.clone(),
            docs: field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).cloned().collect(),
        })
    }

    pub(crate) fn passing(&self) -> Passing {
        const COPIED: [&str; 13] =
            ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "bool"];
        match self.ty.to_token_stream().to_string().as_str() {
            "String" => Passing::Text,
            other if COPIED.contains(&other) => Passing::Copy,
            _ => Passing::Reference,
        }
    }
}

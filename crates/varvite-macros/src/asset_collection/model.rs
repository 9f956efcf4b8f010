//! [`Collection`]: a struct in our words, and what is wrong with it.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, GenericArgument, Ident, LitStr, Path, PathArguments, Type, Visibility};

use super::attr::{self, FieldOptions};
use crate::shared::Home;

/// A struct whose fields are fetched.
pub(crate) struct Collection {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) fields: Vec<Field>,
    /// Path of the asset crate.
    pub(crate) home: Path,
}

/// One field that is fetched.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) options: FieldOptions,
}

impl Collection {
    /// The collection, as far as it could be read, and every mistake in it.
    pub(crate) fn from_input(input: &DeriveInput, home: Home) -> (Self, Vec<syn::Error>) {
        let mut errors = Vec::new();
        let home = attr::home(&input.attrs, home, &mut errors);
        if !input.generics.params.is_empty() {
            let message = "an asset collection takes no type parameters, constants or lifetimes";
            errors.push(syn::Error::new_spanned(&input.generics, message));
        }
        let mut fields = Vec::new();
        match named_fields(input) {
            Ok(named) => fields.extend(named.into_iter().filter_map(|field| Field::from_syn(field, &mut errors))),
            Err(error) => errors.push(error),
        }
        (Self { ident: input.ident.clone(), visibility: input.vis.clone(), fields, home }, errors)
    }

    /// Whether a field has this name.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name() == name)
    }
}

fn named_fields(input: &DeriveInput) -> syn::Result<Vec<&syn::Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "an asset collection is a struct, not an enum or union"));
    };
    match &data.fields {
        Fields::Named(fields) if !fields.named.is_empty() => Ok(fields.named.iter().collect()),
        Fields::Unnamed(fields) => {
            Err(syn::Error::new(fields.span(), "an asset collection needs names for its fields"))
        }
        _ => Err(syn::Error::new(input.ident.span(), "an asset collection needs at least one field")),
    }
}

impl Field {
    fn from_syn(field: &syn::Field, errors: &mut Vec<syn::Error>) -> Option<Self> {
        let ident = field.ident.clone()?;
        let (options, mistakes) = FieldOptions::parse(&field.attrs);
        errors.extend(mistakes);
        let field = Self { ident, ty: field.ty.clone(), options };
        if field.model().is_none() {
            errors.extend(needs_model(&field.options).map(|at| {
                let message = "the model cannot be seen in this field's type: write `Vec<Model>`, `Frame<Model>`, \
                               `Latest<Model>`, `BTreeMap<Interval, Vec<Model>>` or an `Option` of them";
                syn::Error::new(at, message)
            }));
        }
        Some(field)
    }

    /// The field's name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Whether rows come back, and not files as they are. A type that is not known here is taken for files.
    pub(crate) fn has_rows(&self) -> bool {
        let Some(Type::Path(model)) = self.model() else { return false };
        model.path.segments.last().is_some_and(|segment| segment.ident != "LakeFile")
    }

    /// The model of the field's rows, where the type says it in words that are known here.
    pub(crate) fn model(&self) -> Option<&Type> {
        inner(&self.ty).map(|inner| {
            let mut model = inner;
            while let Some(deeper) = self::inner(model) {
                model = deeper;
            }
            model
        })
    }
}

/// The first option that is about the model of the rows.
fn needs_model(options: &FieldOptions) -> Option<Span> {
    let columns = options.columns.iter().flatten().chain(options.keys.iter().map(|(name, _)| name));
    columns.map(Ident::span).chain(options.store.iter().map(LitStr::span)).next()
}

/// What a type holds whose rows are of a model; `None` for other types.
fn inner(ty: &Type) -> Option<&Type> {
    let path = match ty {
        Type::Group(group) => return inner(&group.elem),
        Type::Paren(paren) => return inner(&paren.elem),
        Type::Path(path) => path,
        _ => return None,
    };
    let segment = path.path.segments.last()?;
    if !["Vec", "Option", "Frame", "Latest", "BTreeMap"].iter().any(|known| segment.ident == known) {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

//! [`Group`]: a struct in our words, and what is wrong with it.

use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Type};

use super::attr::FieldOptions;
use crate::shared::docs;

/// A struct whose fields are the columns of a group.
pub(crate) struct Group {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    pub(crate) columns: Vec<Column>,
}

/// One field that is a column.
pub(crate) struct Column {
    pub(crate) role: Role,
    /// Its name without `r#`, or the one that is given.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) docs: String,
    pub(crate) options: FieldOptions,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    EntityKey,
    EventTime,
    CreatedTime,
    Feature,
}

impl Role {
    const ALL: [Self; 4] = [Self::EntityKey, Self::EventTime, Self::CreatedTime, Self::Feature];

    fn attribute(self) -> &'static str {
        match self {
            Self::EntityKey => "entity_key",
            Self::EventTime => "event_time",
            Self::CreatedTime => "created_time",
            Self::Feature => "column",
        }
    }
}

impl Group {
    /// The group, as far as it could be read, and every mistake in it.
    pub(crate) fn from_input(input: &DeriveInput) -> (Self, Vec<syn::Error>) {
        let mut errors = Vec::new();
        if !input.generics.params.is_empty() {
            let message = "a feature group takes no type parameters, constants or lifetimes";
            errors.push(syn::Error::new_spanned(&input.generics, message));
        }
        let mut columns = Vec::new();
        match named_fields(input) {
            Ok(fields) => columns.extend(fields.into_iter().filter_map(|field| Column::from_field(field, &mut errors))),
            Err(error) => errors.push(error),
        }
        errors.extend([Role::EventTime, Role::CreatedTime].into_iter().filter_map(|role| second(&columns, role)));
        (Self { ident: input.ident.clone(), docs: docs(&input.attrs), columns }, errors)
    }

    /// The group's name if none is given: the struct's in snake case.
    pub(crate) fn default_name(&self) -> String {
        let mut name = String::new();
        let letters: Vec<char> = self.ident.to_string().trim_start_matches("r#").chars().collect();
        for (at, letter) in letters.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| letters.get(at));
            let after = letters.get(at + 1);
            let follows_word = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
            let begins_word = before.is_some_and(|c| c.is_uppercase()) && after.is_some_and(|c| c.is_lowercase());
            if letter.is_uppercase() && (follows_word || begins_word) {
                name.push('_');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }
}

fn named_fields(input: &DeriveInput) -> syn::Result<Vec<&Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "a feature group is a struct, not an enum or union"));
    };
    match &data.fields {
        Fields::Named(fields) if !fields.named.is_empty() => Ok(fields.named.iter().collect()),
        Fields::Unnamed(fields) => Err(syn::Error::new(fields.span(), "a feature group needs names for its fields")),
        _ => Err(syn::Error::new(input.ident.span(), "a feature group needs at least one field")),
    }
}

/// The second column of a role that a group has once.
fn second(columns: &[Column], role: Role) -> Option<syn::Error> {
    let column = columns.iter().filter(|column| column.role == role).nth(1)?;
    Some(syn::Error::new(
        column.ty.span(),
        format!("a group has one `#[{}]`, and this is the second", role.attribute()),
    ))
}

impl Column {
    fn from_field(field: &Field, errors: &mut Vec<syn::Error>) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let marks = field.attrs.iter().filter_map(|attribute| Some((role_of(attribute)?, attribute)));
        let marks: Vec<(Role, &Attribute)> = marks.collect();
        if let [_, (_, again), ..] = marks.as_slice() {
            let message = "a field has one of `#[entity_key]`, `#[event_time]`, `#[created_time]` and `#[column]`";
            errors.push(syn::Error::new_spanned(again, message));
        }
        let (role, options) = match marks.first() {
            None => (Role::Feature, FieldOptions::default()),
            Some((role, attribute)) => {
                let (options, error) = FieldOptions::parse(attribute, role.attribute());
                errors.extend(error);
                (*role, options)
            }
        };
        if options.skip {
            return None;
        }
        let name = options.name.clone();
        let name = name.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
        Some(Self { role, name, ty: field.ty.clone(), docs: docs(&field.attrs), options })
    }

    /// Whether the type is written as an `Option`. Only asked where its column's type is given as text.
    pub(crate) fn looks_optional(&self) -> bool {
        let Type::Path(path) = &self.ty else { return false };
        path.path.segments.last().is_some_and(|segment| segment.ident == "Option")
    }
}

fn role_of(attribute: &Attribute) -> Option<Role> {
    Role::ALL.into_iter().find(|role| attribute.path().is_ident(role.attribute()))
}

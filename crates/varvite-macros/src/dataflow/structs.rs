//! Structs of the module whose fields are nodes.

use std::collections::HashMap;

use syn::punctuated::Punctuated;
use syn::{Fields, Ident, Item, ItemStruct, Path, Token, Type, parse_quote};

/// Fields by the name of their struct.
pub(crate) type Structs = HashMap<String, Vec<(Ident, Type)>>;

/// The structs that derive `Fields`.
pub(crate) fn of(items: &[Item]) -> Structs {
    let structs = items.iter().filter_map(|item| if let Item::Struct(item) = item { Some(item) } else { None });
    structs.filter(|item| derives_fields(item)).filter_map(named).collect()
}

/// Lets them be as visible as the module's functions are.
pub(crate) fn mark(items: &mut [Item]) {
    let structs = items.iter_mut().filter_map(|item| if let Item::Struct(item) = item { Some(item) } else { None });
    let fields = structs.filter(|item| derives_fields(item));
    fields.for_each(|item| item.attrs.push(parse_quote!(#[allow(unreachable_pub)])));
}

fn derives_fields(item: &ItemStruct) -> bool {
    let derives = item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let mut paths = derives
        .filter_map(|attribute| attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok())
        .flatten();
    paths.any(|path| path.segments.last().is_some_and(|segment| segment.ident == "Fields"))
}

fn named(item: &ItemStruct) -> Option<(String, Vec<(Ident, Type)>)> {
    let Fields::Named(fields) = &item.fields else { return None };
    let fields = fields.named.iter().filter_map(|field| Some((field.ident.clone()?, field.ty.clone())));
    Some((item.ident.to_string(), fields.collect()))
}

/// The fields of the struct that a type is, if it is one of these.
pub(crate) fn find<'s>(structs: &'s Structs, ty: &Type) -> Option<&'s [(Ident, Type)]> {
    let Type::Path(path) = ty else { return None };
    let name = path.path.segments.last()?;
    structs.get(&name.ident.to_string()).map(Vec::as_slice)
}

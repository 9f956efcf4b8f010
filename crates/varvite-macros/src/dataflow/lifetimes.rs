//! Types of parameters outside of their signature, where lifetimes must be told or left out.

use syn::{GenericArgument, Lifetime, PathArguments, Type};

/// The type with `'static` for every lifetime.
pub(crate) fn fixed(ty: &Type) -> Type {
    let mut ty = ty.clone();
    replace(&mut ty, Some("'static"));
    ty
}

/// The type with every lifetime left to the compiler.
pub(crate) fn elided(ty: &Type) -> Type {
    let mut ty = ty.clone();
    replace(&mut ty, None);
    ty
}

fn replace(ty: &mut Type, with: Option<&str>) {
    match ty {
        Type::Reference(reference) => {
            let span = reference.and_token.span;
            reference.lifetime = with.map(|name| Lifetime::new(name, span));
            replace(&mut reference.elem, with);
        }
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { continue };
                for argument in &mut arguments.args {
                    match argument {
                        GenericArgument::Type(inner) => replace(inner, with),
                        GenericArgument::Lifetime(lifetime) => {
                            *lifetime = Lifetime::new(with.unwrap_or("'_"), lifetime.span());
                        }
                        _ => {}
                    }
                }
            }
        }
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|inner| replace(inner, with)),
        Type::Slice(slice) => replace(&mut slice.elem, with),
        Type::Array(array) => replace(&mut array.elem, with),
        Type::Paren(paren) => replace(&mut paren.elem, with),
        Type::Group(group) => replace(&mut group.elem, with),
        _ => {}
    }
}

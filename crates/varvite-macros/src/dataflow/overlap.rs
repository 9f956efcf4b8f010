//! Whether two patterns of a config can fit one value, as far as their words tell.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Pat, Path, Token};

/// Whether one value could fit both. Where words do not tell, they are taken for different: the compiler still finds a
/// pattern that nothing reaches.
pub(crate) fn overlap(one: &Pat, two: &Pat) -> bool {
    match (one, two) {
        (Pat::Or(or), other) | (other, Pat::Or(or)) => or.cases.iter().any(|case| overlap(case, other)),
        (Pat::Paren(paren), other) | (other, Pat::Paren(paren)) => overlap(&paren.pat, other),
        (Pat::Reference(reference), other) | (other, Pat::Reference(reference)) => overlap(&reference.pat, other),
        (Pat::Wild(_) | Pat::Rest(_), _) | (_, Pat::Wild(_) | Pat::Rest(_)) => true,
        // A name in lower case takes everything, one in upper case is a constant or a variant.
        (Pat::Ident(name), other) | (other, Pat::Ident(name)) => {
            let takes_all = name.ident.to_string().chars().next().is_some_and(char::is_lowercase);
            takes_all || name.to_token_stream().to_string() == other.to_token_stream().to_string()
        }
        (Pat::Tuple(one), Pat::Tuple(two)) => all(&one.elems, &two.elems),
        (Pat::TupleStruct(one), Pat::TupleStruct(two)) => same(&one.path, &two.path) && all(&one.elems, &two.elems),
        (Pat::Struct(one), Pat::Struct(two)) => {
            let mut shared = one.fields.iter().flat_map(|one| {
                let same = two.fields.iter().filter(|two| two.member == one.member);
                same.map(|two| overlap(&one.pat, &two.pat))
            });
            same(&one.path, &two.path) && shared.all(|overlaps| overlaps)
        }
        (Pat::Path(one), Pat::Path(two)) => same(&one.path, &two.path),
        (one, two) => one.to_token_stream().to_string() == two.to_token_stream().to_string(),
    }
}

fn all(one: &Punctuated<Pat, Token![,]>, two: &Punctuated<Pat, Token![,]>) -> bool {
    one.iter().zip(two).all(|(one, two)| overlap(one, two))
}

/// Paths may be written in several ways; their last word is the variant.
fn same(one: &Path, two: &Path) -> bool {
    let last = |path: &Path| path.segments.last().map(|segment| segment.ident.to_string());
    last(one) == last(two)
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    #[track_caller]
    fn check(one: &str, two: &str, expected: bool) {
        let [one, two] = [one, two].map(|text| Pat::parse_multi.parse_str(text).unwrap());
        assert_eq!(overlap(&one, &two), expected);
        assert_eq!(overlap(&two, &one), expected);
    }

    #[test]
    fn variants_of_an_enum() {
        check("Mode::Online", "Mode::Online", true);
        check("Mode::Online", "Mode::Batch", false);
        check("Mode::Online | Mode::Batch", "Mode::Batch | Mode::Stream", true);
        check("Mode::Online", "super::Mode::Online", true);
        check("_", "Mode::Online", true);
    }

    #[test]
    fn structs_overlap_unless_a_field_tells_them_apart() {
        check("Settings { mode: Mode::Online, .. }", "Settings { region: Region::Uk, .. }", true);
        check("Settings { mode: Mode::Online, .. }", "Settings { mode: Mode::Batch, .. }", false);
        check("(Mode::Online, _)", "(_, 1)", true);
        check("Some(1)", "Some(2)", false);
        check("Some(1)", "None", false);
    }
}

//! A hash of what a function says, so that a graph whose function has changed is another graph.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use xxhash_rust::xxh3::Xxh3;

/// The same for all spellings that differ in white space and comments alone, whatever compiler reads them.
pub(crate) fn hash(tokens: TokenStream) -> u64 {
    let mut hasher = Xxh3::new();
    feed(tokens, &mut hasher);
    hasher.digest()
}

fn feed(tokens: TokenStream, hasher: &mut Xxh3) {
    for token in tokens {
        if let TokenTree::Group(group) = token {
            let (open, close) = match group.delimiter() {
                Delimiter::Parenthesis => ("(", ")"),
                Delimiter::Brace => ("{", "}"),
                Delimiter::Bracket => ("[", "]"),
                Delimiter::None => ("", ""),
            };
            word(open, hasher);
            feed(group.stream(), hasher);
            word(close, hasher);
        } else {
            word(&token.to_string(), hasher);
        }
    }
}

fn word(text: &str, hasher: &mut Xxh3) {
    hasher.update(text.as_bytes());
    hasher.update(b" ");
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::hash;

    #[test]
    fn white_space_is_not_seen_and_all_else_is() {
        let of = |text: &str| hash(text.parse().unwrap());
        assert_eq!(of("{ a + b }"), of("{a+b // sum\n}"));
        assert_ne!(of("{ a + b }"), of("{ a - b }"));
        assert_ne!(of("{ a } b"), of("{ a b }"));
        assert_eq!(hash(quote!({ a + 1 })), of("{ a + 1 }"));
    }
}

//! The generated code.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{DeriveInput, Path, Token};

use super::Role;
use super::attr::Options;
use super::model::{Level, LevelField, Passing};

/// The traits of [`std`] that a key needs and that the user did not derive.
///
/// Comparing goes through the fields' own traits: a field that is none gives one message, not one a derive.
pub(crate) fn missing_derives(input: &DeriveInput) -> TokenStream {
    let written = written_derives(input);
    let derives = [("Clone", quote!(::core::clone::Clone)), ("Debug", quote!(::core::fmt::Debug))];
    let missing = derives.into_iter().filter(|(name, _)| !written.iter().any(|written| written == name));
    let missing = missing.map(|(_, path)| path);
    quote! { #[derive(#(#missing),*)] }
}

fn written_derives(input: &DeriveInput) -> Vec<String> {
    let derives = input.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
    derives
        .filter_map(|attribute| attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok())
        .flatten()
        .filter_map(|path| path.segments.last().map(|segment| segment.ident.to_string()))
        .collect()
}

/// `PartialEq`, `Eq`, `PartialOrd`, `Ord` and `Hash`, as far as the user did not derive them.
fn comparisons(level: &Level, input: &DeriveInput, options: &Options) -> TokenStream {
    let (ident, key) = (&level.ident, &options.home);
    let parts: Vec<_> = parts(level, key).collect();
    let compare = parts.iter().map(|(field, part)| {
        let name = &field.ident;
        quote!(.then_with(|| #part::__cmp(&self.#name, &other.#name)))
    });
    let hash = parts.iter().map(|(field, part)| {
        let name = &field.ident;
        quote!(#part::__hash(&self.#name, state);)
    });
    let impls = [
        (
            "PartialEq",
            quote!(::core::cmp::PartialEq),
            quote!(
                fn eq(&self, other: &Self) -> bool {
                    ::core::cmp::Ord::cmp(self, other) == ::core::cmp::Ordering::Equal
                }
            ),
        ),
        ("Eq", quote!(::core::cmp::Eq), TokenStream::new()),
        (
            "PartialOrd",
            quote!(::core::cmp::PartialOrd),
            quote!(
                fn partial_cmp(&self, other: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
                    ::core::option::Option::Some(::core::cmp::Ord::cmp(self, other))
                }
            ),
        ),
        (
            "Ord",
            quote!(::core::cmp::Ord),
            quote!(fn cmp(&self, other: &Self) -> ::core::cmp::Ordering {
                ::core::cmp::Ordering::Equal #(#compare)*
            }),
        ),
        (
            "Hash",
            quote!(::core::hash::Hash),
            quote!(fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) { #(#hash)* }),
        ),
    ];
    let written = written_derives(input);
    impls
        .into_iter()
        .filter(|(name, ..)| !written.iter().any(|written| written == name))
        .map(|(_, path, body)| quote! { #[automatically_derived] impl #path for #ident { #body } })
        .collect()
}

/// Each field with the trait that it must have. A level's only field is no sublevel; otherwise the last one may be.
fn parts<'a>(level: &'a Level, key: &'a Path) -> impl Iterator<Item = (&'a LevelField, TokenStream)> {
    level.fields.iter().enumerate().map(move |(at, field)| {
        let last = at > 0 && at + 1 == level.fields.len();
        let (ty, part) = (&field.ty, format_ident!("{}", if last { "LastField" } else { "KeyField" }));
        (field, quote_spanned!(ty.span()=> <#ty as #key::#part>))
    })
}

/// Everything that is generated for a level without mistakes.
pub(crate) fn level(level: &Level, input: &DeriveInput, options: &Options, role: Role) -> TokenStream {
    let comparisons = comparisons(level, input, options);
    let inherent = inherent(level, options, role);
    let codec = codec(level, options);
    let role = match role {
        Role::Top => top(level, options),
        Role::Sub => sub(level, options),
    };
    quote! { #inherent #comparisons #codec #role }
}

/// `new` and the getters.
fn inherent(level: &Level, options: &Options, role: Role) -> TokenStream {
    let (ident, vis, key) = (&level.ident, &level.vis, &options.home);
    let getters = level.fields.iter().map(|field| getter(field, vis));
    let names = level.fields.iter().map(|field| &field.ident);
    let parameters = level.fields.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        match field.passing() {
            Passing::Text => quote!(#name: impl ::core::convert::Into<::std::string::String>),
            Passing::Copy | Passing::Reference => quote!(#name: #ty),
        }
    });
    let conversions = level.fields.iter().filter(|field| field.passing() == Passing::Text).map(|field| {
        let name = &field.ident;
        quote!(let #name = ::core::convert::Into::into(#name);)
    });
    let check = match role {
        Role::Top => quote!(#key::Key::check(&made)?;),
        Role::Sub => quote!(#key::__private::check_level(&made)?;),
    };
    quote! {
        #[automatically_derived]
        #[allow(dead_code)]
        impl #ident {
            /// Makes a key of these values.
            ///
            /// # Errors
            /// The first value that is empty or that a path cannot hold.
            #vis fn new(#(#parameters),*) -> ::core::result::Result<Self, #key::Error> {
                #(#conversions)*
                let made = Self { #(#names),* };
                #check
                ::core::result::Result::Ok(made)
            }
            #(#getters)*
        }
    }
}

fn getter(field: &LevelField, vis: &syn::Visibility) -> TokenStream {
    let (name, ty) = (&field.ident, &field.ty);
    let docs = if field.docs.is_empty() {
        let text = format!(" The field `{}`.", field.name);
        quote!(#[doc = #text])
    } else {
        field.docs.iter().map(ToTokens::to_token_stream).collect()
    };
    let (output, value) = match field.passing() {
        Passing::Text => (quote!(&str), quote!(&self.#name)),
        Passing::Copy => (quote!(#ty), quote!(self.#name)),
        Passing::Reference => (quote!(&#ty), quote!(&self.#name)),
    };
    quote! { #docs #vis fn #name(&self) -> #output { #value } }
}

/// Values out of the struct and into it, level by level.
fn codec(level: &Level, options: &Options) -> TokenStream {
    let (ident, key) = (&level.ident, &options.home);
    let level_name = ident.to_string();
    let per_field = |call: &dyn Fn(&LevelField, TokenStream) -> TokenStream| -> Vec<TokenStream> {
        parts(level, key).map(|(field, part)| call(field, part)).collect()
    };
    let describe = per_field(&|field, part| {
        let name = &field.name;
        quote!(#part::__describe(#name, levels);)
    });
    let write = per_field(&|field, part| {
        let name = &field.ident;
        quote!(#part::__write(&self.#name, values);)
    });
    let read = per_field(&|field, part| {
        let (ident, name) = (&field.ident, &field.name);
        quote!(#ident: #part::__read(#name, values)?)
    });
    quote! {
        #[automatically_derived]
        impl #key::Level for #ident {
            fn describe(levels: &mut ::std::vec::Vec<#key::LevelSchema>) {
                levels.push(#key::LevelSchema::new(#level_name));
                #(#describe)*
            }
            fn write(&self, values: &mut #key::__private::Values) {
                values.open_level();
                #(#write)*
            }
            fn read(values: &mut #key::__private::Reader<'_>) -> ::core::result::Result<Self, #key::Error> {
                values.open_level();
                ::core::result::Result::Ok(Self { #(#read),* })
            }
        }
    }
}

fn top(level: &Level, options: &Options) -> TokenStream {
    let (ident, key, sep, strict) = (&level.ident, &options.home, &options.fields_sep, options.strict);
    let name = options.name.clone().unwrap_or_else(|| ident.to_string());
    let depth = depth(level, key);
    quote! {
        #[automatically_derived]
        impl #key::Key for #ident {
            const NAME: &'static str = #name;
            const DEPTH: usize = #depth;
            const FIELDS_SEP: &'static str = #sep;
            const STRICT: bool = #strict;
        }
        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #key::__private::display(self, f)
            }
        }
        #[automatically_derived]
        impl ::core::str::FromStr for #ident {
            type Err = #key::Error;
            fn from_str(text: &str) -> ::core::result::Result<Self, #key::Error> {
                #key::__private::parse(text)
            }
        }
        #key::__impl_serde!(#ident);
    }
}

fn sub(level: &Level, options: &Options) -> TokenStream {
    let (ident, key) = (&level.ident, &options.home);
    let depth = depth(level, key);
    quote! {
        #[automatically_derived]
        impl #key::LastField for #ident {
            const LEVELS: usize = #depth;
            fn __cmp(&self, other: &Self) -> ::core::cmp::Ordering {
                ::core::cmp::Ord::cmp(self, other)
            }
            fn __hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash(self, state);
            }
            fn __describe(_: &'static str, levels: &mut ::std::vec::Vec<#key::LevelSchema>) {
                <Self as #key::Level>::describe(levels);
            }
            fn __write(&self, values: &mut #key::__private::Values) {
                #key::Level::write(self, values);
            }
            fn __read(_: &'static str, values: &mut #key::__private::Reader<'_>)
                -> ::core::result::Result<Self, #key::Error>
            {
                <Self as #key::Level>::read(values)
            }
        }
    }
}

/// One level, and those below it.
fn depth(level: &Level, key: &Path) -> TokenStream {
    let Some(last) = level.fields.last().filter(|_| level.fields.len() > 1) else { return quote!(1) };
    let ty = &last.ty;
    quote_spanned!(ty.span()=> 1 + <#ty as #key::LastField>::LEVELS)
}

/// What keeps a struct with mistakes from causing further messages wherever it is used.
pub(crate) fn stub(input: &DeriveInput, options: &Options, role: Role) -> TokenStream {
    let (ident, key) = (&input.ident, &options.home);
    if !input.generics.params.is_empty() {
        return TokenStream::new(); // whatever it were bounded by would be one more message
    }
    let comparisons = quote! {
        impl ::core::cmp::PartialEq for #ident { fn eq(&self, _: &Self) -> bool { ::core::unreachable!() } }
        impl ::core::cmp::Eq for #ident {}
        impl ::core::cmp::PartialOrd for #ident {
            fn partial_cmp(&self, _: &Self) -> ::core::option::Option<::core::cmp::Ordering> { ::core::unreachable!() }
        }
        impl ::core::cmp::Ord for #ident {
            fn cmp(&self, _: &Self) -> ::core::cmp::Ordering { ::core::unreachable!() }
        }
        impl ::core::hash::Hash for #ident {
            fn hash<H: ::core::hash::Hasher>(&self, _: &mut H) { ::core::unreachable!() }
        }
    };
    let comparisons = if written_derives(input).is_empty() { comparisons } else { TokenStream::new() };
    let level = quote! {
        impl #key::Level for #ident {
            fn describe(_: &mut ::std::vec::Vec<#key::LevelSchema>) { ::core::unreachable!() }
            fn write(&self, _: &mut #key::__private::Values) { ::core::unreachable!() }
            fn read(_: &mut #key::__private::Reader<'_>) -> ::core::result::Result<Self, #key::Error> {
                ::core::unreachable!()
            }
        }
    };
    match role {
        Role::Sub => quote! {
            #comparisons
            impl #key::LastField for #ident {
                const LEVELS: usize = 1;
                fn __cmp(&self, _: &Self) -> ::core::cmp::Ordering { ::core::unreachable!() }
                fn __hash<H: ::core::hash::Hasher>(&self, _: &mut H) { ::core::unreachable!() }
                fn __describe(_: &'static str, _: &mut ::std::vec::Vec<#key::LevelSchema>) { ::core::unreachable!() }
                fn __write(&self, _: &mut #key::__private::Values) { ::core::unreachable!() }
                fn __read(_: &'static str, _: &mut #key::__private::Reader<'_>)
                    -> ::core::result::Result<Self, #key::Error>
                {
                    ::core::unreachable!()
                }
            }
        },
        Role::Top => quote! {
            #level
            #comparisons
            impl #key::Key for #ident {
                const NAME: &'static str = "";
                const DEPTH: usize = 1;
                const FIELDS_SEP: &'static str = "-";
                const STRICT: bool = false;
            }
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { ::core::unreachable!() }
            }
            impl ::core::str::FromStr for #ident {
                type Err = #key::Error;
                fn from_str(_: &str) -> ::core::result::Result<Self, #key::Error> { ::core::unreachable!() }
            }
        },
    }
}

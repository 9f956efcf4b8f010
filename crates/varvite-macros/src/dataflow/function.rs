//! [`Function`]: a function that is a node, in our words.

use proc_macro2::Span;
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, FnArg, Ident, ItemFn, Pat, PatType, ReturnType, Type, Visibility, parse_quote};

use super::attr::{self, NodeOptions};
use super::code;
use super::each::Source;
use super::lifetimes::fixed;
use super::window::Window;
use crate::shared::docs;

/// As many parameters as functions of the library are called with.
const MOST_PARAMS: usize = 12;

/// A function that is a node, or several.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) docs: String,
    pub(crate) params: Vec<Param>,
    /// The type of its state, if it has one.
    pub(crate) state: Option<Type>,
    /// What it returns.
    pub(crate) out: Type,
    pub(crate) options: NodeOptions,
    /// A hash of its tokens.
    pub(crate) code: u64,
}

/// One parameter.
pub(crate) struct Param {
    pub(crate) ident: Ident,
    /// As it is written.
    pub(crate) written: Type,
    pub(crate) source: Source,
    pub(crate) default: Option<Expr>,
    pub(crate) window: Option<Window>,
}

impl Param {
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Its type, with `'static` for every lifetime.
    pub(crate) fn ty(&self) -> Type {
        fixed(&self.written)
    }
}

impl Function {
    /// Reads a function and takes our attributes off it; `None` if it cannot be a node.
    pub(crate) fn take(item: &mut ItemFn, mistakes: &mut Vec<syn::Error>) -> Option<Self> {
        let options = NodeOptions::parse(&item.attrs, mistakes);
        let refused = refusal(item, options.stateful.is_some());
        item.attrs.retain(|attribute| !attr::is_node(attribute));
        // What it takes is what it says that it reads, whatever it does with it.
        item.attrs.push(parse_quote!(#[allow(clippy::needless_pass_by_value, unreachable_pub)]));
        let before = mistakes.len();
        let state = options
            .stateful
            .as_ref()
            .and_then(|stateful| take_state(item, stateful.span).map_err(|mistake| mistakes.push(mistake)).ok());
        let read = item.sig.inputs.iter_mut().skip(usize::from(options.stateful.is_some()));
        let params: Vec<Param> = read.filter_map(|argument| Param::take(argument, mistakes)).collect();
        if state.is_some() {
            mistakes.extend(params.iter().filter(|param| param.window.is_some()).map(|param| {
                let message = "a function with a state reads no window: read a node that does";
                syn::Error::new(param.ident.span(), message)
            }));
        }
        let params_are_read = mistakes.len() == before;
        if let Some((span, message)) = refused {
            mistakes.push(syn::Error::new(span, message));
            return None;
        }
        let out = match &item.sig.output {
            ReturnType::Type(_, ty) => fixed(ty),
            ReturnType::Default => {
                let message = format!("`{}` returns nothing: a node makes a value", item.sig.ident);
                mistakes.push(syn::Error::new(item.sig.ident.span(), message));
                return None;
            }
        };
        let (signature, block) = (&item.sig, &item.block);
        let init = options.stateful.as_ref().and_then(|stateful| stateful.init.as_ref());
        let function = Self {
            code: code::hash(quote!(#signature #block #init)),
            ident: item.sig.ident.clone(),
            visibility: item.vis.clone(),
            docs: docs(&item.attrs),
            params,
            state,
            out,
            options,
        };
        params_are_read.then_some(function)
    }

    /// The name of the node, if it is one.
    pub(crate) fn node_name(&self) -> &Ident {
        self.options.name.as_ref().unwrap_or(&self.ident)
    }

    pub(crate) fn is_variant(&self) -> bool {
        self.options.when.is_some() || self.options.fallback.is_some()
    }
}

/// The type of the state that a function has as its first parameter, from which our attributes are taken off.
fn take_state(item: &mut ItemFn, option: Span) -> syn::Result<Type> {
    let Some(first) = item.sig.inputs.first_mut() else {
        return Err(syn::Error::new(option, "where is the state? It is the first parameter: `state: &mut State`"));
    };
    let FnArg::Typed(first) = first else { return Err(syn::Error::new(first.span(), "a node has no `self`")) };
    if let Some(at) = first.attrs.iter().position(is_ours) {
        let own = first.attrs.remove(at);
        return Err(syn::Error::new(own.span(), "the state is read from nowhere: it is the node's own"));
    }
    match &*first.ty {
        Type::Reference(state) if state.mutability.is_some() => Ok(fixed(&state.elem)),
        other => {
            let message = "the first parameter of a function with a state is that state: `state: &mut State`";
            Err(syn::Error::new(other.span(), message))
        }
    }
}

/// Why a function cannot be a node.
fn refusal(item: &ItemFn, is_stateful: bool) -> Option<(Span, String)> {
    let sig = &item.sig;
    if let Some(token) = &sig.asyncness {
        return Some((token.span, "a node does not wait: read before the run, and give what was read".to_owned()));
    }
    if let Some(token) = &sig.unsafety {
        return Some((token.span, "a node is safe to call".to_owned()));
    }
    if let Some(param) = sig.generics.params.iter().find(|param| !matches!(param, syn::GenericParam::Lifetime(_))) {
        return Some((param.span(), "a node has no type parameters: write one function for each type".to_owned()));
    }
    if sig.inputs.len() > MOST_PARAMS + usize::from(is_stateful) {
        let message = format!("a node reads at most {MOST_PARAMS} others: gather some in a node of their own");
        return Some((sig.inputs.span(), message));
    }
    let cfg = item.attrs.iter().find(|attribute| attribute.path().is_ident("cfg"))?;
    Some((cfg.span(), "a node is there or not by the config of its module: use `when`".to_owned()))
}

impl Param {
    fn take(argument: &mut FnArg, mistakes: &mut Vec<syn::Error>) -> Option<Self> {
        let argument = match argument {
            FnArg::Typed(argument) => argument,
            FnArg::Receiver(receiver) => {
                mistakes.push(syn::Error::new(receiver.span(), "a node has no `self`"));
                return None;
            }
        };
        let (from, default) = options(argument, mistakes);
        let window = window(argument, mistakes);
        argument.attrs.retain(|attribute| !is_ours(attribute));
        if let Type::ImplTrait(ty) = &*argument.ty {
            mistakes.push(syn::Error::new(ty.span(), "write the type: a node has no type parameters"));
            return None;
        }
        if let Type::Reference(reference) = &*argument.ty
            && let Some(mutable) = &reference.mutability
        {
            let message =
                "what a node reads it cannot change: only the first parameter of `#[node(stateful)]` is `&mut`";
            mistakes.push(syn::Error::new(mutable.span, message));
            return None;
        }
        if let Some(word) = not_borrowed(&argument.ty) {
            let message =
                format!("a `{word}` is not kept in that form and cannot be borrowed: take a `Whole<..>` of it");
            mistakes.push(syn::Error::new(argument.ty.span(), message));
            return None;
        }
        let Pat::Ident(pattern) = &*argument.pat else {
            let message = "a parameter is named like what it reads: take it apart inside of the function";
            mistakes.push(syn::Error::new(argument.pat.span(), message));
            return None;
        };
        let ident = pattern.ident.clone();
        let source = Source::Name(from.unwrap_or_else(|| ident.clone()));
        Some(Self { ident, written: (*argument.ty).clone(), source, default, window })
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    ["from", "default", "window"].into_iter().any(|name| attribute.path().is_ident(name))
}

/// `#[window(...)]`, which a parameter has that is a `Window`.
fn window(argument: &PatType, mistakes: &mut Vec<syn::Error>) -> Option<Window> {
    let Some(attribute) = argument.attrs.iter().find(|attribute| attribute.path().is_ident("window")) else {
        let is_window = last_word(&argument.ty).is_some_and(|word| word == "Window");
        mistakes.extend(is_window.then(|| {
            let message = "which rows? add `#[window(time = ..., span = ..., by(...))]`";
            syn::Error::new(argument.ty.span(), message)
        }));
        return None;
    };
    Window::parse(attribute).map_err(|error| mistakes.push(error)).ok()
}

/// What is borrowed of a type that values on their way are not of.
fn not_borrowed(ty: &Type) -> Option<String> {
    let Type::Reference(reference) = ty else { return None };
    let word = last_word(&reference.elem)?.to_string();
    ["f32", "i32", "u32", "String", "Option", "Vec"].contains(&&*word).then_some(word)
}

/// The last word of a type's path.
pub(crate) fn last_word(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| &segment.ident)
}

/// `#[from(node)]` and `#[default(value)]`.
fn options(argument: &PatType, mistakes: &mut Vec<syn::Error>) -> (Option<Ident>, Option<Expr>) {
    let (mut from, mut default) = (None, None);
    for attribute in argument.attrs.iter().filter(|attribute| is_ours(attribute)) {
        if attribute.path().is_ident("from") {
            let parsed = attribute
                .parse_args()
                .map_err(|error| syn::Error::new(error.span(), "name the node that is read: `#[from(node)]`"));
            parsed.map_or_else(|error| mistakes.push(error), |name: Ident| from = Some(name));
        } else if attribute.path().is_ident("default") {
            let parsed = attribute
                .parse_args()
                .map_err(|error| syn::Error::new(error.span(), "say what it is without a source: `#[default(1.0)]`"));
            parsed.map_or_else(|error| mistakes.push(error), |value: Expr| default = Some(value));
        }
    }
    (from, default)
}

/// A value with its type left to whoever takes it: text becomes what text is wanted as.
pub(crate) fn literal(value: &Expr) -> Expr {
    match value {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => parse_quote!(::core::convert::From::from(#text)),
        other => other.clone(),
    }
}

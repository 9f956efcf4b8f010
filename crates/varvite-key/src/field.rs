//! [`KeyField`]: what can be a field of a key. [`LastField`]: a field, or the next level.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::level::{Reader, Values};
use crate::{FieldSchema, LevelSchema, Result};

/// What the values of a field are, at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Bool,
    /// A type of the user's own.
    Custom,
}

impl FieldKind {
    /// Whether `text` can be a value of this kind, as far as the kind tells.
    pub fn takes(self, text: &str) -> bool {
        match self {
            Self::Text | Self::Custom => true,
            Self::Bool => matches!(text, "true" | "false"),
            Self::Integer => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let canonical = digits == "0" || !digits.starts_with('0');
                canonical && text != "-0" && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            }
        }
    }
}

impl FieldKind {
    /// Compares two texts of this kind as their values compare: numbers as numbers.
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        let number = |text: &str| text.parse::<i128>().ok();
        match (self, number(a), number(b)) {
            (Self::Integer, Some(a), Some(b)) => a.cmp(&b),
            _ => a.cmp(b),
        }
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Bool => "bool",
            Self::Custom => "custom",
        })
    }
}

/// A value of a key's field: integers of any width, `bool`, `String`, and types of your own.
///
/// `from_text` must give back what `to_text` was made of; texts that `to_text` never makes are not keys, whatever
/// `from_text` says to them.
///
/// ```
/// use varvite_key::{FieldKind, Key, KeyField, toplevel};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
/// enum Side {
///     Bid,
///     Ask,
/// }
///
/// impl KeyField for Side {
///     fn to_text(&self) -> String {
///         match self {
///             Side::Bid => "bid".to_owned(),
///             Side::Ask => "ask".to_owned(),
///         }
///     }
///     fn from_text(text: &str) -> Option<Self> {
///         [Side::Bid, Side::Ask].into_iter().find(|side| side.to_text() == text)
///     }
/// }
///
/// #[toplevel]
/// struct Quotes {
///     symbol: String,
///     side: Side,
/// }
/// assert_eq!(Quotes::new("AAPL", Side::Ask)?.to_path(), "AAPL-ask");
/// assert!(Quotes::from_path("AAPL-mid").is_err());
/// # Ok::<(), varvite_key::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a key here",
    label = "neither an integer, `bool`, `String` nor a `KeyField`",
    note = "a `#[sublevel]` must be the last field of its level, and not the only one",
    note = "for a type of your own, implement `varvite_key::KeyField`"
)]
pub trait KeyField: Sized + Clone + Ord + Hash + fmt::Debug {
    /// What the values are, for those who do not know the type.
    const KIND: FieldKind = FieldKind::Custom;

    /// The value's text. An empty one is refused when a key is made.
    fn to_text(&self) -> String;

    /// The value that has this text; `None` if there is none.
    fn from_text(text: &str) -> Option<Self>;

    #[doc(hidden)]
    fn __cmp(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    #[doc(hidden)]
    fn __hash<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    #[doc(hidden)]
    fn __describe(name: &'static str, levels: &mut [LevelSchema]) {
        if let Some(level) = levels.last_mut() {
            level.fields.push(FieldSchema::of::<Self>(name));
        }
    }

    #[doc(hidden)]
    fn __write(&self, values: &mut Values) {
        values.push(self.to_text());
    }

    #[doc(hidden)]
    fn __read(name: &'static str, values: &mut Reader<'_>) -> Result<Self> {
        values.value(name)
    }
}

/// The last field of a level: a [`KeyField`], or a `#[sublevel]` struct. Implemented by the macro.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a key",
    label = "neither an integer, `bool`, `String`, a `#[sublevel]` nor a `KeyField`",
    note = "for a type of your own, implement `varvite_key::KeyField`"
)]
pub trait LastField: Sized {
    /// Number of levels that the field adds: 0 for a [`KeyField`].
    const LEVELS: usize;

    #[doc(hidden)]
    fn __cmp(&self, other: &Self) -> Ordering;

    #[doc(hidden)]
    fn __hash<H: Hasher>(&self, state: &mut H);

    #[doc(hidden)]
    fn __describe(name: &'static str, levels: &mut Vec<LevelSchema>);

    #[doc(hidden)]
    fn __write(&self, values: &mut Values);

    #[doc(hidden)]
    fn __read(name: &'static str, values: &mut Reader<'_>) -> Result<Self>;
}

impl<T: KeyField> LastField for T {
    const LEVELS: usize = 0;

    fn __cmp(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn __hash<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    fn __describe(name: &'static str, levels: &mut Vec<LevelSchema>) {
        <T as KeyField>::__describe(name, levels);
    }

    fn __write(&self, values: &mut Values) {
        KeyField::__write(self, values);
    }

    fn __read(name: &'static str, values: &mut Reader<'_>) -> Result<Self> {
        <T as KeyField>::__read(name, values)
    }
}

impl KeyField for String {
    const KIND: FieldKind = FieldKind::Text;

    fn to_text(&self) -> String {
        self.clone()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

macro_rules! plain_fields {
    ($kind:ident: $($type:ty),*) => {$(
        impl KeyField for $type {
            const KIND: FieldKind = FieldKind::$kind;

            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}
plain_fields!(Integer: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
plain_fields!(Bool: bool);

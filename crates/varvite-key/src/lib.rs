//! Typed keys: structs whose values become folders and come back from them.
//!
//! ```
//! use varvite_key::{Key, sublevel, toplevel};
//!
//! #[sublevel]
//! struct Sampling {
//!     frequency: String,
//! }
//!
//! #[toplevel]
//! struct Measure {
//!     quantity: String,
//!     city: String,
//!     sampling: Sampling,
//! }
//!
//! let key = Measure::new("temperature", "berlin", Sampling::new("1D")?)?;
//! assert_eq!(key.to_path(), "temperature-berlin/1D");
//! assert_eq!(Measure::from_path("temperature-berlin/1D")?, key);
//! assert_eq!(key.to_string(), "temperature-berlin-1D");
//! assert_eq!("temperature-berlin-1D".parse::<Measure>()?, key);
//! assert_eq!((Measure::DEPTH, key.city()), (2, "berlin"));
//! # Ok::<(), varvite_key::Error>(())
//! ```
//!
//! # From a key to a path and back
//!
//! Each level is one folder: the texts of its fields, joined by the separator. ASCII letters, digits, `_` and a `.`
//! inside a value stay as they are; every other byte becomes `%XX`. So `BTC/USDT`, `a-b`, `..` or `日本` are as good
//! as any other value, and no value leads out of the store:
//!
//! ```
//! # use varvite_key::{Key, toplevel};
//! #[toplevel]
//! struct Pair {
//!     venue: String,
//!     symbol: String,
//! }
//! assert_eq!(Pair::new("kraken", "BTC/USDT")?.to_path(), "kraken-BTC%2FUSDT");
//! # Ok::<(), varvite_key::Error>(())
//! ```
//!
//! Parsing is the exact inverse: a path that no key would give is refused, so two different keys never have the same
//! path. Empty values are refused, and so is a level of more than 240 bytes. Names that systems keep for themselves
//! (`con`, a leading `_`, a final `_opdmd` or `.lock`) get one letter escaped.
//!
//! Letters keep their case. On a disk that ignores case, `Berlin` and `berlin` name the same folder: there, whichever
//! key comes second is refused when its dataset is opened, because each dataset records the key that it belongs to.
//!
//! With `#[toplevel(strict)]` nothing is escaped: values that would need it (the separator, `/`, `.`) are refused.
//!
//! # Validity
//!
//! A key made by `new` or read from a path is valid. Only the module that defines the struct can make one by a struct
//! literal; [`Key::check`] tells whether it is valid, and stores ask it.

mod codec;
mod error;
mod field;
mod key;
mod level;
mod schema;
#[cfg(feature = "serde")]
mod serde_text;

pub use error::{Error, Result};
pub use field::{FieldKind, KeyField, LastField};
pub use key::Key;
pub use level::Level;
pub use schema::{FieldSchema, KeySchema, LevelSchema};
pub use varvite_macros::{key_sublevel as sublevel, key_toplevel as toplevel};

/// For generated code only; not covered by semantic versioning.
#[doc(hidden)]
pub mod __private {
    pub use crate::key::{check_level, display, parse};
    pub use crate::level::{Reader, Values};
    #[cfg(feature = "serde")]
    pub use serde;
}

/// For generated code only: keys are serialised as their text.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __impl_serde {
    ($key:ident) => {};
}

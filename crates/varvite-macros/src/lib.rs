//! varvite-macros.

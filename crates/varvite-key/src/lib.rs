//! varvite-key.

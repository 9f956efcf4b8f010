//! varvite-store.

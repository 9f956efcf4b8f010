//! What tests share.

pub(crate) mod registry;

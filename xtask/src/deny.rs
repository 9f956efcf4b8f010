//! `deny`: licences, advisories and sources of dependencies, as `deny.toml` wants them.

use anyhow::{Result, ensure};

use crate::run::{cargo, has_cargo};

pub(crate) fn check() -> Result<()> {
    ensure!(has_cargo("deny"), "cargo-deny is not installed: run `cargo install --locked cargo-deny`");
    cargo(&["deny", "check"])
}

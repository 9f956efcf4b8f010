//! `docs`: the documentation of all crates, with warnings as errors.

use std::process::Command;

use anyhow::Result;

use crate::run::run;

pub(crate) fn build(open: bool) -> Result<()> {
    let mut command = Command::new("cargo");
    // Libraries only: the binary of the command line has the facade's name, and would overwrite its pages.
    command.args(["doc", "--workspace", "--no-deps", "--lib"]).env("RUSTDOCFLAGS", "-D warnings");
    if open {
        command.arg("--open");
    }
    run(&mut command)
}

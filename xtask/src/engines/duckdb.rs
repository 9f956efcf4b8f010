//! `DuckDB` as a library: the one that its package for Node carries, of the version that the crate is made for.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::Environment;
use crate::run::{output, run};

/// Of one release with the crate `duckdb` in Cargo.toml.
const PACKAGE: &str = "@duckdb/node-bindings-linux-x64@1.5.6-r.1";
const LIBRARY: &str = "libduckdb.so";

pub(super) fn up(folder: &Path) -> Result<Environment> {
    if let Some(own) = std::env::var_os("DUCKDB_LIB_DIR").filter(|own| Path::new(own).join(LIBRARY).is_file()) {
        return Ok(environment(Path::new(&own)));
    }
    if !folder.join(LIBRARY).is_file() {
        fetch(folder)?;
    }
    Ok(environment(folder))
}

fn environment(folder: &Path) -> Environment {
    let folder = folder.to_string_lossy().into_owned();
    vec![("DUCKDB_LIB_DIR", folder.clone()), ("LD_LIBRARY_PATH", folder)]
}

fn fetch(folder: &Path) -> Result<()> {
    let mut pack = Command::new("npm");
    let name = output(pack.args(["pack", "--silent", PACKAGE]).current_dir(folder))?;
    let name = String::from_utf8(name).context("npm names no file")?;
    let archive = folder.join(name.trim());
    let mut unpack = Command::new("tar");
    run(unpack.arg("--extract").arg("--file").arg(&archive).arg("--directory").arg(folder).args([
        "--strip-components=1",
        &format!("package/{LIBRARY}"),
        "package/LICENSE",
    ]))?;
    std::fs::remove_file(&archive).with_context(|| format!("removing {}", archive.display()))
}

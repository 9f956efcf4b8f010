//! `DuckDB` as a library: the one that its package for Node carries, of the version that the crate is made for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Environment;
use crate::run::{output, run};

/// Of one release with the crate `duckdb` in Cargo.toml.
const PACKAGE: &str = "@duckdb/node-bindings-linux-x64@1.5.6-r.1";
const LIBRARY: &str = "libduckdb.so";

pub(super) fn up(folder: &Path) -> Result<Environment> {
    match own() {
        Some(own) => Ok(environment(&own)),
        None if folder.join(LIBRARY).is_file() => Ok(environment(folder)),
        None => fetch(folder).map(|()| environment(folder)),
    }
}

/// Whether the library is there already.
pub(super) fn is_there(folder: &Path) -> bool {
    own().is_some() || folder.join(LIBRARY).is_file()
}

/// The folder that the caller names.
fn own() -> Option<PathBuf> {
    let own = std::env::var_os("DUCKDB_LIB_DIR").map(PathBuf::from);
    own.filter(|own| own.join(LIBRARY).is_file())
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

//! `interop`: other readers read the folders that the demo writes, and must see what we see.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::metadata;
use crate::python::{clean, environment, install};
use crate::run::{cargo, run};

const SCRIPTS: &str = "xtask/interop";

pub(crate) fn run_readers() -> Result<()> {
    let target = metadata::read()?.target_directory;
    let python = environment("python3", &target.join("interop").join("venv"))?;
    install(&python, &Path::new(SCRIPTS).join("requirements.txt"))?;
    run(&mut unit_tests(&python))?;
    let demo = fresh(&target.join("interop").join("demo"))?;
    cargo(&["run", "--release", "--package", "varvite-cli", "--", "demo", &demo.to_string_lossy()])?;
    run(&mut readers(&python, &demo, &command_line(&target)))
}

fn command_line(target: &Path) -> PathBuf {
    target.join("release").join(format!("varvite{}", std::env::consts::EXE_SUFFIX))
}

/// An empty folder; what an earlier run left in it is gone.
fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder.to_owned())
}

fn unit_tests(python: &Path) -> Command {
    let mut command = clean(python);
    command.args(["-m", "unittest", "discover", "--start-directory", SCRIPTS]);
    command
}

fn readers(python: &Path, root: &Path, varvite: &Path) -> Command {
    let mut command = clean(python);
    command.arg(Path::new(SCRIPTS).join("read.py")).arg(root).arg("--varvite").arg(varvite);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_get_the_folder_and_the_command_line() {
        let command = readers(Path::new("python"), Path::new("demo"), Path::new("varvite"));
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert_eq!(args, ["xtask/interop/read.py", "demo", "--varvite", "varvite"]);
    }

    #[test]
    fn the_committed_files_are_there() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        for name in ["read.py", "test_read.py", "requirements.txt"] {
            assert!(here.join(name).is_file(), "{name}");
        }
    }
}

//! Virtual environments of Python: made where they are missing, with what a list of requirements asks for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::run::run;

/// The Python of the environment in `folder`, which `maker` makes if it is missing.
pub(crate) fn environment(maker: &str, folder: &Path) -> Result<PathBuf> {
    let python = python_in(folder);
    if !python.is_file() {
        run(Command::new(maker).args(["-m", "venv"]).arg(folder))?;
    }
    Ok(python)
}

/// Installs what a file of requirements lists.
pub(crate) fn install(python: &Path, requirements: &Path) -> Result<()> {
    run(pip_install(python).arg("--requirement").arg(requirements))
}

/// `pip install`, without what to install.
pub(crate) fn pip_install(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command
}

/// A Python that leaves no compiled files in the repository.
pub(crate) fn clean(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn python_in(environment: &Path) -> PathBuf {
    if cfg!(windows) { environment.join("Scripts").join("python.exe") } else { environment.join("bin").join("python") }
}

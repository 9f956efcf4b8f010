//! A Spark Connect server on this machine, from the package `pyspark`, which needs Java 17.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Environment, server};
use crate::python::{environment as python_in, pip_install};
use crate::run::{output, run};

/// Of one line with the crate `apache-spark-connect` in Cargo.toml.
const PACKAGE: &str = "pyspark==4.2.1";
const SERVER: &str = "org.apache.spark.sql.connect.service.SparkConnectServer";

pub(super) fn up(folder: &Path) -> Result<Environment> {
    let port = match server::port(folder) {
        Some(port) => port,
        None => start(folder)?,
    };
    Ok(vec![("VARVITE_SPARK", format!("sc://127.0.0.1:{port}"))])
}

fn start(folder: &Path) -> Result<u16> {
    output(Command::new("java").arg("--version")).context("Spark needs Java 17 or later")?;
    output(Command::new("protoc").arg("--version"))
        .context("the client is built with protoc: install the package protobuf-compiler")?;
    let home = home(&python_in("python3", &folder.join("venv"))?)?;
    let port = server::free_port()?;
    let work = folder.join("work");
    std::fs::create_dir_all(&work).with_context(|| format!("creating {}", work.display()))?;
    server::start(folder, port, command(&home, port).current_dir(&work))?;
    Ok(port)
}

/// Where the package is; it is installed if it is missing.
fn home(python: &Path) -> Result<PathBuf> {
    const ASK: &str = "import pyspark, os; print(os.path.dirname(pyspark.__file__))";
    let ask = || -> Result<PathBuf> {
        let folder = output(Command::new(python).args(["-c", ASK]))?;
        Ok(PathBuf::from(String::from_utf8(folder)?.trim()))
    };
    if let Ok(home) = ask() {
        return Ok(home);
    }
    run(pip_install(python).arg(PACKAGE))?;
    ask()
}

fn command(home: &Path, port: u16) -> Command {
    // A script, which becomes Java itself: the process that is noted is the one to stop.
    let mut command = Command::new(home.join("bin").join("spark-submit"));
    command.env("SPARK_HOME", home).args(["--class", SERVER, "--master", "local[2]"]);
    for setting in [
        &format!("spark.connect.grpc.binding.port={port}"),
        "spark.connect.grpc.binding.address=127.0.0.1",
        "spark.driver.host=127.0.0.1",
        "spark.ui.enabled=false",
        "spark.sql.shuffle.partitions=2",
    ] {
        command.args(["--conf", setting]);
    }
    command.arg("spark-internal");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_listens_on_this_machine_alone() {
        let command = command(Path::new("spark"), 15_002);
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert!(args.contains(&"spark.connect.grpc.binding.address=127.0.0.1".to_owned()));
        assert!(args.contains(&"spark.connect.grpc.binding.port=15002".to_owned()));
    }
}

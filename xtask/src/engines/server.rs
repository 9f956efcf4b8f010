//! Servers that outlive the task that started them: their process id is noted in a file.

use std::fs::File;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const START: Duration = Duration::from_secs(120);

/// Starts `command`, unless it runs; it is up when something listens at the port. What it says goes to `log` in `folder`.
pub(super) fn start(folder: &Path, port: u16, command: &mut Command) -> Result<()> {
    let log_path = folder.join("log");
    let log = File::create(&log_path).with_context(|| format!("creating {}", log_path.display()))?;
    command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
    let mut child =
        command.spawn().with_context(|| format!("{} could not be started", command.get_program().display()))?;
    std::fs::write(note(folder), format!("{} {port}", child.id())).context("noting the process")?;
    let begun = Instant::now();
    while !listens(port) {
        if let Some(status) = child.try_wait()? {
            let _ = std::fs::remove_file(note(folder));
            bail!("it ended at once: {status}; see {}", log_path.display());
        }
        if begun.elapsed() > START {
            child.kill()?;
            let _ = std::fs::remove_file(note(folder));
            bail!("it was not up after {START:?}; see {}", log_path.display());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    eprintln!("up after {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// The port of the server that was started in `folder` and runs.
pub(super) fn port(folder: &Path) -> Option<u16> {
    noted(folder).map(|(_, port)| port).filter(|port| listens(*port))
}

/// Whether a server was started in `folder` and runs.
pub(super) fn is_up(folder: &Path) -> bool {
    port(folder).is_some()
}

/// Stops the server that was started in `folder`, if there is one.
pub(super) fn stop(folder: &Path) -> Result<()> {
    let Some((process, port)) = noted(folder) else { return Ok(()) };
    // A process id may belong to another program by now: only one that still listens is stopped.
    if listens(port) {
        Command::new("kill").arg(process.to_string()).status().context("kill")?;
        let begun = Instant::now();
        while listens(port) && begun.elapsed() < START {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    match std::fs::remove_file(note(folder)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// A port that nobody listens at now.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_millis(200)).is_ok()
}

fn noted(folder: &Path) -> Option<(u32, u16)> {
    let text = std::fs::read_to_string(note(folder)).ok()?;
    let (process, port) = text.split_once(' ')?;
    Some((process.parse().ok()?, port.trim().parse().ok()?))
}

fn note(folder: &Path) -> PathBuf {
    folder.join("process")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_run_is_not_stopped() {
        let folder = std::env::temp_dir().join(format!("varvite-engines-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(!is_up(&folder));
        stop(&folder).unwrap();
        // The note of one that has ended: this process has its id, and goes on.
        let port = free_port().unwrap();
        std::fs::write(note(&folder), format!("{} {port}", std::process::id())).unwrap();
        assert!(!is_up(&folder));
        stop(&folder).unwrap();
        assert!(!note(&folder).exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

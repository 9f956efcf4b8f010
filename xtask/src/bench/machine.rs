//! [`Machine`]: what figures were measured on.

use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// What figures were measured on; what the system does not tell is missing.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: Option<String>,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) file_system: Option<String>,
    pub(crate) system: Option<String>,
    pub(crate) rustc: Option<String>,
    pub(crate) revision: Option<String>,
    /// How many processes wanted to run in the last minute when it began: more than a few, and others were at work.
    pub(crate) load_at_start: Option<f64>,
}

impl Machine {
    /// Looks at the machine, and at the disk under `folder`.
    pub(crate) fn look(folder: &Path) -> Self {
        Self {
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_bytes: field("/proc/meminfo", "MemTotal").as_deref().and_then(kibibytes),
            file_system: read("/proc/mounts").and_then(|mounts| file_system(&mounts, folder)),
            system: read("/proc/sys/kernel/osrelease").map(|release| format!("Linux {}", release.trim())),
            rustc: said("rustc", &["--version"]),
            revision: said("git", &["describe", "--always", "--dirty"]),
            load_at_start: load(),
        }
    }

    pub(crate) fn describe(&self) -> String {
        let memory = self.memory_bytes.map(|bytes| format!("{} GB RAM", bytes / 1_000_000_000));
        let load = self.load_at_start.map(|load| format!("load {load} at the start"));
        let parts = [&self.cpu, &Some(format!("{} cores", self.cores)), &memory, &self.file_system, &self.system];
        let parts = parts.into_iter().chain([&self.rustc, &load]).flatten().cloned();
        parts.collect::<Vec<_>>().join(", ")
    }
}

pub(crate) fn load() -> Option<f64> {
    read("/proc/loadavg")?.split_whitespace().next()?.parse().ok()
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The value behind the first `name:` in a file of such lines.
fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path)?;
    let (_, value) = text.lines().find(|line| line.starts_with(name))?.split_once(':')?;
    Some(value.trim().to_owned())
}

fn kibibytes(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse::<u64>().ok().map(|number| number * 1024)
}

/// The type of the file system whose mount point is nearest above `folder`.
fn file_system(mounts: &str, folder: &Path) -> Option<String> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        folder.starts_with(point).then_some((point.len(), kind))
    });
    mounted.max_by_key(|(len, _)| *len).map(|(_, kind)| kind.to_owned())
}

fn said(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_point_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmpx xfs rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/tmp/x")).as_deref(), Some("tmpfs"));
        assert_eq!(file_system(mounts, Path::new("/var")).as_deref(), Some("ext4"));
    }

    #[test]
    fn a_number_of_kibibytes_is_read() {
        assert_eq!(kibibytes("16 kB"), Some(16_384));
    }
}

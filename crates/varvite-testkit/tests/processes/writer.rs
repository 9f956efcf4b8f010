//! [`Writer`]: a process that commits, and what it has said so far.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use varvite_testkit::workload::{Pattern, Workload};

/// What a writer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Begin { k: u64 },
    Acknowledged { k: u64, version: u64 },
}

/// A running writer. Dropping it kills the process, also when a test fails.
pub(crate) struct Writer {
    pub(crate) number: u16,
    process: Child,
    said: Arc<Mutex<Vec<Said>>>,
    listener: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(dataset: &Path, workload: &Workload, number: u16, start: u64, count: u64) -> Self {
        let pattern = match workload.pattern {
            Pattern::Append => "append",
            Pattern::Scatter => "scatter",
            Pattern::Upsert => "upsert",
        };
        let mut process = Command::new(env!("CARGO_BIN_EXE_driver"))
            .args(["write", "--mode", pattern, "--rg-rows", "200", "--dataset"])
            .arg(dataset)
            .args(["--seed", &workload.seed.to_string(), "--rows", &workload.rows.to_string()])
            .args(["--span", &workload.span.to_string(), "--writer", &number.to_string()])
            .args(["--start", &start.to_string(), "--count", &count.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let heard = Arc::clone(&said);
        let listener = std::thread::spawn(move || {
            for line in lines {
                heard.lock().unwrap().push(parse(&line.unwrap()));
            }
        });
        Self { number, process, said, listener: Some(listener) }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    pub(crate) fn acknowledgements(&self) -> usize {
        self.said.lock().unwrap().iter().filter(|said| matches!(said, Said::Acknowledged { .. })).count()
    }

    pub(crate) fn wait_for_acknowledgements(&self, number: usize) {
        let start = Instant::now();
        while self.acknowledgements() < number {
            assert!(start.elapsed() < Duration::from_secs(60), "the writer is stuck");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the end: everything that was said, and the exit code, which a killed process does not have.
    pub(crate) fn end(mut self) -> (Vec<Said>, Option<i32>) {
        let code = self.process.wait().unwrap().code();
        self.listener.take().unwrap().join().unwrap();
        (std::mem::take(&mut self.said.lock().unwrap()), code)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may have ended
        let _ = self.process.wait();
    }
}

fn parse(line: &str) -> Said {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["BEGIN", k] => Said::Begin { k: k.parse().unwrap() },
        ["ACK", k, version] => Said::Acknowledged { k: k.parse().unwrap(), version: version.parse().unwrap() },
        _ => panic!("a writer said `{line}`"),
    }
}

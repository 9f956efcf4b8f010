//! [`Meter`]: wall time, CPU time and peak memory of a piece of work in this process.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

/// What a piece of work cost beside its wall time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// CPU time of all threads, for all repetitions together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// Resident memory when the work began: the program and its input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_bytes: Option<u64>,
    /// The most resident memory while it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
}

/// Begins when it is made.
pub struct Meter {
    before_bytes: Option<u64>,
    cpu: Option<Duration>,
    start: Instant,
}

impl Meter {
    pub fn start() -> Self {
        forget_peak();
        Self { before_bytes: status("VmRSS:"), cpu: cpu_time(), start: Instant::now() }
    }

    /// Seconds since the start, and the cost.
    pub fn stop(&self) -> (f64, Cost) {
        let seconds = self.start.elapsed().as_secs_f64();
        let used = cpu_time().zip(self.cpu).map(|(now, then)| (now.saturating_sub(then)).as_secs_f64());
        (seconds, Cost { cpu_seconds: used, before_bytes: self.before_bytes, peak_bytes: status("VmHWM:") })
    }
}

/// Does `work` once as a warm-up and then `repeats` times; keeps the last result.
///
/// Results are dropped before the next repetition, so that memory is that of one.
pub fn repeated<T>(repeats: usize, mut work: impl FnMut() -> Result<T>) -> Result<Repeated<T>> {
    let (first, _) = timed(&mut work)?;
    let meter = Meter::start();
    let (mut seconds, mut last) = (Vec::new(), None);
    for _ in 0..repeats.max(1) {
        drop(last.take());
        let (took, result) = timed(&mut work)?;
        seconds.push(took);
        last = Some(result);
    }
    let (_, cost) = meter.stop();
    let last = last.ok_or_else(|| anyhow::anyhow!("nothing was repeated"))?;
    Ok(Repeated { first_seconds: first, seconds, cost, last })
}

/// As [`repeated`], but memory is that of the warm-up: a process that has done the work before keeps memory for the next use.
pub fn repeated_with_first_memory<T>(repeats: usize, mut work: impl FnMut() -> Result<T>) -> Result<Repeated<T>> {
    let meter = Meter::start();
    let (first_seconds, result) = timed(&mut work)?;
    let (_, first) = meter.stop();
    drop(result);
    let measured = repeated(repeats, work)?;
    let cost = Cost { cpu_seconds: measured.cost.cpu_seconds, ..first };
    Ok(Repeated { first_seconds, cost, ..measured })
}

/// What [`repeated`] measured.
pub struct Repeated<T> {
    /// The warm-up.
    pub first_seconds: f64,
    /// Each repetition.
    pub seconds: Vec<f64>,
    /// Of all repetitions.
    pub cost: Cost,
    /// The last result.
    pub last: T,
}

fn timed<T>(work: &mut impl FnMut() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let result = work()?;
    Ok((start.elapsed().as_secs_f64(), result))
}

#[cfg(all(unix, feature = "works"))]
fn cpu_time() -> Option<Duration> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(u64::try_from(now.tv_sec).ok()?, u32::try_from(now.tv_nsec).ok()?))
}

/// Not told where the program is built with little beside.
#[cfg(not(all(unix, feature = "works")))]
fn cpu_time() -> Option<Duration> {
    None
}

/// Lets the peak begin anew, where Linux allows it; elsewhere it counts from the start of the process.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// A line of `/proc/self/status`, in bytes. `None` where there is none.
fn status(field: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_gone_again_is_seen_at_the_peak() {
        const TAKEN: usize = 64 << 20;
        let meter = Meter::start();
        drop(std::hint::black_box(vec![1_u8; TAKEN]));
        let (_, cost) = meter.stop();
        let (before, peak) = (cost.before_bytes.unwrap(), cost.peak_bytes.unwrap());
        assert!(peak >= before + TAKEN as u64 / 10 * 9, "{before} {peak}");
    }

    #[test]
    fn the_warm_up_is_not_among_the_repetitions() {
        let mut calls = 0;
        let measured = repeated(3, || {
            calls += 1;
            Ok(calls)
        });
        let measured = measured.unwrap();
        assert_eq!((measured.seconds.len(), measured.last), (3, 4));
    }
}

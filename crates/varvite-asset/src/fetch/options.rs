//! [`FetchOptions`]: how a fetch runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use varvite_time::Instant;

use super::Progress;

/// Default of [`FetchOptions::max_concurrent`].
pub const DEFAULT_MAX_CONCURRENT: usize = 8;
/// Default of [`FetchOptions::max_bytes_in_flight`]: 256 MiB.
pub const DEFAULT_MAX_BYTES_IN_FLIGHT: u64 = 256 << 20;

/// How a fetch runs.
///
/// ```
/// use std::time::Duration;
/// use varvite_asset::{FetchOptions, Retries};
/// let options = FetchOptions::default()
///     .with_max_concurrent(4)
///     .with_timeout(Duration::from_secs(60))
///     .with_retries(Retries { attempts: 5, ..Retries::default() });
/// assert_eq!(options.max_concurrent, 4);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct FetchOptions {
    /// The moment that spans are resolved by. Default: what the catalog's clock says.
    pub now: Option<Instant>,
    /// How many scans run at a time, over all fields; opening the files of a frame is one. Default: [`DEFAULT_MAX_CONCURRENT`].
    pub max_concurrent: usize,
    /// How many bytes of rows are read, but not yet in their field. A single scan that has more runs alone. Default:
    /// [`DEFAULT_MAX_BYTES_IN_FLIGHT`].
    pub max_bytes_in_flight: u64,
    /// How often reading is tried.
    pub retries: Retries,
    /// How long one scan, or opening the files of a frame, may take. Default: as long as it takes.
    pub scan_timeout: Option<Duration>,
    /// How long the fetch may take. Default: as long as it takes.
    pub timeout: Option<Duration>,
    /// Whether rows are checked as their models say. Default: yes.
    pub checks: bool,
    /// Whether every field is tried, whatever becomes of the others. Default: the first error ends the fetch.
    pub collect_all: bool,
    pub(super) progress: Option<Arc<ProgressFn>>,
}

pub(super) type ProgressFn = dyn Fn(&Progress) + Send + Sync;

/// How often reading is tried where an error may pass, and how long it is waited between: a random time, up to a limit
/// that doubles with each attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// How often it is tried in all; 1 is never again. Default: 4.
    pub attempts: u32,
    /// The limit of the first wait. Default: 100 ms.
    pub first_delay: Duration,
    /// The limit of any wait. Default: 5 s.
    pub max_delay: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 4, first_delay: Duration::from_millis(100), max_delay: Duration::from_secs(5) }
    }
}

impl Retries {
    /// The wait after so many failed attempts; `random` chooses it.
    pub(super) fn delay(&self, failed: u32, random: u64) -> Duration {
        let doubled = 1_u32.checked_shl(failed.saturating_sub(1)).filter(|_| failed <= 32).unwrap_or(u32::MAX);
        let limit = self.first_delay.saturating_mul(doubled).min(self.max_delay);
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(random % limit.saturating_add(1).max(1))
    }
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            now: None,
            max_concurrent: DEFAULT_MAX_CONCURRENT,
            max_bytes_in_flight: DEFAULT_MAX_BYTES_IN_FLIGHT,
            retries: Retries::default(),
            scan_timeout: None,
            timeout: None,
            checks: true,
            collect_all: false,
            progress: None,
        }
    }
}

impl FetchOptions {
    /// Takes this moment for now.
    pub fn with_now(mut self, now: Instant) -> Self {
        self.now = Some(now);
        self
    }

    /// Changes how many scans run at a time; at least one.
    pub fn with_max_concurrent(mut self, scans: usize) -> Self {
        self.max_concurrent = scans.max(1);
        self
    }

    /// Changes how many bytes of rows are read, but not yet in their field.
    pub fn with_max_bytes_in_flight(mut self, bytes: u64) -> Self {
        self.max_bytes_in_flight = bytes;
        self
    }

    /// Changes how often reading is tried.
    pub fn with_retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Limits how long one scan may take.
    pub fn with_scan_timeout(mut self, limit: Duration) -> Self {
        self.scan_timeout = Some(limit);
        self
    }

    /// Limits how long the fetch may take.
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Changes whether rows are checked as their models say.
    pub fn with_checks(mut self, checks: bool) -> Self {
        self.checks = checks;
        self
    }

    /// Changes whether every field is tried, whatever becomes of the others.
    pub fn collect_all(mut self, collect_all: bool) -> Self {
        self.collect_all = collect_all;
        self
    }

    /// Calls `progress` whenever something was done. It is called between other work: it should be quick.
    pub fn with_progress(mut self, progress: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }
}

impl fmt::Debug for FetchOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchOptions")
            .field("now", &self.now)
            .field("max_concurrent", &self.max_concurrent)
            .field("max_bytes_in_flight", &self.max_bytes_in_flight)
            .field("retries", &self.retries)
            .field("scan_timeout", &self.scan_timeout)
            .field("timeout", &self.timeout)
            .field("checks", &self.checks)
            .field("collect_all", &self.collect_all)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_limit() {
        let second = Duration::from_secs(1);
        let retries = Retries { attempts: 9, first_delay: second, max_delay: second * 5 };
        // The remainder of the largest number shows the limit.
        let limit = |failed| (0..1000).map(|at| retries.delay(failed, u64::MAX / 1000 * at)).max();
        let near =
            |limit: Option<Duration>, most: Duration| limit.is_some_and(|limit| limit <= most && limit > most / 2);
        assert!(near(limit(1), second), "{:?}", limit(1));
        assert!(near(limit(2), second * 2));
        assert!(near(limit(3), second * 4));
        assert!(near(limit(4), second * 5));
        assert!(near(limit(40), second * 5));
        assert_eq!(Retries { first_delay: Duration::ZERO, ..retries }.delay(3, 7), Duration::ZERO);
    }
}

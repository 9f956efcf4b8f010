//! [`Timings`]: how long answers took, either way.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How much the newest measurement counts.
const NEWEST: f64 = 0.3;

/// Seconds of one answer as of one time, by group, as they were lately.
#[derive(Debug, Default)]
pub(in crate::virtual_groups) struct Timings(Mutex<HashMap<String, Seconds>>);

/// Lately, by way.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::virtual_groups) struct Seconds {
    pub(in crate::virtual_groups) computed: Option<f64>,
    pub(in crate::virtual_groups) copied: Option<f64>,
}

impl Timings {
    pub(in crate::virtual_groups) fn of(&self, group: &str) -> Seconds {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(group).copied().unwrap_or_default()
    }

    pub(in crate::virtual_groups) fn computed(&self, group: &str, took: Duration) {
        self.note(group, |seconds| &mut seconds.computed, took);
    }

    pub(in crate::virtual_groups) fn copied(&self, group: &str, took: Duration) {
        self.note(group, |seconds| &mut seconds.copied, took);
    }

    fn note(&self, group: &str, way: impl Fn(&mut Seconds) -> &mut Option<f64>, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = way(all.entry(group.to_owned()).or_default());
        let took = took.as_secs_f64();
        *lately = Some(lately.map_or(took, |before| before + NEWEST * (took - before)));
    }
}

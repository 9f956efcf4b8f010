//! [`Fetched`]: a value, and how it came to be.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::FetchSummary;
use crate::FetchPlan;

/// A value, and how it came to be. Only a fetch makes one: who has it has the data.
#[derive(Clone)]
pub struct Fetched<C> {
    value: C,
    plan: FetchPlan,
    summary: FetchSummary,
}

impl<C> Fetched<C> {
    pub(super) fn new(value: C, plan: FetchPlan, summary: FetchSummary) -> Self {
        Self { value, plan, summary }
    }

    /// The value alone.
    pub fn into_inner(self) -> C {
        self.value
    }

    /// What was read, by field.
    pub fn summary(&self) -> &FetchSummary {
        &self.summary
    }

    /// What was planned.
    pub fn plan(&self) -> &FetchPlan {
        &self.plan
    }

    pub(crate) fn map<T>(self, to: impl FnOnce(C) -> T) -> Fetched<T> {
        Fetched { value: to(self.value), plan: self.plan, summary: self.summary }
    }
}

impl<C> Deref for Fetched<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.value
    }
}

impl<C> DerefMut for Fetched<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.value
    }
}

impl<C: fmt::Debug> fmt::Debug for Fetched<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

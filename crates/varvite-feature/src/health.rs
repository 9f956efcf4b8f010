//! [`HealthReport`]: what is wrong with a feature store, part by part.

use std::fmt;

use serde::Serialize;
use varvite_schema::FeatureGroupSchema;

use crate::{FeatureStore, Result};

/// How a part of a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It works.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// It does not work.
    Failed,
}

/// One part of a store, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthCheck {
    /// What was looked at: `storage`, `registry`, `group users@v1`, `online users@v1`.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub detail: String,
}

/// How a store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct HealthReport {
    /// Everything that was looked at.
    pub checks: Vec<HealthCheck>,
}

impl HealthReport {
    /// Whether everything works; warnings are none of its business.
    pub fn is_healthy(&self) -> bool {
        self.checks.iter().all(|check| check.health < Health::Failed)
    }

    fn add(&mut self, name: impl Into<String>, found: Result<(Health, String)>) {
        let (health, detail) = found.unwrap_or_else(|error| (Health::Failed, chain(&error)));
        self.checks.push(HealthCheck { name: name.into(), health, detail });
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl FeatureStore {
    /// Looks at the storage, the registry and every group. An empty store is healthy.
    pub fn health_check(&self) -> HealthReport {
        self.check_parts(|_, _| {})
    }

    /// The same, and whether online values are behind their histories.
    #[cfg(feature = "online")]
    pub fn health_check_with(&self, online: Option<&crate::online::OnlineStore>) -> HealthReport {
        self.check_parts(|report, group| {
            if let Some(online) = online {
                report.add(format!("online {}", group.id()), self.check_online(online, group));
            }
        })
    }

    #[cfg(feature = "online")]
    fn check_online(
        &self,
        online: &crate::online::OnlineStore,
        group: &FeatureGroupSchema,
    ) -> Result<(Health, String)> {
        let history = self.history_of(group)?;
        let status = online.status(group, Some(history.dataset()))?;
        let health = if status.is_current() || !history.dataset().exists() { Health::Ok } else { Health::Warning };
        Ok((health, status.to_string()))
    }

    fn check_parts(&self, more: impl Fn(&mut HealthReport, &FeatureGroupSchema)) -> HealthReport {
        let mut report = HealthReport { checks: Vec::new() };
        report.add("storage", self.check_storage());
        let state = match self.registry().state() {
            Ok(state) => state,
            Err(error) => {
                report.add("registry", Err(error));
                return report;
            }
        };
        let groups = state.definitions().groups();
        report.add("registry", Ok((Health::Ok, format!("revision {}, {} groups", state.revision(), groups.len()))));
        for group in groups {
            report.add(format!("group {}", group.id()), self.check_group(group));
            more(&mut report, group);
        }
        report
    }

    fn check_storage(&self) -> Result<(Health, String)> {
        let entries = self.inner.storage.list(&self.inner.root).map_err(|source| crate::Error::Storage {
            operation: "listing the feature store",
            path: self.inner.root.clone(),
            source,
        })?;
        let what = if entries.is_empty() { "empty" } else { "readable" };
        Ok((Health::Ok, format!("{what}, at {}", self.location())))
    }

    fn check_group(&self, group: &FeatureGroupSchema) -> Result<(Health, String)> {
        let history = self.history_of(group)?;
        let Some(snapshot) = history.dataset().snapshot() else {
            return Ok((Health::Warning, "no rows were written yet".to_owned()));
        };
        let found = history.dataset().check(false).map_err(|source| history.failed(source))?;
        if !found.is_ok() {
            return Ok((Health::Failed, found.to_string()));
        }
        let rows = snapshot.num_rows();
        let health = if rows == 0 { Health::Warning } else { Health::Ok };
        Ok((health, format!("{rows} rows, commit {}", snapshot.version)))
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        })
    }
}

impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        for (at, HealthCheck { name, health, detail }) in self.checks.iter().enumerate() {
            write!(f, "{}{health:<8} {name:<width$}  {detail}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

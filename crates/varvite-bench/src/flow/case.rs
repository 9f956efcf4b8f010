//! [`FlowCase`]: what works on dataflows and operators must come to.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::outcome::ColumnFact;

/// What works must come to, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowCase {
    /// Of data that is made as it is needed.
    pub rows: usize,
    pub facts: BTreeMap<String, FlowFact>,
}

/// What a work must come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowFact {
    pub rows: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnFact>,
}

impl FlowCase {
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("case.json");
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join("case.json");
        std::fs::write(&path, serde_json::to_vec_pretty(self)?).with_context(|| format!("writing {}", path.display()))
    }
}

impl FlowFact {
    /// Of single values: how many, and their sum, each times its place, so that no two can be changed for each other.
    #[expect(clippy::cast_precision_loss, reason = "values are few")]
    pub fn of_values(values: &[f64]) -> Self {
        let placed = values.iter().enumerate().map(|(at, value)| value * (at + 1) as f64);
        Self { rows: values.len() as u64, sum: Some(placed.sum()), columns: Vec::new() }
    }

    /// Of columns of equal length without nulls.
    pub fn of_columns<'a>(rows: usize, columns: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let of_column = |values: &[f64]| {
            let mut fact = ColumnFact::default();
            fact.add(values.iter().copied().map(Some), 0, rows);
            fact
        };
        Self { rows: rows as u64, sum: None, columns: columns.into_iter().map(of_column).collect() }
    }
}

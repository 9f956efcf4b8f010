//! What every command does that changes rows: run the change or, with `--dry-run`, plan it; then say what it did.

use serde::Serialize;
use varvite::dataset::{Change, Dataset, PlannedWrite, WriteOptions, WriteReport};

use crate::error::Result;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

#[derive(Serialize)]
struct Written<'a, R> {
    dataset: &'a str,
    dry_run: bool,
    committed: bool,
    #[serde(flatten)]
    report: &'a R,
}

/// How to run a change, and what to call the dataset.
pub(super) struct Job<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) shown: &'a str,
    pub(super) dry_run: bool,
    pub(super) as_json: bool,
}

impl Job<'_> {
    pub(super) fn run(&self, change: Change, options: &WriteOptions, progress: Progress) -> Result<()> {
        if self.dry_run {
            let plan = self.dataset.plan(change, options)?;
            drop(progress);
            return self.print_plan(&plan);
        }
        let report = self.dataset.apply(change, options)?;
        drop(progress);
        self.print_report(&report)
    }

    fn print_plan(&self, plan: &PlannedWrite) -> Result<()> {
        if self.as_json {
            return print_json(&Written { dataset: self.shown, dry_run: true, committed: false, report: plan });
        }
        print(&format!("{plan}\ndry run: nothing was written"))
    }

    fn print_report(&self, report: &WriteReport) -> Result<()> {
        if self.as_json {
            let committed = report.committed();
            return print_json(&Written { dataset: self.shown, dry_run: false, committed, report });
        }
        print(&report.to_string())
    }
}

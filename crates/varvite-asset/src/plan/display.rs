//! Plans for people: an aligned table.

use std::fmt::{self, Write};

use super::{FetchPlan, FieldPlan, Intervals};

const HEAD: [&str; 7] = ["FIELD", "ASSET", "RANGE", "INTERVALS", "FILES", "ROWS", "BYTES"];

impl fmt::Display for FetchPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "now {}", self.now)?;
        let mut rows: Vec<[String; 7]> = vec![HEAD.map(str::to_owned)];
        rows.extend(self.fields.iter().map(|field| cells(field)));
        if self.fields.len() > 1 {
            let [files, num_rows, bytes] = [self.num_files(), self.num_rows(), self.num_bytes()].map(|n| n.to_string());
            let empty = String::new;
            rows.push(["total".to_owned(), empty(), empty(), empty(), files, num_rows, bytes]);
        }
        table(f, &rows)?;
        for field in &self.fields {
            notes(f, field)?;
        }
        Ok(())
    }
}

fn cells(plan: &FieldPlan) -> [String; 7] {
    let range = match (&plan.latest, &plan.span) {
        (Some(latest), _) => latest.to_string(),
        (None, Some(_)) if plan.want.when.is_latest() => "latest".to_owned(),
        (None, Some(span)) => span.to_string(),
        (None, None) => "all".to_owned(),
    };
    [
        plan.want.field.clone(),
        plan.want.label(),
        range,
        plan.intervals.to_string(),
        plan.num_files.to_string(),
        plan.num_rows.to_string(),
        plan.num_bytes.to_string(),
    ]
}

/// Columns as wide as their widest cell; numbers to the right.
pub(crate) fn table<const N: usize>(f: &mut fmt::Formatter<'_>, rows: &[[String; N]]) -> fmt::Result {
    let is_number =
        |column: usize| rows.iter().skip(1).all(|row| row[column].bytes().all(|byte| byte.is_ascii_digit()));
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
            let gap = if column == 0 { "" } else { "  " };
            if is_number(column) {
                write!(line, "{gap}{cell:>width$}")?;
            } else {
                write!(line, "{gap}{cell:width$}")?;
            }
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

fn notes(f: &mut fmt::Formatter<'_>, plan: &FieldPlan) -> fmt::Result {
    let (field, want) = (&plan.want.field, &plan.want);
    if !plan.intervals.gaps.is_empty() {
        writeln!(f, "{field}: never written: {} ({})", plan.intervals.gaps.first(), want.missing)?;
    }
    let mut earlier: Vec<_> = plan.intervals.written.iter().filter(|(_, version)| *version != want.version).collect();
    earlier.truncate(3);
    for (run, version) in earlier {
        writeln!(f, "{field}: {run} from version {version}")?;
    }
    Ok(())
}

impl fmt::Display for Intervals {
    /// Such as `7 of 8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expected {
            Some(expected) => write!(f, "{} of {expected}", self.found),
            None => write!(f, "{}", self.found),
        }
    }
}

//! [`SourceSchema`]: a table that derived features read.

use std::collections::HashSet;
use std::fmt;

use crate::DataType;
use crate::error::Result;
use crate::feature::GivenType;
use crate::group::{check_column, joined, write_if};
use crate::head::{DefinitionKind, Head, head_getters, head_setters};
use crate::problem::{Collector, ProblemKind};

/// A table that derived features read. It has no versions; its columns are declared, or whatever the table has.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, SourceSchema};
///
/// let purchases = SourceSchema::builder("purchases").event_time("ts").column("amount", DataType::Double).build()?;
/// assert_eq!(purchases.to_string(), "purchases\n  event time    ts\n  columns       amount double");
/// assert!(SourceSchema::builder("clicks").build()?.is_open());
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSchema {
    pub(crate) head: Head,
    location: Option<String>,
    event_time: Option<String>,
    columns: Vec<SourceColumn>,
}

/// A declared column of a source. It may be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
}

impl SourceSchema {
    /// Begins the definition of a source.
    pub fn builder(name: impl Into<String>) -> SourceBuilder {
        let head = Head { version: 0, ..Head::new(name) };
        SourceBuilder { head, location: None, event_time: None, columns: Vec::new() }
    }

    head_getters!();

    /// Where its rows are, as `kind:path`, if they are not ours: whoever runs queries reads them there. `None` if rows are
    /// written to it.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The column that says when a row began to be true. Without it, the source is a plain table.
    pub fn event_time(&self) -> Option<&str> {
        self.event_time.as_deref()
    }

    /// The declared columns; empty if the source is open.
    pub fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    /// Whether no columns are declared: then it has whatever the table has.
    pub fn is_open(&self) -> bool {
        self.columns.is_empty()
    }

    /// The declared type of a column, if there is one.
    pub fn column(&self, name: &str) -> Option<&DataType> {
        self.columns.iter().find(|column| column.name == name).map(|column| &column.data_type)
    }

    /// A builder of the same definition, to change it.
    pub fn to_builder(&self) -> SourceBuilder {
        let columns = self.columns.iter().map(|column| (column.name.clone(), column.data_type.clone().into()));
        SourceBuilder {
            head: self.head.clone(),
            location: self.location.clone(),
            event_time: self.event_time.clone(),
            columns: columns.collect(),
        }
    }
}

impl fmt::Display for SourceColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.data_type)
    }
}

impl fmt::Display for SourceSchema {
    /// Writes a page for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.write(f)?;
        write_if(f, "\n  location      ", self.location().unwrap_or_default())?;
        write_if(f, "\n  event time    ", self.event_time().unwrap_or_default())?;
        write_if(f, "\n  columns       ", &joined(self.columns.iter().map(SourceColumn::to_string)))
    }
}

/// Collects the parts of a [`SourceSchema`]; they are checked together at the end.
#[derive(Debug, Clone)]
#[must_use]
pub struct SourceBuilder {
    head: Head,
    location: Option<String>,
    event_time: Option<String>,
    columns: Vec<(String, GivenType)>,
}

impl SourceBuilder {
    head_setters!();

    /// Says where its rows are, if they are not ours: `kind:path`, such as `parquet:/data/purchases`.
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Names the column that says when a row began to be true.
    pub fn event_time(mut self, name: impl Into<String>) -> Self {
        self.event_time = Some(name.into());
        self
    }

    /// Declares a column. The type may be given as its text.
    pub fn column(mut self, name: impl Into<String>, data_type: impl Into<GivenType>) -> Self {
        self.columns.push((name.into(), data_type.into()));
        self
    }

    /// Checks all parts and makes the source.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) with everything that is wrong.
    pub fn build(self) -> Result<SourceSchema> {
        let mut problems = Collector::default();
        let what = self.what();
        let source = self.check(&mut problems);
        problems.finish(what, source)
    }

    /// What is being defined, for messages.
    pub(crate) fn what(&self) -> String {
        self.head.what(DefinitionKind::Source)
    }

    /// The source as far as it could be made, and what is wrong with it.
    pub(crate) fn check(self, problems: &mut Collector) -> SourceSchema {
        self.head.check(DefinitionKind::Source, problems);
        if let Some(reason) = self.location.as_deref().and_then(refuse_location) {
            problems.add(ProblemKind::Reference, reason);
        }
        if let Some(time) = &self.event_time {
            problems.within(format!("event time `{}`", time.escape_debug()), |problems| check_column(time, problems));
        }
        let mut seen = HashSet::new();
        let mut column = |(name, given): (String, GivenType)| {
            problems.within(format!("column `{}`", name.escape_debug()), |problems| {
                check_column(&name, problems);
                if !seen.insert(name.clone()) {
                    problems.add(ProblemKind::Repeated, "it is there twice");
                }
                let data_type = given.check(problems)?;
                Some(SourceColumn { name, data_type })
            })
        };
        let columns: Vec<SourceColumn> = self.columns.into_iter().filter_map(&mut column).collect();
        let event = self.event_time.as_ref().and_then(|time| columns.iter().find(|column| column.name == *time));
        if let Some(SourceColumn { name, data_type }) = event.filter(|column| !column.data_type.is_time()) {
            let message = format!("event time `{name}`: a time is a timestamp or a date, not {data_type}");
            problems.add(ProblemKind::KeyType, message);
        }
        SourceSchema { head: self.head, location: self.location, event_time: self.event_time, columns }
    }
}

/// Why a text is no location, if it is none. What kinds there are is up to whoever reads them.
fn refuse_location(location: &str) -> Option<String> {
    let is_kind = |kind: &str| {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        kind.starts_with(|c: char| c.is_ascii_lowercase()) && kind.chars().all(is_part)
    };
    let is_path = |path: &str| !path.trim().is_empty() && !path.contains(char::is_control);
    let is_location = location.split_once(':').is_some_and(|(kind, path)| is_kind(kind) && is_path(path));
    let shown = location.escape_debug();
    (!is_location).then(|| format!("`{shown}` is no location: write `kind:path`, such as `parquet:/data/purchases`"))
}

//! [`Job`]: a flow over data that is loaded once, and what it makes saved; run on all of it at once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use varvite_flow::{CheckOutcome, Dataflow, Outputs, Value};

use crate::source::{Source, load};
use crate::step::beside;
use crate::{Error, Identity, ReadVersion, Result, Sink};

/// A flow over data that is loaded once, and what it makes saved. What is loaded stands side by side: columns of all
/// sources, row by row. It is computed as a whole ([`run`](Self::run)) or batch by batch
/// ([`run_in_batches`](Self::run_in_batches)).
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
/// use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
/// use varvite_flow::{Dataflow, Module, Node};
/// use varvite_pipeline::{Job, Sink, Source};
///
/// # let folder = tempfile::tempdir()?;
/// let people = Dataset::open_or_new(folder.path().join("people"))?;
/// let scores = Dataset::open_or_new(folder.path().join("scores"))?;
/// let at = Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef;
/// let rows = RecordBatch::try_from_iter([("at", at), ("age", Arc::new(Float64Array::from(vec![30.0, 40.0])))])?;
/// people.write(rows, &WriteOptions::ordered_on("at"))?;
///
/// let module = Module::new().node(Node::row("score", ["age"], |age: f64| age / 10.0));
/// let flow = Dataflow::builder().with(module).build()?;
/// let done = Job::new(&flow)
///     .load("people", Source::dataset(&people, ScanOptions::default().with_range(2..)))
///     .save(&["at"], &["score"], Sink::dataset(&scores, WriteOptions::ordered_on("at")))
///     .run()?;
/// assert_eq!(done.to_string(), "`people`: 1 rows of version 0\nsaved score: 1 rows as version 0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Job {
    pub(crate) flow: Dataflow,
    pub(crate) loads: Vec<(String, Source)>,
    pub(crate) inputs: Vec<(String, Value)>,
    pub(crate) saves: Vec<Save>,
}

#[derive(Debug, Clone)]
pub(crate) struct Save {
    kept: Vec<String>,
    pub(crate) request: Vec<String>,
    pub(crate) sink: Sink,
}

/// What a job did.
#[derive(Debug, Clone)]
#[must_use = "a job tells what it did: look, or say that you do not care"]
pub struct JobReport {
    /// Each source: its name, its rows, and the version that was read where it is a dataset.
    pub sources: Vec<LoadedSource>,
    /// Each output: what was asked for, its rows, and the version after.
    pub saved: Vec<SavedOutput>,
    /// What was asked for, and what became of checks.
    pub outputs: Outputs,
}

/// A source that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedSource {
    /// Its name in the job.
    pub name: String,
    /// Number of rows.
    pub num_rows: usize,
    /// The version that was read, where it is a dataset.
    pub read: Option<ReadVersion>,
    /// The columns with their types, where these were inferred from a text file.
    pub inferred: Option<SchemaRef>,
}

/// An output that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedOutput {
    /// What was asked for.
    pub request: Vec<String>,
    /// Number of rows.
    pub num_rows: usize,
    /// The version afterwards, where it is a dataset.
    pub version: Option<u64>,
}

impl Job {
    /// A job that does nothing yet.
    pub fn new(flow: &Dataflow) -> Self {
        Self { flow: flow.clone(), loads: Vec::new(), inputs: Vec::new(), saves: Vec::new() }
    }

    /// Loads rows: their columns are inputs of the flow.
    pub fn load(mut self, name: impl Into<String>, source: Source) -> Self {
        self.loads.push((name.into(), source));
        self
    }

    /// Gives an input one value.
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.inputs.push((name.into(), value.into()));
        self
    }

    /// Saves columns that were loaded (`kept`) beside columns that the flow makes, as one commit. Several are saved one after
    /// the other, when all is computed.
    pub fn save(mut self, kept: &[&str], request: &[&str], sink: Sink) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        self.saves.push(Save { kept: owned(kept), request: owned(request), sink });
        self
    }

    /// Loads, computes, saves. The versions of datasets that were read are kept in the metadata of each output
    /// (`varvite.sources`).
    ///
    /// # Errors
    /// [`Error::InvalidName`] for two sources of one name; [`Error::Dataset`], [`Error::File`], [`Error::FileRow`],
    /// `Error::Asset` for what cannot be loaded; [`Error::OtherInput`] for sources that do not stand side by side;
    /// [`Error::Flow`]; [`Error::Step`] for what cannot be saved; [`Error::Dataset`], [`Error::FileWrite`], `Error::Asset` for
    /// where it cannot be saved to. An error before the first output is saved leaves all as it was; one after it leaves
    /// those that were saved.
    pub fn run(&self) -> Result<JobReport> {
        self.check_names()?;
        let (mut sources, mut rows) = (Vec::new(), Vec::new());
        for (name, source) in &self.loads {
            let (loaded, batch) = load(name, source)?;
            sources.push(loaded);
            rows.push((name.as_str(), batch));
        }
        let frame = side_by_side(&rows)?;
        let mut request: Vec<&str> = Vec::new();
        for name in self.saves.iter().flat_map(|save| &save.request) {
            if !request.contains(&name.as_str()) {
                request.push(name);
            }
        }
        let run = self.inputs.iter().fold(self.flow.run(), |run, (name, value)| run.input(name, value.clone()));
        let run = if sources.is_empty() { run } else { run.frame(&frame) };
        let outputs = run.get_named(&request)?;
        let made = self.saves.iter().map(|save| self.made(save, &frame, &outputs)).collect::<Result<Vec<_>>>()?;
        let versions = versions(&sources)?;
        let mut saved = Vec::new();
        for (save, rows) in self.saves.iter().zip(made) {
            let num_rows = rows.num_rows();
            let version = save.sink.save(rows, &versions)?;
            saved.push(SavedOutput { request: save.request.clone(), num_rows, version });
        }
        Ok(JobReport { sources, saved, outputs })
    }

    pub(crate) fn check_names(&self) -> Result<()> {
        for (at, (name, _)) in self.loads.iter().enumerate() {
            if self.loads[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Error::InvalidName { name: name.clone(), reason: "two sources have it" });
            }
        }
        Ok(())
    }

    pub(crate) fn made(&self, save: &Save, frame: &RecordBatch, outputs: &Outputs) -> Result<RecordBatch> {
        let wanted: Vec<&str> = save.request.iter().map(String::as_str).collect();
        beside(frame, &save.kept, outputs.iter().filter(|(name, _)| wanted.contains(name))).map_err(|source| {
            Error::Step { step: Identity::new("dataflow", self.flow.fingerprint()), range: String::new(), source }
        })
    }
}

/// The versions that were read, as the metadata of outputs has them.
pub(crate) fn versions(sources: &[LoadedSource]) -> Result<String> {
    let versions = sources.iter().filter_map(|source| Some((source.name.as_str(), source.read.as_ref()?)));
    let versions: BTreeMap<&str, &ReadVersion> = versions.collect();
    serde_json::to_string(&versions).map_err(|error| Error::State { action: "stored", reason: error.to_string() })
}

/// The columns of all sources, each by its name.
pub(crate) fn side_by_side(loaded: &[(&str, RecordBatch)]) -> Result<RecordBatch> {
    let refused = |reason: String| Error::OtherInput { job: "load".to_owned(), reason };
    let Some((first, rows)) = loaded.first() else { return Ok(RecordBatch::new_empty(Arc::new(Schema::empty()))) };
    let num_rows = rows.num_rows();
    let (mut fields, mut columns) = (rows.schema().fields().to_vec(), rows.columns().to_vec());
    for (name, rows) in &loaded[1..] {
        if rows.num_rows() != num_rows {
            let counts = format!("{num_rows} and {}", rows.num_rows());
            return Err(refused(format!("`{first}` and `{name}` have {counts} rows")));
        }
        for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
            if fields.iter().any(|known| known.name() == field.name()) {
                return Err(refused(format!("`{name}` has a column `{}`, as another source has", field.name())));
            }
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(Error::arrow("put columns together"))
}

fn inferred_types(schema: &Schema) -> String {
    let columns = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type()));
    format!(", types inferred: {}", columns.collect::<Vec<_>>().join(", "))
}

/// What a report says, line by line.
pub(crate) fn lines<'a>(
    sources: &[LoadedSource],
    saved: &[SavedOutput],
    failed_checks: impl IntoIterator<Item = &'a CheckOutcome>,
) -> String {
    let mut lines = Vec::new();
    for LoadedSource { name, num_rows, read, inferred } in sources {
        let of = read.as_ref().map(|read| format!(" of version {}", read.version)).unwrap_or_default();
        let types = inferred.as_ref().map(|schema| inferred_types(schema)).unwrap_or_default();
        lines.push(format!("`{name}`: {num_rows} rows{of}{types}"));
    }
    for SavedOutput { request, num_rows, version } in saved {
        let at = version.map(|version| format!(" as version {version}")).unwrap_or_default();
        lines.push(format!("saved {}: {num_rows} rows{at}", request.join(", ")));
    }
    for check in failed_checks {
        lines.push(format!("check `{}` of `{}` found something", check.check, check.node));
    }
    lines.join("\n")
}

impl fmt::Display for JobReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lines(&self.sources, &self.saved, self.outputs.report().failed_checks()))
    }
}

//! `write.json`, `write_fuzz.json`: sequences of writes, and reopening, selecting, removing, listing.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use varvite_dataset::{
    ColumnPath, DEFAULT_TARGET_ROWS, Dataset, Duplicates, Error, OrderedType, OrderedValue, RowGroupTarget, Rows,
    ScanOptions, WriteOptions,
};

use super::values::Columns;
use super::{Stop, check_kind};

/// Runs one case on a dataset of its own in a temporary folder.
///
/// # Errors
/// The first expectation that is not met.
pub fn run(case: &Value) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("dataset");
    let ordered_on = case["ordered_on"].as_str().context("a case has an ordered column")?;
    let mut runner = Runner {
        dataset: Dataset::open_or_new(&path)?,
        path,
        ordered_on: ordered_on.to_owned(),
        columns: Columns::parse(&case["schema"])?,
        layout_is_ours: false,
    };
    for (at, step) in case["steps"].as_array().context("a case has steps")?.iter().enumerate() {
        runner.step(step).map_err(|stop| match stop {
            Stop::Fail(error) => Stop::Fail(error.context(format!("step {at} ({})", step["op"]))),
            skip @ Stop::Skip(_) => skip,
        })?;
    }
    Ok(())
}

struct Runner {
    dataset: Dataset,
    path: std::path::PathBuf,
    ordered_on: String,
    columns: Columns,
    /// After a merge that found nothing to change, or a choice, the layout may be another than the seed's.
    layout_is_ours: bool,
}

impl Runner {
    fn step(&mut self, step: &Value) -> Result<(), Stop> {
        match step["op"].as_str().unwrap_or_default() {
            "write" => self.write(step),
            "reopen" => {
                self.dataset = Dataset::open_or_new(&self.path)?;
                Ok(self.state(&step["expect"]["state"], None)?)
            }
            "open" => Ok(self.open(step)?),
            "select" => Ok(self.select(step)?),
            "list_files" => Ok(self.list_files(&step["expect"])?),
            "remove_from_disk" => Ok(self.remove()?),
            other => Err(anyhow::anyhow!("unknown operation `{other}`").into()),
        }
    }

    fn write(&mut self, step: &Value) -> Result<(), Stop> {
        let columns = if step["schema"].is_null() { self.columns.clone() } else { Columns::parse(&step["schema"])? };
        let options = match options(&self.ordered_on, &step["params"]) {
            Ok(options) => options,
            Err(Stop::Skip(reason)) => return Err(Stop::Skip(reason)),
            // What our types cannot even hold is refused before there is a write.
            Err(Stop::Fail(error)) if step["expect"]["error"].is_null() => return Err(error.into()),
            Err(Stop::Fail(_)) => return Ok(self.state(&step["expect"]["state"], None)?),
        };
        let rows = if step["df"].is_null() { Rows::none() } else { columns.batch(&step["df"])?.into() };
        let before = self.dataset.snapshot().map(|snapshot| snapshot.version);
        let written = self.dataset.write(rows, &options);
        if step["conformance"] == "choice" {
            return Ok(self.choice(written.is_ok(), before)?);
        }
        match (written, &step["expect"]["error"]) {
            (Ok(report), Value::Null) => {
                self.columns.extend(&columns);
                ensure_sum(&report)?;
                self.layout_is_ours |= !report.committed();
                let target = options.row_group_target_size.filter(|_| report.committed());
                Ok(self.state(&step["expect"]["state"], target)?)
            }
            (Ok(_), error) => Err(anyhow::anyhow!("expected an error: {error}").into()),
            (Err(error), Value::Null) => Err(anyhow::Error::from(error).context("unexpected error").into()),
            (Err(error), expected) => {
                check_kind(expected, error.code())?;
                Ok(self.state(&step["expect"]["state"], None)?)
            }
        }
    }

    /// The implementation decides, but refusing changes nothing, and what was written can be read.
    fn choice(&mut self, accepted: bool, before: Option<u64>) -> Result<()> {
        let after = self.dataset.snapshot().map(|snapshot| snapshot.version);
        ensure!(accepted || before == after, "refused, but version {before:?} became {after:?}");
        self.layout_is_ours = true;
        let _ = self.rows()?;
        Ok(())
    }

    fn rows(&self) -> Result<Option<arrow::array::RecordBatch>> {
        match self.dataset.read(&ScanOptions::default()) {
            Ok(rows) => Ok(Some(rows)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn state(&self, expected: &Value, target: Option<RowGroupTarget>) -> Result<()> {
        if expected.is_null() {
            return Ok(());
        }
        if let Some(rows) = self.rows()? {
            self.columns.compare(&rows, &expected["rows"])?;
        } else {
            ensure!(expected["row_groups"].as_array().is_none_or(Vec::is_empty), "nothing is stored");
            return Ok(());
        }
        let snapshot = self.dataset.snapshot().context("nothing is stored")?;
        let metadata = serde_json::to_value(&snapshot.key_value_metadata)?;
        let wanted = expected["key_value_metadata"].clone();
        ensure!(metadata == wanted || wanted.is_null(), "metadata is {metadata} instead of {wanted}");
        ensure!(self.dataset.check(true)?.is_ok(), "the check finds damage");
        if self.layout_is_ours {
            return self.invariants(target);
        }
        self.layout(&expected["row_groups"])
    }

    fn layout(&self, expected: &Value) -> Result<()> {
        let snapshot = self.dataset.snapshot().context("nothing is stored")?;
        let found: Vec<(u64, OrderedValue, OrderedValue)> =
            snapshot.files.iter().map(|file| (file.num_rows, file.min.clone(), file.max.clone())).collect();
        let Some(ordered) = &snapshot.ordered_type else {
            ensure!(expected.as_array().is_some_and(Vec::is_empty), "no row groups instead of {expected}");
            return Ok(());
        };
        let value = |value: &Value| -> Result<OrderedValue> {
            let bound = self.columns.bound(&self.ordered_on, value)?;
            ordered.coerce(&bound)?.context("a bound below the type")
        };
        let wanted: Vec<(u64, OrderedValue, OrderedValue)> = expected
            .as_array()
            .context("row groups are a list")?
            .iter()
            .map(|group| {
                Ok((group["n_rows"].as_u64().context("a count")?, value(&group["min"])?, value(&group["max"])?))
            })
            .collect::<Result<_>>()?;
        ensure!(found == wanted, "row groups are {found:?} instead of {wanted:?}");
        Ok(())
    }

    /// What holds of every layout: row groups are not empty, in order, and no larger than the target of this write.
    fn invariants(&self, target: Option<RowGroupTarget>) -> Result<()> {
        let snapshot = self.dataset.snapshot().context("nothing is stored")?;
        for file in &snapshot.files {
            ensure!(file.num_rows > 0 && file.min <= file.max, "a row group is empty or upside down");
            let is_new = file.name.contains(&format!("-{:08x}-", snapshot.version));
            match target {
                Some(RowGroupTarget::Rows(rows)) if is_new => {
                    ensure!(file.num_rows <= rows, "{} rows exceed the target", file.num_rows);
                }
                Some(RowGroupTarget::Period(period)) if is_new => {
                    let ordered = snapshot.ordered_type.as_ref();
                    let tile = |value| ordered.and_then(|ordered: &OrderedType| ordered.tile(period, value));
                    ensure!(tile(&file.min) == tile(&file.max), "a row group crosses a period");
                }
                _ => {}
            }
        }
        ensure!(snapshot.files.iter().is_sorted_by(|a, b| a.max <= b.min), "row groups overlap");
        Ok(())
    }

    /// Another ordered column is noticed with the first write, or with planning one.
    fn open(&mut self, step: &Value) -> Result<()> {
        let dataset = Dataset::open_or_new(&self.path)?;
        let planned = match step["ordered_on"].as_str() {
            Some(column) => dataset.plan_write(Rows::none(), &WriteOptions::ordered_on(column)).map(drop),
            None => Ok(()),
        };
        match (planned, &step["expect"]["error"]) {
            (Ok(()), Value::Null) => {
                self.dataset = dataset;
                self.state(&step["expect"]["state"], None)
            }
            (Err(error), expected) if !expected.is_null() => check_kind(expected, error.code()),
            (planned, expected) => bail!("got {planned:?} instead of {expected}"),
        }
    }

    fn select(&self, step: &Value) -> Result<()> {
        let len = self.dataset.snapshot().map_or(0, |snapshot| snapshot.files.len());
        let expected = &step["expect"];
        let wanted = if expected["rows"].is_null() { &expected["state"]["rows"] } else { &expected["rows"] };
        let positions = positions(&step["item"], len)?;
        // A selection may run backwards, a scan does not: it is put together row group by row group.
        let mut batches = Vec::new();
        for position in positions {
            let read = self.dataset.read(&ScanOptions::default().with_row_groups([position]));
            match (read, &expected["error"]) {
                (Ok(batch), Value::Null) => batches.push(batch),
                (Err(error), expected) if !expected.is_null() => return check_kind(expected, error.code()),
                // The seed's selection is empty there; naming the mistake is at least as good.
                (Err(Error::RowGroupOutOfRange { .. }), _) => {}
                (read, expected) => bail!("got {:?} instead of {expected}", read.map(|batch| batch.num_rows())),
            }
        }
        let Some(schema) = self.dataset.schema() else { return Ok(()) };
        let rows = arrow::compute::concat_batches(&schema, &batches)?;
        if wanted.is_null() { Ok(()) } else { self.columns.compare(&rows, wanted) }
    }

    /// Names are our own; their number is the number of row groups.
    fn list_files(&self, expected: &Value) -> Result<()> {
        let files = std::fs::read_dir(&self.path)
            .map(|entries| entries.filter_map(Result::ok).filter(|entry| entry.path().extension().is_some()).count());
        let wanted = expected["files"].as_array().map_or(0, Vec::len);
        let files = files.unwrap_or(0);
        ensure!(self.layout_is_ours || files == wanted, "{files} files instead of {wanted}");
        Ok(())
    }

    fn remove(&mut self) -> Result<()> {
        self.dataset.remove()?;
        self.layout_is_ours = false;
        let parent = self.path.parent().context("a folder")?;
        let left: Vec<String> = std::fs::read_dir(parent)?
            .filter_map(Result::ok)
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name != "dataset.lock")
            .collect();
        ensure!(left.is_empty(), "left behind: {left:?}");
        Ok(())
    }
}

fn ensure_sum(report: &varvite_dataset::WriteReport) -> Result<()> {
    let sum = report.inserted + report.updated + report.identical + report.dropped;
    ensure!(report.rows_in == sum, "the report's counts do not add up: {report:?}");
    Ok(())
}

/// The seed remembers nothing: what a step does not say is the seed's default, not the dataset's.
fn options(ordered_on: &str, params: &Value) -> Result<WriteOptions, Stop> {
    let mut options = WriteOptions::ordered_on(ordered_on)
        .with_duplicates_on(duplicates(&params["duplicates_on"])?)
        .with_row_group_target_size(target(&params["row_group_target_size"])?);
    let max = match &params["max_n_off_target_rgs"] {
        Value::Null => None,
        // Below zero, the seed always completes the tail: our zero.
        number => Some(usize::try_from(number.as_i64().context("an integer")?.max(0))?),
    };
    options = options.with_max_n_off_target_rgs(max);
    for (name, value) in params["key_value_metadata"].as_object().into_iter().flatten() {
        options = match value {
            Value::Null => options.without_metadata(name),
            Value::String(text) => options.with_metadata(name, text),
            other => options.with_metadata(name, other.to_string()),
        };
    }
    Ok(options)
}

fn duplicates(value: &Value) -> Result<Duplicates> {
    Ok(match value {
        Value::Null => Duplicates::KeepAll,
        Value::String(name) => Duplicates::on([name.as_str()]),
        Value::Array(names) if names.is_empty() => Duplicates::AllColumns,
        Value::Array(names) => {
            let names = names.iter().map(|name| name.as_str().context("a column's name").map(ColumnPath::from));
            Duplicates::Columns(names.collect::<Result<_>>()?)
        }
        other => bail!("duplicates_on is {other}"),
    })
}

fn target(value: &Value) -> Result<RowGroupTarget, Stop> {
    match value {
        Value::Null => Ok(DEFAULT_TARGET_ROWS.into()),
        Value::String(text) => match text.parse() {
            Ok(target) => Ok(target),
            Err(_) if text == "ME" || text == "M" || text == "B" => {
                Err(Stop::Skip(format!("`{text}` is no tiling: an implementation may refuse it")))
            }
            Err(error) => Err(anyhow::Error::from(error).into()),
        },
        number => Ok(number.as_u64().context("a target is a positive number")?.into()),
    }
}

/// Positions of `item`, an index or `[start, stop, step]` as Python means them. What does not exist keeps its number.
fn positions(item: &Value, len: usize) -> Result<Vec<usize>> {
    let len = i64::try_from(len)?;
    if let Some(index) = item.as_i64() {
        let position = if index < 0 { index + len } else { index };
        return Ok(vec![usize::try_from(position).unwrap_or(usize::MAX)]);
    }
    let part = |at: usize| item.get(at).and_then(Value::as_i64);
    let step = part(2).unwrap_or(1);
    ensure!(step != 0, "a step of zero");
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let bound = |given: Option<i64>, default: i64| match given {
        None => default,
        Some(index) if index < 0 => (index + len).clamp(low, high),
        Some(index) => index.clamp(low, high),
    };
    let (start, stop) =
        if step > 0 { (bound(part(0), 0), bound(part(1), len)) } else { (bound(part(0), len - 1), bound(part(1), -1)) };
    let mut positions = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        positions.push(usize::try_from(at)?);
        at += step;
    }
    Ok(positions)
}

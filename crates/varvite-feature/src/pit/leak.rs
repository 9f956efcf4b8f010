//! [`LeakReport`]: a table made elsewhere compared with what was known.

use std::collections::HashMap;
use std::fmt;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{and, cast, is_not_null, is_null, nullif, or};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, Rows, SortField};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use varvite_dataset::ScanOptions;
use varvite_time::{Instant, TimeUnit};

use super::entities::EntityRows;
use super::historical::{HistoricalFeatures, Histories, key_arrays};
use super::options::HistoricalOptions;
use super::plan::JoinPlan;
use crate::entity::{KeyNumbers, NONE, key_types};
use crate::error::arrow;
use crate::times::{at, numbers, unit_of};
use crate::{Error, GroupHistory, Result, columns};

/// How many differences are listed.
const LISTED: usize = 100;

/// How a table that was made elsewhere differs from what was known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeakReport {
    /// By column: how it compares.
    pub columns: Vec<LeakColumn>,
    /// The first differences, at most a hundred.
    pub differences: Vec<Difference>,
}

/// How one column compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeakColumn {
    /// The column.
    pub column: String,
    /// Rows whose value is the known one.
    pub equal: usize,
    /// Rows whose value is another, which no row of the future has.
    pub different: usize,
    /// Rows whose value is one that only became known later. What is derived has no rows of its own: there it is 0, and
    /// such values are different ones.
    pub leaked: usize,
}

/// A value that is not what was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The row of the table.
    pub row: usize,
    /// The column.
    pub column: String,
    /// What it holds.
    pub given: Option<String>,
    /// What was known.
    pub known: Option<String>,
    /// When the value happened or became known, if that was after the row's time: a leak.
    pub from: Option<String>,
}

impl LeakReport {
    /// Whether any value comes from its row's future.
    pub fn has_leaks(&self) -> bool {
        self.columns.iter().any(|column| column.leaked > 0)
    }

    /// Lists the values of `rows` that differ, as far as there is room.
    fn list(
        &mut self,
        column: &str,
        rows: &[usize],
        (given, known): (&ArrayRef, &ArrayRef),
        from: &HashMap<usize, Instant>,
    ) -> Result<()> {
        for row in rows.iter().take(LISTED.saturating_sub(self.differences.len())) {
            self.differences.push(Difference {
                row: *row,
                column: column.to_owned(),
                given: text(given, *row)?,
                known: text(known, *row)?,
                from: from.get(row).map(ToString::to_string),
            });
        }
        Ok(())
    }

    /// Whether every value is what was known.
    pub fn is_clean(&self) -> bool {
        self.columns.iter().all(|column| column.leaked + column.different == 0)
    }
}

/// Compares the feature columns of `table` with what `known` says.
pub(crate) fn compare(
    plan: &JoinPlan,
    table: &EntityRows,
    entities: &EntityRows,
    known: &HistoricalFeatures,
    options: &HistoricalOptions,
    histories: &impl Histories,
) -> Result<LeakReport> {
    let (known, times) = (known.to_batch()?, entities.times()?);
    let mut report = LeakReport::default();
    for group in &plan.groups {
        let history = histories.group(&group.group)?;
        let keys = key_arrays(group, entities)?;
        for (feature, at) in &group.features {
            let column = &plan.outputs[*at];
            let Some((given, known)) = given_and_known(table, &known, column)? else { continue };
            let Given { shown, typed: given, lost } = Given::new(given, known.data_type())?;
            let compared = Compared::new(&given, &known)?;
            let rows: Vec<usize> = (0..given.len()).filter(|row| lost[*row] || !compared.equal(*row)).collect();
            let future = Future { history: &history, feature, keys: &keys, times: &times, options };
            let from = future.origins(&compared, &given, &rows)?;
            let leaked = rows.iter().filter(|row| from.contains_key(*row)).count();
            report.columns.push(LeakColumn {
                column: column.clone(),
                equal: given.len() - rows.len(),
                different: rows.len() - leaked,
                leaked,
            });
            report.list(column, &rows, (&shown, &known), &from)?;
        }
    }
    for (_, at) in plan.derived() {
        let column = &plan.outputs[*at];
        let Some((given, known)) = given_and_known(table, &known, column)? else { continue };
        let Given { shown, typed: given, lost } = Given::new(given, known.data_type())?;
        let compared = Compared::new(&given, &known)?;
        let rows: Vec<usize> = (0..given.len()).filter(|row| lost[*row] || !compared.equal(*row)).collect();
        report.columns.push(LeakColumn {
            column: column.clone(),
            equal: given.len() - rows.len(),
            different: rows.len(),
            leaked: 0,
        });
        report.list(column, &rows, (&shown, &known), &HashMap::new())?;
    }
    if report.columns.is_empty() {
        let reason = format!("it has none of the columns {}", plan.outputs.join(", "));
        return Err(Error::InvalidEntities { reason });
    }
    Ok(report)
}

/// The column of the table, and the known one; `None` if the table does not have it.
fn given_and_known(table: &EntityRows, known: &RecordBatch, column: &str) -> Result<Option<(ArrayRef, ArrayRef)>> {
    let (Some(given), Some(known)) = (table.column(column)?, known.column_by_name(column)) else { return Ok(None) };
    Ok(Some((given, ArrayRef::clone(known))))
}

/// A column of the table, as it is and in the type of the feature.
struct Given {
    shown: ArrayRef,
    /// In the type of the feature; null where that does not hold a value.
    typed: ArrayRef,
    /// The rows whose value the type does not hold: they differ from everything that could be known.
    lost: Vec<bool>,
}

impl Given {
    fn new(shown: ArrayRef, wanted: &DataType) -> Result<Self> {
        let typed = cast(&shown, wanted).map_err(failed())?;
        let mut lost = is_null(&typed).map_err(failed())?;
        if wanted.is_integer() && !shown.data_type().is_integer() && shown.data_type().is_numeric() {
            // A fraction is no integer.
            let back = cast(&typed, shown.data_type()).map_err(failed())?;
            lost = or(&lost, &distinct(&back, &shown).map_err(failed())?).map_err(failed())?;
        }
        let lost = and(&lost, &is_not_null(&shown).map_err(failed())?).map_err(failed())?;
        let typed = nullif(&typed, &lost).map_err(failed())?;
        Ok(Self { shown, typed, lost: lost.values().iter().collect() })
    }
}

fn text(array: &ArrayRef, row: usize) -> Result<Option<String>> {
    let shown = ArrayFormatter::try_new(array, &FormatOptions::default()).map_err(arrow("show values"))?;
    Ok(array.is_valid(row).then(|| shown.value(row).to_string()))
}

/// Values as bytes: NaN equals NaN, null equals null.
struct Compared {
    converter: RowConverter,
    given: Rows,
    known: Rows,
}

impl Compared {
    fn new(given: &ArrayRef, known: &ArrayRef) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(known.data_type().clone())]).map_err(failed())?;
        let rows = |array: &ArrayRef| converter.convert_columns(std::slice::from_ref(array)).map_err(failed());
        let (given, known) = (rows(given)?, rows(known)?);
        Ok(Self { converter, given, known })
    }

    fn equal(&self, row: usize) -> bool {
        self.given.row(row) == self.known.row(row)
    }
}

fn failed() -> impl Fn(arrow::error::ArrowError) -> Error {
    arrow("compare values")
}

/// When a row happened, and from when on it may be seen.
#[derive(Debug, Clone, Copy)]
struct From {
    event: Instant,
    seen: Instant,
}

/// The rows of a group that an entity row may not see.
struct Future<'a> {
    history: &'a GroupHistory,
    feature: &'a str,
    keys: &'a [ArrayRef],
    times: &'a [Option<Instant>],
    options: &'a HistoricalOptions,
}

impl Future<'_> {
    /// For each of `rows` whose given value a row of its future has: when that happened or became known, the first time.
    fn origins(&self, compared: &Compared, given: &ArrayRef, rows: &[usize]) -> Result<HashMap<usize, Instant>> {
        let mut found: HashMap<usize, Instant> = HashMap::new();
        let wanted: Vec<usize> = rows.iter().copied().filter(|row| given.is_valid(*row)).collect();
        let definition = self.history.group();
        if wanted.is_empty() || definition.event_time().is_none() {
            return Ok(found);
        }
        let mut numbers_of = KeyNumbers::new(&key_types(definition))?;
        let ids = numbers_of.insert(self.keys, self.times.len())?;
        let mut by_key: HashMap<u32, Vec<usize>> = HashMap::new();
        for row in wanted {
            by_key.entry(ids[row]).or_default().push(row);
        }
        let lookup = numbers_of.into_lookup();
        let times = [definition.event_time(), definition.created_time()];
        let mut names: Vec<String> = columns::key_names(definition).into_iter().map(str::to_owned).collect();
        names.extend(times.into_iter().flatten().map(|time| time.name().to_owned()));
        names.push(self.feature.to_owned());
        let mut scan = self.history.scan(&ScanOptions::default().with_columns(names))?;
        while let Some(batch) = scan.next_batch()? {
            let keys = crate::entity::key_columns(definition, &batch)?;
            let stored = lookup.find(&keys, batch.num_rows())?;
            let Some(values) = batch.column_by_name(self.feature) else { continue };
            let values = compared.converter.convert_columns(std::slice::from_ref(values)).map_err(failed())?;
            let seen = self.visible_from(&batch)?;
            for (at, id) in stored.iter().enumerate().filter(|(_, id)| **id != NONE) {
                for row in by_key.get(id).into_iter().flatten() {
                    let (Some(from), Some(time)) = (seen[at], self.times[*row]) else { continue };
                    let is_hidden = from.seen > time || (!self.options.allow_exact_match && from.event == time);
                    if is_hidden && values.row(at) == compared.given.row(*row) {
                        let first = found.entry(*row).or_insert(from.seen);
                        *first = from.seen.min(*first);
                    }
                }
            }
        }
        Ok(found)
    }

    /// From when on each row of a batch may be seen.
    fn visible_from(&self, batch: &RecordBatch) -> Result<Vec<Option<From>>> {
        let definition = self.history.group();
        let column = |time: Option<&varvite_schema::TimeColumn>| -> Result<Option<Vec<Option<Instant>>>> {
            let Some(column) = time.and_then(|time| batch.column_by_name(time.name())) else { return Ok(None) };
            let unit = unit_of(column.data_type()).unwrap_or(TimeUnit::Nanosecond);
            let values = numbers(column)?;
            Ok(Some((0..values.len()).map(|row| at(&values, row).map(|value| Instant::new(value, unit))).collect()))
        };
        let event = column(definition.event_time())?.unwrap_or_else(|| vec![None; batch.num_rows()]);
        let created = column(definition.created_time().filter(|_| self.options.known_as_of))?;
        let created = created.unwrap_or_else(|| vec![None; batch.num_rows()]);
        let from =
            |event: Instant, created: Option<Instant>| From { event, seen: created.map_or(event, |at| at.max(event)) };
        Ok(event.into_iter().zip(created).map(|(event, created)| Some(from(event?, created))).collect())
    }
}

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, column) in self.columns.iter().enumerate() {
            let LeakColumn { column, equal, different, leaked } = column;
            write!(f, "{}{column}: {equal} equal", if at == 0 { "" } else { "\n" })?;
            write!(f, ", {leaked} from the future, {different} different")?;
        }
        for difference in &self.differences {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".to_owned());
            let (given, known) = (shown(&difference.given), shown(&difference.known));
            write!(f, "\n  row {}, {}: {given}, known was {known}", difference.row, difference.column)?;
            difference.from.as_ref().map_or(Ok(()), |from| write!(f, "; that came at {from}"))?;
        }
        Ok(())
    }
}

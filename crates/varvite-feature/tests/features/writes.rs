//! Random writes of every kind, compared with a list of rows (S03, S08, S09, S13, S19).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use proptest::prelude::*;
use varvite_dataset::Dataset;
use varvite_feature::{EntityRows, FeatureWriteReport, GroupHistory, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_storage::{MemoryStorage, StoragePath};

use crate::world::{batch, cases, ints, stored, texts, times, us};

/// What a group has beside its feature.
#[derive(Debug, Clone, Copy)]
struct Shape {
    keys: usize,
    event: bool,
    created: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    key: i64,
    text: &'static str,
    event: i64,
    created: Option<i64>,
    v: Option<i64>,
}

/// Texts that come apart when they are put in quotes, joined with others, or cut.
const TEXTS: [&str; 6] = ["", "a", "a,b", "o'br\"ien", "\u{1f980}\0", "1"];

impl Shape {
    fn group(self) -> FeatureGroupSchema {
        let mut group = FeatureGroupSchema::builder("g").feature(FeatureSchema::builder("v", DataType::BigInt));
        if self.keys > 0 {
            group = group.entity_key("k", DataType::BigInt);
        }
        if self.keys > 1 {
            group = group.entity_key("t", DataType::String);
        }
        if self.event {
            group = group.event_time("at");
        }
        if self.created {
            group = group.created_time("made");
        }
        group.build().unwrap()
    }

    /// The row with what the group does not have put to nothing.
    fn fit(self, row: &Row) -> Row {
        Row {
            key: if self.keys > 0 { row.key } else { 0 },
            text: if self.keys > 1 { row.text } else { "" },
            event: if self.event { row.event } else { 0 },
            created: row.created.filter(|_| self.created),
            v: row.v,
        }
    }

    fn key_columns(self, rows: &[Row]) -> Vec<(&'static str, ArrayRef)> {
        let columns = [("k", ints(rows.iter().map(|row| row.key))), ("t", texts(rows.iter().map(|row| row.text)))];
        columns.into_iter().take(self.keys).collect()
    }

    fn table(self, rows: &[Row], stamped: bool) -> RecordBatch {
        let mut columns = self.key_columns(rows);
        if self.event {
            columns.push(("at", times(rows.iter().map(|row| row.event))));
        }
        if self.created && !stamped {
            columns.push(("made", times(rows.iter().map(|row| row.created))));
        }
        columns.push(("v", ints(rows.iter().map(|row| row.v))));
        // Columns come in any order.
        columns.reverse();
        batch(columns)
    }

    fn read(history: &GroupHistory) -> Vec<(i64, Row)> {
        let found = stored(history);
        let times = |name: &str, row: usize| {
            let column = found.column_by_name(name)?.as_primitive::<TimestampMicrosecondType>().clone();
            column.is_valid(row).then(|| column.value(row))
        };
        let ints = |name: &str, row: usize| {
            let column = found.column_by_name(name)?.as_primitive::<Int64Type>().clone();
            column.is_valid(row).then(|| column.value(row))
        };
        let text = |row: usize| {
            let Some(column) = found.column_by_name("t") else { return "" };
            let value = column.as_string::<i32>().value(row);
            TEXTS.into_iter().find(|text| *text == value).unwrap()
        };
        let of_row = |row| {
            let read = Row {
                key: ints("k", row).unwrap_or(0),
                text: text(row),
                event: times("at", row).unwrap_or(0),
                created: times("made", row),
                v: ints("v", row),
            };
            (ints("__commit", row).unwrap(), read)
        };
        (0..found.num_rows()).map(of_row).collect()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Row>, bool),
    Upsert(Vec<Row>, bool),
    /// The last upsert again: nothing may change.
    UpsertAgain,
    /// Rows that are stored, chosen by these numbers, as they are.
    UpsertStored(Vec<usize>),
    Overwrite(Vec<Row>, bool),
    Range(i64, i64, Vec<Row>),
    Delete(Vec<Row>),
    Restart,
}

/// Rows as they should be: what the contract says, word by word.
struct Model {
    shape: Shape,
    /// By commit; those of one commit in the order in which they were given.
    rows: Vec<(i64, Row)>,
}

impl Model {
    fn same(left: &Row, right: &Row) -> bool {
        (left.key, left.text, left.event) == (right.key, right.text, right.event)
    }

    fn upsert(&mut self, given: &[Row], stamped: bool, commit: i64) -> bool {
        let mut come: Vec<Row> = Vec::new();
        for (at, row) in given.iter().enumerate() {
            let later = given.iter().enumerate().filter(|(_, other)| Self::same(other, row));
            let wins = later.max_by_key(|(at, other)| (other.created, *at)).unwrap().0 == at;
            let stored: Vec<&Row> =
                self.rows.iter().map(|(_, other)| other).filter(|other| Self::same(other, row)).collect();
            let is_older = !stamped && stored.iter().any(|other| other.created > row.created);
            let unchanged = |other: &Row| if stamped { other.v == row.v } else { other == row };
            let is_stored = stored.len() == 1 && unchanged(stored[0]);
            if wins && !is_older && !is_stored {
                // A stamp is never less than that of what it replaces.
                let before = stored.iter().map(|other| other.created).max().flatten().filter(|_| stamped);
                come.push(Row { created: row.created.max(before), ..row.clone() });
            }
        }
        self.rows.retain(|(_, other)| !come.iter().any(|row| Self::same(row, other)));
        let changes = !come.is_empty();
        self.rows.extend(come.into_iter().map(|row| (commit, row)));
        changes
    }

    /// In the order in which rows are stored.
    fn sorted(&self) -> Vec<(i64, Row)> {
        let mut rows = self.rows.clone();
        rows.sort_by_key(|(commit, row)| (if self.shape.event { row.event } else { 0 }, *commit));
        rows
    }

    fn nested_loop(&self, key: &Row, time: i64, known_as_of: bool) -> Option<i64> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, (_, row))| (row.key, row.text) == (key.key, key.text))
            .filter(|(_, (_, row))| !self.shape.event || row.event <= time)
            .filter(|(_, (_, row))| !known_as_of || row.created.is_some_and(|made| made <= time))
            .max_by_key(|(at, (commit, row))| (row.event, row.created, *commit, *at))
            .and_then(|(_, (_, row))| row.v)
    }
}

struct World {
    shape: Shape,
    storage: Arc<MemoryStorage>,
    history: GroupHistory,
    model: Model,
    last: Option<(Vec<Row>, bool)>,
    clock: i64,
    next_commit: Option<u64>,
}

fn open(shape: Shape, storage: &Arc<MemoryStorage>) -> GroupHistory {
    let dataset = Dataset::at(Arc::<MemoryStorage>::clone(storage), StoragePath::try_new("g").unwrap(), None).unwrap();
    GroupHistory::new(shape.group(), dataset).with_row_group_target_size(4)
}

impl World {
    fn new(shape: Shape) -> Self {
        let storage = Arc::new(MemoryStorage::new());
        let history = open(shape, &storage);
        let model = Model { shape, rows: Vec::new() };
        Self { shape, storage, history, model, last: None, clock: 20, next_commit: None }
    }

    /// The rows as they are to be found later: with the time of the clock where they bring none.
    fn stamped(&self, rows: &[Row], stamped: bool) -> Vec<Row> {
        let stamp = |row: &Row| Row { created: Some(self.clock), ..row.clone() };
        let given = rows.iter().map(|row| self.shape.fit(row));
        given.map(|row| if stamped && self.shape.created { stamp(&row) } else { row }).collect()
    }

    fn write(&self, rows: &[Row], stamped: bool, mode: WriteMode) -> FeatureWriteReport {
        let rows: Vec<Row> = rows.iter().map(|row| self.shape.fit(row)).collect();
        let (first, second) = rows.split_at(rows.len() / 2);
        let tables = [self.shape.table(first, stamped), self.shape.table(second, stamped)];
        self.history.write(&tables, mode, us(self.clock)).unwrap()
    }

    fn step(&mut self, step: &Step) {
        self.clock += 1;
        let before = self.model.rows.clone();
        let next = self.next_commit;
        let commit = self.next_commit.unwrap_or(0).cast_signed();
        let (report, changes) = match step {
            Step::Restart => {
                self.history = open(self.shape, &self.storage);
                return;
            }
            Step::Append(rows, stamped) => {
                let given = self.stamped(rows, *stamped);
                self.model.rows.extend(given.into_iter().map(|row| (commit, row)));
                (self.write(rows, *stamped, WriteMode::Append), !rows.is_empty())
            }
            Step::Upsert(rows, stamped) => {
                self.last = Some((rows.clone(), *stamped));
                self.upsert(rows, *stamped, commit)
            }
            Step::UpsertAgain => {
                let Some((rows, stamped)) = self.last.clone() else { return };
                let _ = self.upsert(&rows, stamped, commit);
                let commit = self.history.dataset().snapshot().map_or(0, |snapshot| snapshot.version + 1);
                let again = self.upsert(&rows, stamped, commit.cast_signed());
                assert!(!again.1 && again.0.commit.is_none(), "the second time nothing changes: {}", again.0);
                return;
            }
            Step::UpsertStored(chosen) => {
                let stored = |at: &usize| before.get(at % before.len().max(1)).map(|(_, row)| row.clone());
                let rows: Vec<Row> = chosen.iter().filter_map(stored).collect();
                self.upsert(&rows, false, commit)
            }
            Step::Overwrite(rows, stamped) => {
                let given = self.stamped(rows, *stamped);
                self.model.rows = given.into_iter().map(|row| (commit, row)).collect();
                (self.write(rows, *stamped, WriteMode::Overwrite), !(rows.is_empty() && before.is_empty()))
            }
            Step::Range(..) if !self.shape.event => return,
            Step::Range(start, end, rows) => {
                let inside = |event: i64| (*start..*end).contains(&event);
                let rows: Vec<Row> = rows.iter().filter(|row| inside(row.event)).cloned().collect();
                let given = self.stamped(&rows, false);
                self.model.rows.retain(|(_, row)| !inside(row.event));
                let changes = !rows.is_empty() || self.model.rows.len() < before.len();
                self.model.rows.extend(given.into_iter().map(|row| (commit, row)));
                let mode = WriteMode::OverwriteRange { start: us(*start), end: us(*end) };
                (self.write(&rows, false, mode), changes)
            }
            Step::Delete(_) if self.shape.keys == 0 => return,
            Step::Delete(keys) => {
                let keys: Vec<Row> = keys.iter().map(|row| self.shape.fit(row)).collect();
                let is_one = |row: &Row| keys.iter().any(|key| (key.key, key.text) == (row.key, row.text));
                self.model.rows.retain(|(_, row)| !is_one(row));
                let report = self.history.delete(&[batch(self.shape.key_columns(&keys))]).unwrap();
                (report, self.model.rows.len() < before.len())
            }
        };
        assert_eq!(report.commit.is_some(), changes, "{step:?}: {report}");
        if let (Some(made), Some(next)) = (report.commit, next) {
            assert!(made == next, "{step:?}: {report}, not {next}");
        }
        assert_eq!(report.rows, report.written + report.identical + report.superseded, "{report}");
        let gone = before.iter().filter(|row| !self.model.rows.contains(row)).count();
        assert!(report.deleted >= gone as u64, "{gone} are gone: {report}");
        self.next_commit = report.commit.map(|commit| commit + 1).or(self.next_commit);
    }

    fn upsert(&mut self, rows: &[Row], stamped: bool, commit: i64) -> (FeatureWriteReport, bool) {
        let given = self.stamped(rows, stamped);
        let changes = self.model.upsert(&given, stamped && self.shape.created, commit);
        let report = self.write(rows, stamped, WriteMode::Upsert);
        if report.commit.is_some() {
            self.next_commit = report.commit.map(|commit| commit + 1);
        }
        (report, changes)
    }

    fn check(&self, step: &Step) {
        let expected = self.model.sorted();
        assert_eq!(Shape::read(&self.history), expected, "after {step:?}");
        assert_eq!(self.history.num_rows(), expected.len() as u64);
    }

    fn check_joins(&self) {
        let keys = (0..4).flat_map(|key| TEXTS.map(|text| Row { key, text, event: 0, created: None, v: None }));
        let spine: Vec<Row> = keys.flat_map(|key| (-1..12).map(move |event| Row { event, ..key.clone() })).collect();
        let mut columns = vec![("k", ints(spine.iter().map(|row| row.key)))];
        columns.push(("t", texts(spine.iter().map(|row| row.text))));
        columns.push(("time", times(spine.iter().map(|row| row.event * 3))));
        let entities = EntityRows::at_times(batch(columns), "time").unwrap();
        for known_as_of in [false, true] {
            let options = HistoricalOptions::default().with_known_as_of(known_as_of).with_kept_bytes(0);
            let found = self.history.get_historical_features(&entities, &["v"], &options).unwrap().to_batch().unwrap();
            let found: Vec<Option<i64>> =
                found.column_by_name("v").unwrap().as_primitive::<Int64Type>().iter().collect();
            let expected: Vec<Option<i64>> = spine
                .iter()
                .map(|row| self.model.nested_loop(&self.shape.fit(row), row.event * 3, known_as_of))
                .collect();
            assert_eq!(found, expected, "{:?}, known as of: {known_as_of}, {:?}", self.shape, self.model.rows);
        }
    }
}

fn any_row() -> impl Strategy<Value = Row> {
    let text = prop::sample::select(TEXTS.to_vec());
    (0_i64..4, text, 0_i64..30, prop::option::weighted(0.8, 0_i64..30), prop::option::weighted(0.8, 0_i64..3))
        .prop_map(|(key, text, event, created, v)| Row { key, text, event, created, v })
}

fn any_rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(any_row(), 0..=most)
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any_rows(12), any::<bool>()).prop_map(|(rows, stamped)| Step::Append(rows, stamped)),
        5 => (any_rows(12), any::<bool>()).prop_map(|(rows, stamped)| Step::Upsert(rows, stamped)),
        1 => Just(Step::UpsertAgain),
        1 => prop::collection::vec(any::<usize>(), 0..4).prop_map(Step::UpsertStored),
        1 => (any_rows(6), any::<bool>()).prop_map(|(rows, stamped)| Step::Overwrite(rows, stamped)),
        2 => (0_i64..30, 1_i64..15, any_rows(8)).prop_map(|(start, len, rows)| Step::Range(start, start + len, rows)),
        1 => any_rows(2).prop_map(Step::Delete),
        1 => Just(Step::Restart),
    ]
}

fn any_shape() -> impl Strategy<Value = Shape> {
    (0_usize..3, prop::bool::weighted(0.75), any::<bool>()).prop_map(|(keys, event, created)| Shape {
        keys,
        event: event || keys == 0,
        created,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases(60)) })]

    #[test]
    fn s13_writes_are_those_of_a_list_of_rows(
        shape in any_shape(),
        steps in prop::collection::vec(any_step(), 1..14),
    ) {
        let mut world = World::new(shape);
        for step in &steps {
            world.step(step);
            world.check(step);
        }
        world.check_joins();
    }
}

#[test]
fn s13_stamps_do_not_touch_rows_that_bring_their_created_time() {
    let shape = Shape { keys: 1, event: true, created: true };
    let world = World::new(shape);
    let row = |created, v| Row { key: 1, text: "", event: 5, created, v: Some(v) };
    let _ = world.write(&[row(Some(10), 1)], false, WriteMode::Append);
    // One table brings the time, and it is older than what is stored; the other one, of another entity, is stamped.
    let other = Row { key: 2, ..row(None, 3) };
    let tables = [shape.table(&[row(Some(9), 2)], false), shape.table(std::slice::from_ref(&other), true)];
    let report = world.history.write(&tables, WriteMode::Upsert, us(50)).unwrap();
    assert_eq!((report.written, report.superseded), (1, 1), "{report}");
    let stored: Vec<Row> = Shape::read(&world.history).into_iter().map(|(_, row)| row).collect();
    assert_eq!(stored, [row(Some(10), 1), Row { created: Some(50), ..other }]);
}

#[test]
fn s13_a_group_without_keys_is_not_emptied_by_deleting_no_key() {
    let world = World::new(Shape { keys: 0, event: true, created: false });
    let row = Row { key: 0, text: "", event: 5, created: None, v: Some(1) };
    let _ = world.write(&[row], false, WriteMode::Append);
    for keys in [vec![], vec![batch([("k", ints([1]))])]] {
        let error = world.history.delete(&keys).unwrap_err();
        assert_eq!(error.code(), "VV0412", "{error}");
        assert_eq!(world.history.num_rows(), 1);
    }
}

#[test]
fn s13_a_range_that_holds_no_time_of_its_unit_replaces_nothing() {
    let world = World::new(Shape { keys: 1, event: true, created: false });
    let row = Row { key: 0, text: "", event: 5, created: None, v: Some(1) };
    let _ = world.write(std::slice::from_ref(&row), false, WriteMode::Append);
    let ns = varvite_time::Instant::from_ns;
    let mode = WriteMode::OverwriteRange { start: ns(4001), end: ns(4999) };
    let report = world.history.write(&[], mode, us(0)).unwrap();
    assert_eq!((report.commit, report.deleted), (None, 0), "{report}");
    // A range that begins just behind a row, or ends at it, leaves it.
    for (start, end) in [(5001, 9000), (0, 5000)] {
        let mode = WriteMode::OverwriteRange { start: ns(start), end: ns(end) };
        assert_eq!(world.history.write(&[], mode, us(0)).unwrap().commit, None);
    }
    let mode = WriteMode::OverwriteRange { start: ns(5000), end: ns(5001) };
    assert_eq!(world.history.write(&[], mode, us(0)).unwrap().deleted, 1);
    for (start, end) in [(5, 5), (6, 5)] {
        let mode = WriteMode::OverwriteRange { start: us(start), end: us(end) };
        assert_eq!(world.history.write(&[], mode, us(0)).unwrap_err().code(), "VV0411");
    }
}

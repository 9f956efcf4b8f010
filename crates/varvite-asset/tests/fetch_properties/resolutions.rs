//! Any resolution and unit of time, with and without partition keys, as batches.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit as ArrowUnit};
use futures_util::TryStreamExt;
use proptest::prelude::*;
use varvite_asset::{
    AssetId, AssetKind, AssetWrite, Batches, Bound, Catalog, Collection, Column, Edges, Error, Fetch, FetchOptions,
    Fetched, Filled, Filter, Gaps, Handle, Interval, Lacking, ModelSchema, Resolution, Span, Want,
};
use varvite_time::{Instant, TimeUnit};

use super::naive::{Asked, Naive, Row, Write};
use super::plans::{Grid, PlannedWrite, Question, REGIONS, questions, writes};

/// `at`, `region`, `value`.
fn schema(grid: &Grid, is_keyed: bool) -> ModelSchema {
    let unit = match grid.unit {
        TimeUnit::Second => ArrowUnit::Second,
        TimeUnit::Millisecond => ArrowUnit::Millisecond,
        TimeUnit::Nanosecond => ArrowUnit::Nanosecond,
        _ => ArrowUnit::Microsecond,
    };
    let time = match grid.unit {
        TimeUnit::Day => DataType::Date32,
        _ => DataType::Timestamp(unit, Some("UTC".into())),
    };
    ModelSchema {
        asset: "any thing/é".to_owned(),
        kind: AssetKind::Feature { resolution: grid.resolution },
        version: 1,
        time: Some("at".to_owned()),
        keys: if is_keyed { vec!["region".to_owned()] } else { Vec::new() },
        columns: vec![
            Column::new("at", time, false),
            Column::new("region", DataType::Utf8, false),
            Column::new("value", DataType::Int64, false),
        ],
    }
}

fn batch(schema: &ModelSchema, unit: TimeUnit, rows: &[Row]) -> RecordBatch {
    let times = Int64Array::from_iter_values(rows.iter().map(|row| row.at.exactly(unit).unwrap()));
    let times: ArrayRef = match unit {
        TimeUnit::Day => cast(&cast(&times, &DataType::Int32).unwrap(), &DataType::Date32).unwrap(),
        _ => cast(&times, &schema.columns[0].data_type).unwrap(),
    };
    let regions: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| REGIONS[row.region])));
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.value)));
    RecordBatch::try_new(schema.arrow(), vec![times, regions, values]).unwrap()
}

fn written(catalog: &Catalog, schema: &ModelSchema, unit: TimeUnit, write: &Write) {
    let mut how = if write.merges { AssetWrite::merge() } else { AssetWrite::replace() };
    if let Some(span) = write.covering {
        how = how.covering(Span::between(span.start, span.end));
    }
    if let Some(region) = write.region {
        how = how.partition("region", REGIONS[region]);
    }
    let _ = catalog.write_batches(schema, &[batch(schema, unit, &write.rows)], &how).unwrap();
}

/// Rows in the order in which they came; columns that were not asked for are nothing.
fn rows_of(batches: &Batches, unit: TimeUnit) -> Vec<Row> {
    let batch = batches.concat().unwrap();
    let times = batch.column_by_name("at").map(|times| match unit {
        TimeUnit::Day => cast(&cast(times, &DataType::Int32).unwrap(), &DataType::Int64).unwrap(),
        _ => cast(times, &DataType::Int64).unwrap(),
    });
    let row = |at: usize| {
        let region = batch.column_by_name("region").map(|regions| regions.as_string::<i32>().value(at).to_owned());
        let value = batch.column_by_name("value").map(|values| values.as_primitive::<Int64Type>().value(at));
        let time = times.as_ref().map(|times| times.as_primitive::<Int64Type>().value(at));
        Row {
            region: region.map_or(0, |region| REGIONS.iter().position(|known| *known == region).unwrap()),
            at: time.map_or(Instant::from_ns(0), |time| Instant::new(time, unit)),
            value: value.unwrap_or_default(),
            extra: None,
        }
    };
    (0..batch.num_rows()).map(row).collect()
}

/// A filter as text, and as it is meant.
fn filter(choice: u8) -> (Option<Filter>, fn(&Row) -> bool) {
    let filter = |text: &str| Some(text.parse().unwrap());
    match choice % 8 {
        0 => (filter("value > 0"), |row| row.value > 0),
        1 => (filter("not (value in (1, 2)) or region = 'north'"), |row| {
            !matches!(row.value, 1 | 2) || REGIONS[row.region] == "north"
        }),
        2 => (filter("region < 'b' and value >= -1"), |row| REGIONS[row.region] < "b" && row.value >= -1),
        3 => (filter("value is null"), |_| false),
        _ => (None, |_| true),
    }
}

type Seen = fn(Row) -> Row;

/// The columns that are asked for, and what is then seen of a row.
fn columns(choice: u8) -> (Option<Vec<&'static str>>, Seen) {
    match choice % 6 {
        0 => (Some(vec!["value"]), |row| Row { region: 0, at: Instant::from_ns(0), ..row }),
        1 => (Some(vec!["value", "at"]), |row| Row { region: 0, ..row }),
        2 => (Some(vec!["region"]), |row| Row { at: Instant::from_ns(0), value: 0, ..row }),
        _ => (None, |row| row),
    }
}

struct World {
    grid: Grid,
    is_keyed: bool,
    naive: Naive,
    catalog: Catalog,
}

impl World {
    fn check(&self, question: &Question) {
        let (start, end) = question.ends(&self.grid);
        let region = question.region.filter(|_| self.is_keyed);
        let asked = Asked { start, end, edges: question.edges, versions: &[1], region };
        let (filter, is_wanted) = filter(question.filter);
        let (columns, seen) = columns(question.columns);
        let bound = |at: Option<Instant>| at.map_or(Bound::Unbounded, Bound::At);
        let mut fetch = Fetch::from(Span { start: bound(start), end: bound(end) }).edges(question.edges);
        if let Some(region) = region {
            fetch = fetch.key("region", REGIONS[region]);
        }
        if let Some(filter) = filter {
            fetch = fetch.filter(filter);
        }
        if let Some(columns) = columns {
            fetch = fetch.columns(columns);
        }
        let schema = schema(&self.grid, self.is_keyed);
        let mut collection = Collection::new();
        let want = fetch.want_of("rows", Arc::new(schema)).unwrap();
        let handle: Handle<Batches> = collection.add_want(want.clone()).unwrap();
        let options = FetchOptions::default()
            .with_max_concurrent(question.max_concurrent)
            .with_max_bytes_in_flight(question.max_bytes);
        let got = self.catalog.fetch_collection_blocking(collection, &options).unwrap();
        let mut expected = self.naive.fetch(&asked, is_wanted);
        expected.rows = expected.rows.into_iter().map(seen).collect();
        self.compare(&got, handle, question, expected.rows);
        if question.filter.is_multiple_of(2) {
            self.compare_stream(&got[handle], want, &options);
        }
        let intervals = &got.plan().fields[0].intervals;
        if let Some(in_range) = expected.in_range {
            assert_eq!(intervals.found, in_range - expected.missing.len() as u64, "{asked:?}");
        }
        assert_eq!(intervals.expected, expected.in_range, "{asked:?}");
        assert_eq!(intervals.missing(), expected.in_range.map(|_| expected.missing.len() as u64), "{asked:?}");
        assert_eq!(intervals.gaps.count, expected.missing.len() as u64, "{asked:?}");
        assert_eq!(self.one_by_one(&intervals.gaps.stretches), expected.missing, "{asked:?}");
        assert_eq!(self.one_by_one(&intervals.gaps.unwritten), expected.unwritten, "{asked:?}");
        self.check_lacking(&intervals.gaps, &expected.lacking);
        if expected.in_range.is_some() && question.edges != Edges::Closed {
            self.check_gaps(Span { start: bound(start), end: bound(end) }, region, &intervals.gaps);
        }
        let written: Vec<Interval> = intervals.written.iter().map(|(run, _)| *run).collect();
        assert_eq!(self.one_by_one(&written), expected.written.into_iter().collect::<Vec<_>>(), "{asked:?}");
    }

    /// A stream gives the same rows in the same order.
    fn compare_stream(&self, fetched: &Batches, want: Want, options: &FetchOptions) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let stream = self.catalog.stream_batches(want, options);
        let batches: Vec<RecordBatch> = runtime.block_on(stream.try_collect()).unwrap();
        let streamed = Batches { schema: fetched.schema.clone(), batches };
        assert_eq!(rows_of(&streamed, self.grid.unit), rows_of(fetched, self.grid.unit));
    }

    fn check_lacking(&self, gaps: &Gaps, expected: &BTreeMap<usize, Vec<Interval>>) {
        self.check_named(gaps);
        assert_eq!(gaps.lacking.len(), expected.len(), "{gaps:?}");
        for (lacking, (region, intervals)) in gaps.lacking.iter().zip(expected) {
            assert_eq!(lacking.keys, [("region".to_owned(), REGIONS[*region].to_owned())]);
            assert_eq!(
                (self.one_by_one(&lacking.stretches), lacking.count),
                (intervals.clone(), intervals.len() as u64)
            );
        }
    }

    /// Pieces with names are the same stretches, and each has the same partitions all through.
    fn check_named(&self, gaps: &Gaps) {
        let named: Vec<(Interval, String)> = gaps.named().collect();
        let pieces: Vec<Interval> = named.iter().map(|(piece, _)| *piece).collect();
        assert_eq!(self.one_by_one(&pieces), self.one_by_one(&gaps.stretches));
        for (piece, name) in named {
            for interval in self.one_by_one(&[piece]) {
                let lacks = |lacking: &Lacking| self.one_by_one(&lacking.stretches).contains(&interval);
                let names = gaps.lacking.iter().filter(|lacking| lacks(lacking)).map(|lacking| &lacking.keys[0].1);
                let names: Vec<String> = names.map(|value| format!("region={value}")).collect();
                let is_unwritten = self.one_by_one(&gaps.unwritten).contains(&interval);
                let shown =
                    if names.len() > 3 { format!("{}; and 1 more", names[..3].join("; ")) } else { names.join("; ") };
                assert_eq!(name, if is_unwritten { String::new() } else { shown });
            }
        }
    }

    /// Who asks for gaps alone is told the same.
    fn check_gaps(&self, span: Span, region: Option<usize>, fetched: &Gaps) {
        let key = |region: usize| ("region".to_owned(), REGIONS[region].to_owned());
        let keys: Vec<(String, String)> = region.map(key).into_iter().collect();
        let schema = schema(&self.grid, self.is_keyed);
        let id = AssetId::new(schema.asset, schema.kind);
        match self.catalog.gaps(&id, 1, span, &keys) {
            Ok(gaps) => assert_eq!(gaps, *fetched, "{span}"),
            Err(Error::AssetNotFound { .. }) => assert!(self.naive.is_empty()),
            Err(Error::InvalidOption { option: "key", .. }) => assert!(fetched.lacking.is_empty()),
            Err(error) => panic!("{error}"),
        }
    }

    fn one_by_one(&self, runs: &[Interval]) -> Vec<Interval> {
        runs.iter().flat_map(|run| self.grid.resolution.intervals(run.span()).unwrap()).collect()
    }

    /// Rows come by partition, in order of time; those of one time in any order.
    fn compare(&self, got: &Fetched<Filled>, handle: Handle<Batches>, question: &Question, mut expected: Vec<Row>) {
        let mut rows = rows_of(&got[handle], self.grid.unit);
        let sees_all = question.columns % 6 > 2;
        if sees_all {
            let key = |row: &Row| (if self.is_keyed { row.region } else { 0 }, row.at);
            assert!(rows.is_sorted_by_key(key), "{rows:?}");
        }
        rows.sort_unstable();
        expected.sort_unstable();
        assert_eq!(rows, expected, "{question:?}");
        let summary = &got.summary().fields[0];
        assert_eq!(summary.rows, rows.len() as u64);
        assert_eq!(got[handle].num_rows(), rows.len());
    }
}

/// Where time is odd: around 1970, leap days, changes of clocks, far away.
fn origins() -> impl Strategy<Value = Instant> {
    let dates = ["1970-01-01", "2024-02-28T23:00:00Z", "2025-03-29T22:00:00-05:00", "2025-10-26T03:00:00+02:00"];
    let far = ["1899-12-30", "0001-01-01", "9998-06-01", "1600-02-28"];
    prop::sample::select([dates, far].concat()).prop_map(|date| date.parse().unwrap())
}

fn grids() -> impl Strategy<Value = Grid> {
    let texts = vec!["1s", "7s", "15m", "5h", "1d", "2d", "1w", "3w", "1M", "5M", "1y", "4y"];
    let units = vec![
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
        TimeUnit::Day,
    ];
    (prop::sample::select(texts), origins(), prop::sample::select(units)).prop_map(|(text, origin, unit)| {
        let resolution: Resolution = text.parse().unwrap();
        // Nanoseconds reach from 1677 to 2262 only; a day is no finer than a day.
        let century = 100 * 365 * 86_400 * 1_000_000_000_i128;
        let is_short = text.ends_with(['s', 'm', 'h']);
        let unit = match unit {
            TimeUnit::Nanosecond if origin.as_ns().abs() > century || text.ends_with('y') => TimeUnit::Microsecond,
            TimeUnit::Day if is_short => TimeUnit::Second,
            unit => unit,
        };
        Grid { resolution, origin, unit }
    })
}

#[derive(Debug, Clone)]
enum Step {
    Write(PlannedWrite),
    Ask(Question),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(
        prop_oneof![2 => writes(16).prop_map(Step::Write), 3 => questions(24).prop_map(Step::Ask)],
        1..14,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::cases(100)))]

    #[test]
    fn a_fetch_is_a_naive_filter_over_all_rows(
        grid in grids(),
        is_keyed in any::<bool>(),
        cache in prop::option::of(prop::sample::select(vec![0u64, 2_000, 1 << 20])),
        steps in steps(),
    ) {
        let catalog = Catalog::in_memory().with_clock(|| Instant::from_ns(0));
        let catalog = cache.into_iter().fold(catalog, Catalog::with_cache);
        let mut world = World { grid, is_keyed, naive: Naive::new(grid.resolution, is_keyed), catalog };
        for step in steps {
            match step {
                Step::Write(write) => {
                    let write = write.on(&grid, is_keyed, 1);
                    written(&world.catalog, &schema(&grid, is_keyed), grid.unit, &write);
                    world.naive.write(&write);
                }
                Step::Ask(question) => world.check(&question),
            }
        }
    }
}

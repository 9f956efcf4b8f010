//! Small tables of every kind.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use tempfile::TempDir;
use varvite_dataset::{Dataset, WriteOptions};
use varvite_key::{FieldKind, FieldSchema, KeySchema, LevelSchema};
use varvite_sql::{FileTable, KeyedTable, Member, MemoryTable, Source, Tables};

/// The tables, in a folder that goes with them.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) tables: Tables,
}

/// `2024-01-01T00:00:00Z` in microseconds.
const NEW_YEAR: i64 = 1_704_067_200_000_000;

/// Ten trades, one a minute: `id` 0 to 9, `price` 100 to 109, `venue` `a`, `b` or null.
pub(crate) fn trades_rows(ids: std::ops::Range<i64>) -> RecordBatch {
    let ids: Vec<i64> = ids.collect();
    let at: Vec<i64> = ids.iter().map(|id| NEW_YEAR + id * 60_000_000).collect();
    #[allow(clippy::cast_precision_loss)]
    let price: Vec<f64> = ids.iter().map(|id| 100.0 + *id as f64).collect();
    let venue: Vec<Option<&str>> =
        ids.iter().map(|id| if id % 3 == 2 { None } else { Some(if id % 3 == 0 { "a" } else { "b" }) }).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("ts", Arc::new(TimestampMicrosecondArray::from(at).with_timezone("UTC")) as ArrayRef, false),
        ("id", Arc::new(Int64Array::from(ids)) as ArrayRef, false),
        ("price", Arc::new(Float64Array::from(price)) as ArrayRef, true),
        ("venue", Arc::new(StringArray::from(venue)) as ArrayRef, true),
    ])
    .unwrap()
}

/// A dataset whose row groups have so many rows.
pub(crate) fn dataset(path: &std::path::Path, rows: RecordBatch, on: &str, each: u64) -> Dataset {
    let dataset = Dataset::open_or_new(path).unwrap();
    let mut options = WriteOptions::ordered_on(on);
    options.row_group_target_size = Some(each.into());
    let _ = dataset.write(rows, &options).unwrap();
    dataset
}

/// Values of keys that look like paths, SQL and nothing at all.
pub(crate) const SYMBOLS: [&str; 5] = ["AAPL", "BRK.B", "O'Neil; DROP TABLE bar--", "%_", "日本/\"x\""];

impl Fixture {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let trades = dataset(&at("trades"), trades_rows(0..10), "ts", 4);
        let key = |name: &str, kind| FieldSchema { name: name.to_owned(), kind };
        let schema = KeySchema {
            name: "Bar".to_owned(),
            fields_sep: "-".to_owned(),
            strict: false,
            levels: vec![LevelSchema {
                name: "Bar".to_owned(),
                fields: vec![key("symbol", FieldKind::Text), key("minutes", FieldKind::Integer)],
            }],
        };
        let members = SYMBOLS.iter().zip((0..).step_by(10)).map(|(symbol, first)| {
            let dataset = dataset(&at(&format!("bar{first}")), trades_rows(first..first + 6), "ts", 2);
            let values = vec![(*symbol).to_owned(), "5".to_owned()];
            Member { name: format!("{symbol}/5"), values, dataset }
        });
        let members: Vec<Member> = members.collect();
        let (quoted, first) = (members[1].dataset.clone(), members[0].dataset.clone());
        let bars = KeyedTable::try_new(&schema, members).unwrap();

        std::fs::create_dir(at("parts")).unwrap();
        for (part, ids) in [("a", 0..3), ("b", 3..5)] {
            let rows = trades_rows(ids);
            let file = File::create(at("parts").join(format!("{part}.parquet"))).unwrap();
            let mut writer = parquet::arrow::ArrowWriter::try_new(file, rows.schema(), None).unwrap();
            writer.write(&rows).unwrap();
            writer.close().unwrap();
        }
        std::fs::write(at("venues.csv"), "venue,country\na,DE\nb,US\nc,FR\n").unwrap();
        std::fs::write(at("events.json"), "{\"id\":1,\"what\":\"split\"}\n{\"id\":3,\"what\":\"it's\"}\n").unwrap();
        let people = RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
            ("name", Arc::new(StringArray::from(vec!["Ada", "x' OR '1'='1"])) as ArrayRef),
        ]);
        let tables = Tables::new()
            .with("trades", Source::new(trades).with_event_time("ts"))
            .with("Bar", bars)
            .with("Bar.AAPL/5", first)
            .with("Bar.BRK.B/5", quoted)
            .with("parts", FileTable::parquet(at("parts")))
            .with("venues", FileTable::csv(at("venues.csv")))
            .with("events", FileTable::json(at("events.json")))
            .with("people", MemoryTable::from(people.unwrap()));
        Self { folder, tables }
    }
}

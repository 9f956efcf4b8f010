//! What a struct with `#[derive(AssetCollection)]` asks for, field by field, and what its request changes.
#![allow(clippy::unwrap_used, dead_code, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, TimeUnit};
use varvite_asset::{
    AssetCollection, AssetKind, Bound, Col, Collection, Column, ColumnDefault, Comparison, DecodeError, Edges,
    FeatureModel, Fetch, Filter, Interval, LakeFile, Latest, Missing, ModelSchema, Resolution, Span, Value, Want, When,
};

#[derive(Debug)]
struct Weather;

impl Weather {
    const TIMESTAMP: Col<i64> = Col::new("timestamp");
    const TEMPERATURE: Col<f64> = Col::new("temp");
    const REGION: Col<String> = Col::new("region");
}

impl FeatureModel for Weather {
    const ASSET: &'static str = "weather";
    const KIND: AssetKind = AssetKind::Feature { resolution: Resolution::literal("1d") };
    const VERSION: u32 = 1;
    const TIME: Option<&'static str> = Some("timestamp");
    const COLUMNS: &'static [&'static str] = &["timestamp", "temp", "region"];

    fn schema() -> &'static ModelSchema {
        static SCHEMA: LazyLock<ModelSchema> = LazyLock::new(|| ModelSchema {
            asset: Weather::ASSET.to_owned(),
            kind: Weather::KIND,
            version: 1,
            time: Some("timestamp".to_owned()),
            keys: vec!["region".to_owned()],
            columns: vec![
                Column::new("timestamp", DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), false),
                Column::new("temp", DataType::Float64, false),
                Column { default: ColumnDefault::Value("".into()), ..Column::new("region", DataType::Utf8, false) },
            ],
        });
        &SCHEMA
    }

    fn decode(_: &RecordBatch, _: &mut Vec<Self>) -> Result<(), DecodeError> {
        unimplemented!("nothing is fetched here")
    }

    fn encode(_: &[Self]) -> Result<RecordBatch, DecodeError> {
        unimplemented!("nothing is stored here")
    }
}

fn hot() -> Filter {
    Filter::Compare {
        column: Weather::TEMPERATURE.name().to_owned(),
        comparison: Comparison::Greater,
        value: Value::Float(30.0),
    }
}

/// Any name is a field's, also those of arguments and methods of what is generated.
#[derive(AssetCollection)]
struct Report {
    everything: Vec<Weather>,
    #[fetch(start = "now-7d", missing = "warn")]
    catalog: Option<Vec<Weather>>,
    #[fetch(start = "2024-01-01", end = "2024-02-01", edges = "closed", filter = hot())]
    request: BTreeMap<Interval, Vec<Weather>>,
    #[fetch(latest, tolerance = 2, columns(timestamp, temperature), version = 1)]
    r#type: Option<Latest<Weather>>,
    #[fetch(lake = "exports", version = 3, start = "2024-01-01")]
    into: Vec<LakeFile>,
    #[fetch(flatten)]
    prefix: Inner,
}

#[derive(AssetCollection)]
struct Inner {
    #[fetch(keys(region = "north"), missing = "fail")]
    missing: Vec<Weather>,
    #[fetch(flatten)]
    deeper: Deepest,
}

/// Two levels down.
#[derive(AssetCollection)]
pub struct Deepest {
    rows: Vec<Weather>,
}

fn wants<C: AssetCollection>(request: &C::Request) -> Vec<Want> {
    let mut collection = Collection::new();
    C::declare(request, &mut collection, "").unwrap();
    collection.wants().cloned().collect()
}

fn span(text: &str) -> When {
    When::Within(text.parse().unwrap())
}

#[test]
fn fields_ask_for_what_their_attributes_say() {
    let wants = wants::<Report>(&Report::request());
    let names: Vec<&str> = wants.iter().map(|want| want.field.as_str()).collect();
    assert_eq!(names, ["everything", "catalog", "request", "type", "into", "prefix.missing", "prefix.deeper.rows"]);
    let [everything, catalog, request, newest, files, north, _] = wants.as_slice() else { panic!("{names:?}") };
    assert_eq!(everything.when, When::Within(Span { start: Bound::Unbounded, end: Bound::NOW }));
    assert_eq!((everything.missing, everything.edges, &everything.columns), (Missing::Skip, Edges::Clipped, &None));
    assert_eq!((catalog.when, catalog.missing), (span("now-7d..now"), Missing::Warn));
    assert_eq!((request.when, request.edges), (span("2024-01-01..2024-02-01"), Edges::Closed));
    assert_eq!(request.filter, Some(hot()));
    assert_eq!(newest.when, When::Latest { tolerance: 2 });
    assert_eq!(newest.columns, Some(vec!["timestamp".to_owned(), "temp".to_owned()]), "columns have their own names");
    assert_eq!((files.asset.as_str(), files.version), ("exports", 3));
    assert_eq!(
        (north.keys.as_slice(), north.missing),
        (&[("region".to_owned(), "north".to_owned())][..], Missing::Fail)
    );
}

#[test]
fn a_request_changes_what_it_names() {
    let day: Span = "2025-01-01..2025-01-02".parse().unwrap();
    let request = Report::request()
        .everything(day)
        .request(Fetch::default().missing(Missing::Fail))
        .r#type(Fetch::default().latest(9))
        .prefix(Inner::request().deeper(Deepest::request().rows(day)));
    let wants = wants::<Report>(&request);
    assert_eq!(wants[0].when, When::Within(day));
    assert_eq!((wants[2].when, wants[2].missing), (span("2024-01-01..2024-02-01"), Missing::Fail), "the range stays");
    assert_eq!(wants[2].filter, Some(hot()));
    assert_eq!(wants[3].when, When::Latest { tolerance: 9 });
    assert_eq!(wants[6].when, When::Within(day));
    assert_eq!(wants[1].when, span("now-7d..now"), "what is not named stays");
}

#[test]
fn the_policy_of_all_reaches_flattened_fields() {
    let request = Report::request().missing(Missing::Warn).catalog(Fetch::default().missing(Missing::Fail));
    let policies: Vec<Missing> = wants::<Report>(&request).iter().map(|want| want.missing).collect();
    let (warn, fail) = (Missing::Warn, Missing::Fail);
    assert_eq!(policies, [warn, fail, warn, warn, warn, warn, warn]);

    let request = Report::request()
        .missing(Missing::Warn)
        .prefix(Inner::request().deeper(Deepest::request().missing(Missing::Fail)));
    assert_eq!(wants::<Report>(&request)[6].missing, Missing::Fail, "the nearer one counts");
}

#[test]
fn a_request_can_be_printed_and_cloned() {
    let request = Report::request().prefix(Inner::request().missing(Fetch::default().latest(7)));
    let text = format!("{:?}", request.clone());
    assert!(text.contains("InnerRequest") && text.contains("latest: Some(7)"), "{text}");
}

//! Random definitions.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses what it needs; tests")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use varvite_schema::{
    AggregateFunction, DataType, DefinitionParts, Definitions, FeatureBuilder, FeatureGroupBuilder, FeatureGroupSchema,
    FeatureRef, FeatureSchema, FeatureService, FeatureServiceBuilder, FeatureType, OnDemandBuilder, OnDemandSchema,
    SourceBuilder, SourceSchema, StructField, TimeUnit, Ttl, VirtualBuilder, VirtualSchema, WindowBuilder,
    WindowSchema,
};

/// Any type that is complete.
pub(crate) fn data_types() -> impl Strategy<Value = DataType> {
    scalars().prop_recursive(3, 12, 3, |inner| {
        let array = (inner.clone(), any::<bool>(), option::of(1_u32..2000));
        let array = array.prop_map(|(element, nullable, length)| DataType::Array {
            element: Box::new(element),
            nullable,
            length,
        });
        let map = (scalars(), inner.clone(), any::<bool>());
        let map = map.prop_map(|(key, value, nullable)| DataType::Map {
            key: Box::new(key),
            value: Box::new(value),
            nullable,
        });
        let fields = btree_map("[a-zA-Z_ `,:<>é-]{1,5}", (inner, any::<bool>()), 1..4);
        let fields = fields.prop_map(|fields| {
            let field = |(name, (data_type, nullable))| StructField { name, data_type, nullable };
            DataType::Struct(fields.into_iter().map(field).collect())
        });
        prop_oneof![array, map, fields]
    })
}

fn scalars() -> impl Strategy<Value = DataType> {
    let units = prop_oneof![
        Just(TimeUnit::Second),
        Just(TimeUnit::Millisecond),
        Just(TimeUnit::Microsecond),
        Just(TimeUnit::Nanosecond)
    ];
    let zones =
        proptest::sample::select(vec![None, Some("UTC"), Some("Europe/Berlin"), Some("+05:30"), Some("-00:00")]);
    let timestamps =
        (units, zones).prop_map(|(unit, zone)| DataType::Timestamp { unit, zone: zone.map(str::to_owned) });
    let decimals = (1_u8..=76).prop_flat_map(|precision| (Just(precision), 0..=precision));
    let decimals = decimals.prop_map(|(precision, scale)| DataType::Decimal { precision, scale });
    let plain = proptest::sample::select(vec![
        DataType::Int,
        DataType::BigInt,
        DataType::Float,
        DataType::Double,
        DataType::String,
        DataType::Boolean,
        DataType::Date,
    ]);
    prop_oneof![4 => plain, 1 => timestamps, 1 => decimals]
}

/// Text that formats are known to stumble over, and other text.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let hostile = proptest::sample::select(vec![
        "",
        " ",
        "no",
        "null",
        "~",
        "1e5",
        "0x1F",
        "1_000",
        ".inf",
        "- a",
        "a: b",
        "a #b",
        "#",
        "\"",
        "'",
        "\\",
        "line\nbreak\n",
        "\ttab",
        "trailing ",
        "{x}",
        "[x]",
        "&a",
        "*a",
        "!t",
        "%d",
        "@",
        "`",
        "2024-01-31",
        "12:30:45",
        "\u{85}",
        "\u{feff}",
        "日本",
        "'''",
        "\"\"\"",
        "|",
        ">",
        "? a",
        "---",
        "...",
        "\r\n",
        "\u{0}",
        "\u{7f}",
        "\u{2028}",
    ]);
    prop_oneof![hostile.prop_map(str::to_owned), "\\PC{0,12}"]
}

pub(crate) fn names() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_-]{0,8}[a-z0-9]".prop_filter("no full names, no devices", |name| {
        !name.contains("__")
            && !["con", "prn", "aux", "nul", "request"].contains(&name.as_str())
            && !name.starts_with("com")
            && !name.starts_with("lpt")
    })
}

/// A feature of this name with limits that fit.
pub(crate) fn features(name: String) -> impl Strategy<Value = FeatureSchema> {
    let labels = (option::of(proptest::sample::select(FeatureType::ALL.to_vec())), texts(), any::<bool>());
    let notes = btree_map("[a-z]{8}", texts(), 0..3);
    (data_types(), labels, option::of(texts()), notes, (any::<i32>(), any::<i32>(), 0..4)).prop_map(
        move |(data_type, (feature_type, description, nullable), unit, notes, (a, b, limits))| {
            let feature = FeatureSchema::builder(&name, data_type.clone()).description(description).nullable(nullable);
            let mut feature = limited(feature, &data_type, (a, b), limits);
            if let Some(feature_type) = feature_type {
                feature = feature.feature_type(feature_type);
            }
            if let Some(unit) = unit {
                feature = feature.unit(unit);
            }
            notes.into_iter().fold(feature, |feature, (name, value)| feature.note(name, value)).build().unwrap()
        },
    )
}

fn limited(feature: FeatureBuilder, data_type: &DataType, (a, b): (i32, i32), limits: i32) -> FeatureBuilder {
    let (low, high) = (a.min(b), a.max(b));
    match (data_type, limits) {
        (_, 0) => feature,
        (DataType::Int, 1) => feature.min(low).max(high),
        (DataType::Int, _) => feature.allowed(BTreeSet::from([low, high])),
        (DataType::BigInt, _) => feature.min(i64::from(low) << 20).max(i64::from(high) << 20),
        (DataType::Double, _) => feature.min(f64::from(low) / 7.0).max(f64::from(high) / 7.0),
        (DataType::Float, _) => feature.allowed([0.1_f32, 1e30, -0.0]),
        (DataType::String, 1) => feature.min("").max("zz"),
        (DataType::String, _) => feature.allowed(["no", "a`, `b", "1.0", "", "\n"]),
        (DataType::Boolean, _) => feature.allowed([true]),
        (DataType::Date, _) => feature.min("-0044-03-15").max("2024-02-29"),
        (DataType::Timestamp { unit: TimeUnit::Second, .. }, _) => feature.min("2024-02-29T12:00:00Z"),
        (DataType::Timestamp { .. }, _) => feature.max("2024-02-29T12:00:00.125Z"),
        (DataType::Decimal { precision: 12..=38, scale: 0 }, _) => {
            feature.min("-12").max(high.unsigned_abs().to_string())
        }
        _ => feature,
    }
}

/// A valid group of this name.
pub(crate) fn groups(name: String, version: u32) -> impl Strategy<Value = FeatureGroupSchema> {
    let features = btree_set(names(), 1..5).prop_flat_map(|names| names.into_iter().map(features).collect::<Vec<_>>());
    let keys =
        vec(proptest::sample::select(vec![DataType::Int, DataType::BigInt, DataType::String, DataType::Date]), 1..3);
    let hostile =
        proptest::sample::select(vec!["no", "null", "true", "1", "a b", "~", "a: b", "é", "#", "-", "<<", "?"]);
    let tag_names = prop_oneof![hostile.prop_map(str::to_owned), "[a-z]{1,6}"];
    let words = (texts(), option::of(texts()), btree_map(tag_names, texts(), 0..3));
    let time = option::of(proptest::sample::select(vec!["", "date", "timestamp[ns]", "timestamp[us, Europe/Berlin]"]));
    (features, keys, words, time.clone(), time, option::of(1_i64..i64::MAX)).prop_map(
        move |(features, keys, (description, owner, tags), event, created, ttl)| {
            let mut group = FeatureGroupSchema::builder(&name).version(version).description(description).tags(tags);
            for (at, key) in keys.into_iter().enumerate() {
                group = group.entity_key(format!("KEY{at}"), key);
            }
            group = match event {
                None => group,
                Some("") => group.event_time("EVENT"),
                Some(data_type) => group.event_time_as("EVENT", data_type),
            };
            group = match created {
                None => group,
                Some("") => group.created_time("CREATED"),
                Some(data_type) => group.created_time_as("CREATED", data_type),
            };
            if let Some(ttl) = ttl.filter(|_| event.is_some()) {
                group = group.ttl(Ttl::from_ns(ttl).unwrap());
            }
            if let Some(owner) = owner {
                group = group.owner(owner);
            }
            features.into_iter().fold(group, FeatureGroupBuilder::feature).build().unwrap()
        },
    )
}

pub(crate) fn references() -> impl Strategy<Value = FeatureRef> {
    let feature = option::of("[a-zA-Z0-9é][a-zA-Z0-9_é-]{0,8}");
    (names(), option::of(1_u32..), option::of(names()), feature).prop_map(|(group, version, alias, feature)| {
        let reference = match feature {
            Some(feature) => FeatureRef::try_new(group, feature).unwrap(),
            None => FeatureRef::try_all(group).unwrap(),
        };
        let reference = version.map_or(reference.clone(), |version| reference.at_version(version).unwrap());
        alias.map_or(reference.clone(), |alias| reference.with_alias(alias).unwrap())
    })
}

fn services(name: String) -> impl Strategy<Value = FeatureService> {
    let tags: BTreeMap<String, String> = BTreeMap::new();
    (btree_set(references(), 1..4), texts(), option::of(texts()), Just(tags)).prop_map(
        move |(references, description, owner, _)| {
            let service = FeatureService::builder(&name).description(description).tag("tier", "1");
            let service = owner.map_or(service.clone(), |owner| service.owner(owner));
            references.into_iter().fold(service, FeatureServiceBuilder::reference).build().unwrap()
        },
    )
}

fn sources(name: String) -> impl Strategy<Value = SourceSchema> {
    let columns = btree_map(names(), data_types(), 0..3);
    let location = option::of(proptest::sample::select(vec!["parquet:/data/a", "csv:C:\\x y", "json:s3://b/ü"]));
    let words = (texts(), option::of(texts()), location);
    (columns, words, any::<bool>()).prop_map(move |(columns, (description, tag, location), has_time)| {
        let mut source = SourceSchema::builder(&name).description(description);
        if let Some(value) = tag {
            source = source.tag("t", value);
        }
        if let Some(location) = location {
            source = source.location(location);
        }
        if has_time {
            source = source.event_time("EVENT");
        }
        columns.into_iter().fold(source, |source, (name, of)| SourceBuilder::column(source, name, of)).build().unwrap()
    })
}

fn windows(name: String) -> impl Strategy<Value = WindowSchema> {
    let aggregation = (proptest::sample::select(AggregateFunction::ALL.to_vec()), option::of(names()));
    let keys = proptest::sample::subsequence(vec!["K1", "K2", "K3"], 1..3);
    (vec(aggregation, 1..4), keys, names(), 1_i64.., texts()).prop_map(
        move |(aggregations, keys, source, length, description)| {
            let window = WindowSchema::builder(&name, source, length).description(description).tag("no", "~");
            let window = keys.into_iter().fold(window, WindowBuilder::entity_key);
            let add = |window: WindowBuilder, (at, (function, column)): (usize, (_, Option<String>))| match column {
                Some(column) => window.aggregate(function, column, format!("f{at}")),
                None => window.count(format!("f{at}")),
            };
            aggregations.into_iter().enumerate().fold(window, add).build().unwrap()
        },
    )
}

fn on_demand(name: String) -> impl Strategy<Value = OnDemandSchema> {
    let expressions = btree_map(names(), texts().prop_map(|text| format!("{text} 1")), 1..3);
    let inputs = btree_set((names(), names()).prop_map(|(group, feature)| format!("{group}.{feature}")), 1..3);
    (inputs, expressions, option::of(texts()), option::of(names())).prop_map(
        move |(inputs, expressions, owner, column)| {
            let mut group = OnDemandSchema::builder(&name).version(3);
            if let Some(owner) = owner {
                group = group.owner(owner);
            }
            if let Some(column) = column {
                group = group.input(format!("request.{column}"));
            }
            let group = inputs.into_iter().fold(group, OnDemandBuilder::input);
            // Not in the order of names.
            let expressions = expressions.into_iter().rev();
            expressions.fold(group, |group, (name, text)| group.expression(name, text)).build().unwrap()
        },
    )
}

fn virtual_groups(name: String) -> impl Strategy<Value = VirtualSchema> {
    let keys = vec(option::of(proptest::sample::select(vec![DataType::Int, DataType::String])), 1..3);
    let features = btree_map(names(), (option::of(data_types()), texts()), 0..3);
    (keys, features, texts(), btree_set(names(), 1..3), option::of(1_i64..i64::MAX), any::<bool>()).prop_map(
        move |(keys, features, text, sources, ttl, own)| {
            let mut group = VirtualSchema::builder(&name).version(2).description(&text).tag("no", "~");
            for (at, of) in keys.into_iter().enumerate() {
                let key = format!("KEY{at}");
                group = of.map_or(group.clone().entity_key(&key), |of| group.entity_key_as(key, of));
            }
            if let Some(ttl) = ttl {
                group = group.event_time("EVENT").ttl(Ttl::from_ns(ttl).unwrap());
            }
            let own = own && !features.is_empty();
            if !own {
                group = group.sql(format!("{text} 1"));
            }
            for (name, (of, text)) in features.into_iter().rev() {
                let sql = format!("{text} 1");
                group = match (of, own) {
                    (Some(of), true) => group.query_as(name, of, sql),
                    (None, true) => group.query(name, sql),
                    (Some(of), false) => group.feature(name, of),
                    (None, false) => group.open_feature(name),
                };
            }
            sources.into_iter().fold(group, VirtualBuilder::source).build().unwrap()
        },
    )
}

/// Definitions of one sort under some names.
fn some<S: Strategy>(prefix: &'static str, of: impl Fn(String) -> S) -> impl Strategy<Value = Vec<S::Value>> {
    btree_set(names(), 0..3)
        .prop_flat_map(move |names| names.into_iter().map(|name| of(format!("{prefix}{name}"))).collect::<Vec<_>>())
}

/// Several groups, some in two versions, what is derived, and services.
pub(crate) fn definitions() -> impl Strategy<Value = Definitions> {
    let of_name = |name: String| (groups(name.clone(), 1), option::of(groups(name, 7)));
    let groups = some("g-", of_name);
    let derived = (some("s-", sources), some("w-", windows), some("v-", virtual_groups), some("o-", on_demand));
    (groups, derived, some("", services)).prop_map(
        |(groups, (sources, windows, virtual_groups, on_demand), services)| {
            let groups = groups.into_iter().flat_map(|(first, second)| std::iter::once(first).chain(second)).collect();
            Definitions::from_parts(DefinitionParts { sources, groups, windows, virtual_groups, on_demand, services })
                .unwrap()
        },
    )
}

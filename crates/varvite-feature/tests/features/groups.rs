//! Features of several groups beside one table of entities (S01, S06, S10, S11, S12, S20).

use arrow::array::{ArrayRef, RecordBatch};
use varvite_feature::{EntityRows, Error, FeatureStore, HistoricalFeatures, HistoricalOptions, Result, WriteMode};
use varvite_schema::{DataType, Definitions, FeatureGroupSchema, FeatureSchema, FeatureService};

use crate::world::{batch, column, ints, line, lines, rows, simple, store, texts, times, us};

/// `users` by `user_id` with `age` and `name`, in two versions; `shops` by `shop_id` with `name`; `rates` by time alone;
/// `countries` by `country` alone.
fn market() -> FeatureStore {
    let store = store();
    let users = FeatureGroupSchema::builder("users").entity_key("user_id", "bigint").event_time("at");
    let users = users.feature(FeatureSchema::builder("age", "int")).feature(FeatureSchema::builder("name", "string"));
    store.register(&users.clone().build().unwrap()).unwrap();
    let newer = users.version(2).replace_feature(FeatureSchema::builder("age", "string"));
    let shops = FeatureGroupSchema::builder("shops").entity_key("shop_id", "string").event_time("at");
    let rates = FeatureGroupSchema::builder("rates").event_time("at").feature(FeatureSchema::builder("rate", "double"));
    let countries = FeatureGroupSchema::builder("countries").entity_key("country", "string");
    let countries = countries.feature(FeatureSchema::builder("people", "bigint"));
    store.register(&newer.build().unwrap()).unwrap();
    let shops = shops.feature(FeatureSchema::builder("name", "string"));
    for group in [shops, rates, countries] {
        store.register(&group.build().unwrap()).unwrap();
    }
    let write = |group: &str, table: RecordBatch| {
        let _ = store.write(group, &[table], WriteMode::Append).unwrap();
    };
    let users = |ages: ArrayRef| {
        batch([
            ("user_id", ints([1, 2, 1])),
            ("at", times([10, 10, 20])),
            ("age", ages),
            ("name", texts(["a", "b", "c"])),
        ])
    };
    write("users@v1", users(crate::world::int32s([30, 40, 31])));
    write("users", users(texts(["thirty", "forty", "thirty-one"])));
    write("shops", batch([("shop_id", texts(["x", "y"])), ("at", times([5, 15])), ("name", texts(["X", "Y"]))]));
    write("rates", batch([("at", times([0, 12])), ("rate", crate::world::doubles([0.5, 0.75]))]));
    write("countries", batch([("country", texts(["fr", "de", "fr"])), ("people", ints([1, 2, 3]))]));
    store
}

fn spine() -> RecordBatch {
    batch([
        ("user_id", ints([Some(2), Some(1), Some(1), Some(9), None, Some(1)])),
        ("shop_id", texts([Some("y"), Some("x"), None, Some("y"), Some("x"), Some("x")])),
        ("country", texts([Some("fr"), Some("es"), Some("fr"), None, Some("de"), Some("es")])),
        ("t", times([Some(10), Some(19), Some(20), Some(30), Some(30), None])),
        ("label", ints([0, 1, 2, 3, 4, 5])),
    ])
}

fn read(store: &FeatureStore, references: &[&str], options: &HistoricalOptions) -> Result<HistoricalFeatures> {
    store.get_historical_features(&EntityRows::at_times(spine(), "t")?, references, options)
}

#[track_caller]
fn fails(store: &FeatureStore, references: &[&str], options: &HistoricalOptions, code: &str, text: &str) {
    let error = read(store, references, options).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, text));
}

const DEFAULT: fn() -> HistoricalOptions = HistoricalOptions::default;

#[test]
fn s10_groups_are_joined_one_by_one_and_no_row_is_lost() {
    let store = market();
    let references = ["rates.rate", "users@v1.age", "shops.name", "countries.people"];
    let found = read(&store, &references, &DEFAULT()).unwrap();
    let table = found.to_batch().unwrap();
    assert_eq!(table.project(&[0, 1, 2, 3, 4]).unwrap(), spine());
    let names: Vec<String> = table.schema().fields().iter().skip(5).map(|field| field.name().clone()).collect();
    assert_eq!(names, ["rate", "age", "name", "people"], "in the order of the request");
    assert_eq!(
        lines(&table.project(&[4, 5, 6, 7, 8]).unwrap()),
        ["0 0.5 40 - 3", "1 0.75 30 X -", "2 0.75 31 - 3", "3 0.75 - Y -", "4 0.75 - X 2", "5 - - - -"]
    );
    let report = found.report();
    assert_eq!((report.rows, report.null_times), (6, 1));
    let nulls = [("users", 1), ("shops", 1), ("countries", 1)].map(|(group, count)| (group.to_owned(), count));
    assert_eq!(report.null_keys, nulls);
    // Features of one group need not stand together.
    let found = read(&store, &["users@v1.name", "rates.rate", "users@v1.age"], &DEFAULT()).unwrap().to_batch().unwrap();
    assert_eq!(lines(&found.project(&[5, 6, 7]).unwrap())[..3], ["b 0.5 40", "a 0.75 30", "c 0.75 31"]);
}

#[test]
fn s10_two_columns_never_get_one_name() {
    let store = market();
    let twice = "two columns of the answer would be named `name`: `users.name` and `shops.name`";
    fails(&store, &["users.name", "shops.name"], &DEFAULT(), "VV0422", twice);
    let twice = "two columns of the answer would be named `age`: `users.age` and `users.age`";
    fails(&store, &["users.age", "users.age"], &DEFAULT(), "VV0422", twice);
    fails(&store, &["users.*", "users.age"], &DEFAULT(), "VV0422", twice);
    fails(&store, &["users@v1.age", "users@v2.age"], &DEFAULT(), "VV0422", twice);
    let full = DEFAULT().with_full_names(true);
    let found = read(&store, &["users.name", "shops.name"], &full).unwrap().to_batch().unwrap();
    assert_eq!(
        (line(&found, "users__name"), line(&found, "shops__name")),
        ("b a c - - -".into(), "- X - Y X -".into())
    );
    let twice = "two columns of the answer would be named `users__age`: `users.age` and `users.age`";
    fails(&store, &["users@v1.age", "users@v2.age"], &full, "VV0422", twice);
    // With a column of the entities.
    let taken = spine().project(&[0, 3]).unwrap();
    let taken = batch([("user_id", taken.column(0).clone()), ("t", taken.column(1).clone()), ("age", ints([0; 6]))]);
    let entities = EntityRows::at_times(taken, "t").unwrap();
    let error = store.get_historical_features(&entities, ["users.age"], &DEFAULT()).unwrap_err();
    assert_eq!(error.to_string(), "two columns of the answer would be named `age`: an entity column and `users.age`");
    let found = store.get_historical_features(&entities, ["users.age"], &full).unwrap().to_batch().unwrap();
    assert_eq!(line(&found, "users__age"), "forty thirty thirty-one - - -");
}

#[test]
fn s14_versions_are_read_side_by_side() {
    let store = market();
    let full = DEFAULT().with_full_names(true);
    let references = ["users.age", "users@v1 as old.age", "users@v2 as new.*"];
    let found = read(&store, &references, &full).unwrap().to_batch().unwrap();
    assert_eq!(line(&found, "old__age"), "40 30 31 - - -");
    assert_eq!(line(&found, "users__age"), "forty thirty thirty-one - - -");
    assert_eq!(line(&found, "new__age"), line(&found, "users__age"));
    assert_eq!(line(&found, "new__name"), "b a c - - -");
}

#[test]
fn s10_an_alias_joins_a_group_again_on_other_columns() {
    let store = market();
    let pairs = batch([("buyer", ints([1, 2, 9])), ("seller", ints([2, 2, 1])), ("t", times([15, 10, 99]))]);
    let entities = EntityRows::at_times(pairs, "t").unwrap();
    let references = ["users as buyer.name", "users@v1 as seller.name", "users as seller.age"];
    let options = DEFAULT().with_full_names(true).with_key("buyer", "user_id", "buyer");
    let read = |options: &HistoricalOptions| store.get_historical_features(&entities, references, options);
    let error = read(&options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the entity table has no column `user_id`, which `users@v1` needs: it has `buyer`, `seller`, `t`"
    );
    assert_eq!(error.code(), "VV0420");
    let options = options.with_key("seller", "user_id", "seller");
    let found = read(&options).unwrap().to_batch().unwrap();
    assert_eq!(line(&found, "buyer__name"), "a b -");
    assert_eq!(line(&found, "seller__name"), "b b c");
    assert_eq!(line(&found, "seller__age"), "forty forty thirty-one");
    let unknown = options.clone().with_key("seller", "userid", "seller");
    let error = read(&unknown).unwrap_err();
    assert_eq!(error.to_string(), "option `key_map` is not usable: `seller` has no key `userid`: it has user_id");
    let unread = options.clone().with_key("users", "user_id", "seller");
    let error = read(&unread).unwrap_err();
    assert!(error.to_string().contains("`users` is not read: buyer, seller"), "{error}");
    let nowhere = options.with_key("seller", "user_id", "salesman");
    assert!(read(&nowhere).unwrap_err().to_string().contains("no column `salesman`"));
}

#[test]
fn s20_what_is_not_there_is_named_with_what_is() {
    let store = market();
    let text = |references: &[&str]| {
        let error = read(&store, references, &DEFAULT()).unwrap_err();
        format!("{}: {error}", error.code())
    };
    for (reference, expected) in [
        ("users.agee", &["users@v2", "age", "name"][..]),
        ("user.age", &["user", "users"]),
        ("users@v3.age", &["users", "v1", "v2"]),
        ("age", &["group.age"]),
        ("service:none", &["none"]),
    ] {
        let found = text(&[reference]);
        assert!(expected.iter().all(|part| found.contains(part)), "{reference}: {found}");
    }
    let missing = batch([("shop_id", texts(["x"])), ("t", times([1]))]);
    let entities = EntityRows::at_times(missing, "t").unwrap();
    let error = store.get_historical_features(&entities, ["users.age"], &DEFAULT()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the entity table has no column `user_id`, which `users@v2` needs: it has `shop_id`, `t`"
    );
    let error = EntityRows::at_times(spine(), "time").unwrap_err();
    assert!(error.to_string().contains("no time column `time`: it has `user_id`"), "{error}");
    let error = EntityRows::at_times(spine(), "label").unwrap_err();
    assert_eq!(error.to_string(), "the entity table cannot be used: column `label` is Int64, which is no time");
}

#[test]
fn services_stand_for_what_they_list() {
    let store = market();
    let service = FeatureService::builder("model").reference("users@v1.age").reference("shops.*");
    let groups = store.registry().state().unwrap().definitions().groups().to_vec();
    let definitions = Definitions::try_new(groups, vec![service.build().unwrap()]).unwrap();
    store.apply(&definitions).unwrap();
    let found = read(&store, &["rates.rate", "service:model"], &DEFAULT()).unwrap().to_batch().unwrap();
    assert_eq!((line(&found, "age"), line(&found, "name")), ("40 30 31 - - -".into(), "- X - Y X -".into()));
    let found = read(&store, &["service:model@v1"], &DEFAULT()).unwrap();
    assert_eq!(found.schema().fields().len(), 7);
    assert!(read(&store, &["service:model@v9"], &DEFAULT()).is_err());
    assert!(read(&store, &["service:model@1"], &DEFAULT()).is_err());
}

#[test]
fn s01_batches_of_entities_come_back_as_they_were_also_empty_ones() {
    let store = market();
    let all = spine();
    let parts =
        vec![all.slice(0, 0), all.slice(0, 1), all.slice(1, 0), all.slice(1, 4), all.slice(5, 1), all.slice(0, 0)];
    let sizes: Vec<usize> = parts.iter().map(RecordBatch::num_rows).collect();
    let entities = EntityRows::at_times(parts, "t").unwrap();
    let references = ["users.*", "rates.rate"];
    let found = store.get_historical_features(&entities, references, &DEFAULT()).unwrap();
    assert_eq!(found.batches().iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), sizes);
    assert_eq!(found.to_batch().unwrap(), read(&store, &references, &DEFAULT()).unwrap().to_batch().unwrap());
    for none in [vec![all.slice(0, 0)], vec![all.slice(0, 0), all.slice(3, 0)]] {
        let found = store.get_historical_features(&EntityRows::at_times(none, "t").unwrap(), references, &DEFAULT());
        let found = found.unwrap();
        assert_eq!((found.report().rows, found.schema().fields().len()), (0, 8));
    }
    let nothing = EntityRows::at_times((all.schema(), Vec::new()), "t").unwrap();
    let found = store.get_historical_features(&nothing, references, &DEFAULT()).unwrap();
    assert_eq!((found.batches().len(), found.to_batch().unwrap().num_rows()), (0, 0));
    assert!(store.explain(&nothing, references, &DEFAULT()).unwrap().values.is_empty());
    assert_eq!(EntityRows::at_times(Vec::new(), "t").unwrap_err().code(), "VV0423");
}

#[test]
fn s12_ids_are_rows_and_never_crossed() {
    let store = store();
    let group = FeatureGroupSchema::builder("pairs").entity_key("a", "string").entity_key("b", "string");
    let group = group.event_time("at").feature(FeatureSchema::builder("v", DataType::BigInt));
    store.register(&group.build().unwrap()).unwrap();
    // Keys that would be equal if their parts were joined as text.
    let keys = [("1", "11"), ("11", "1"), ("", "111"), ("111", ""), ("a\0", "b"), ("a", "\0b")];
    let columns = |keys: &[(&'static str, &'static str)]| {
        let (a, b) = (texts(keys.iter().map(|key| key.0)), texts(keys.iter().map(|key| key.1)));
        [("a", a), ("b", b)]
    };
    let values = [("at", times([1; 6])), ("v", ints(0..6))];
    let _ = store.write("pairs", &[batch(columns(&keys).into_iter().chain(values))], WriteMode::Upsert).unwrap();
    let asked = [keys[1], keys[0], keys[0], ("1", "1"), keys[5], keys[4], keys[3], keys[2], keys[1]];
    let ids = EntityRows::rows_of(columns(&asked)).unwrap();
    let found = store.get_features(["pairs.v"], &[ids], None).unwrap().to_batch().unwrap();
    assert_eq!(line(&found, "v"), "1 0 0 - 5 4 3 2 1");
    let error = EntityRows::rows_of([("a", texts(["1", "2"])), ("b", texts(["1"]))]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the entity table cannot be used: its columns are of different lengths: `a` has 2, `b` has 1"
    );
}

#[test]
fn s11_one_time_for_all_and_never_a_row_from_after_now() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    // The clock stands at 1000 us.
    let _ =
        store.write("g", &[rows(&[(1, 10, 1), (1, 999, 2), (1, 1000, 3), (1, 1001, 4)])], WriteMode::Append).unwrap();
    let ids = [batch([("k", ints([1, 7, 1]))])];
    let found =
        |time: Option<i64>| line(&store.get_features(["g.v"], &ids, time.map(us)).unwrap().to_batch().unwrap(), "v");
    assert_eq!(found(None), "3 - 3");
    assert_eq!(found(Some(9)), "- - -");
    assert_eq!(found(Some(999)), "2 - 2");
    assert_eq!(found(Some(5000)), "3 - 3", "what happens after now is not served");
}

#[test]
fn s06_strict_refuses_what_is_else_counted() {
    let store = market();
    let strict = DEFAULT().with_strict(true);
    let error = read(&store, &["rates.rate"], &strict).unwrap_err();
    assert_eq!(error.to_string(), "the entity table cannot be used: 1 rows have no time");
    let entities = EntityRows::at_times(spine().slice(0, 5), "t").unwrap();
    let error = store.get_historical_features(&entities, ["rates.rate", "users.age"], &strict).unwrap_err();
    assert!(matches!(error, Error::InvalidEntities { .. }));
    assert_eq!(error.to_string(), "the entity table cannot be used: 1 rows have a null key of `users`");
    assert!(store.get_historical_features(&entities, ["rates.rate"], &strict).is_ok());
}

#[test]
fn s10_groups_without_rows_answer_with_nulls_of_their_types() {
    let store = store();
    store.register(&simple("g").feature(FeatureSchema::builder("w", "array<double>")).build().unwrap()).unwrap();
    let entities = EntityRows::at(batch([("k", ints([1, 2]))]), us(5)).unwrap();
    let found = store.get_historical_features(&entities, ["g.*"], &DEFAULT()).unwrap().to_batch().unwrap();
    assert_eq!(column(&found, "v"), ["-", "-"]);
    let expected = DataType::to_arrow(&"array<double>".parse().unwrap());
    assert_eq!(found.column_by_name("w").unwrap().data_type(), &expected);
    // The same after its rows are gone.
    let _ = store.write("g", &[rows(&[(1, 1, 1)])], WriteMode::Append).unwrap();
    let _ = store.write("g", &[], WriteMode::Overwrite).unwrap();
    let found = store.get_historical_features(&entities, ["g.*"], &DEFAULT()).unwrap().to_batch().unwrap();
    assert_eq!(column(&found, "v"), ["-", "-"]);
}

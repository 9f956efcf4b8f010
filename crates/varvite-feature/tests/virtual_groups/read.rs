//! Reads of virtual groups: alone, beside other features, through services and expressions.

use std::sync::Arc;

use arrow::array::{Int32Array, StringArray, TimestampSecondArray};
use varvite_feature::{AsOf, EntityRows, Error, HistoricalOptions, Reason};
use varvite_schema::{FeatureService, OnDemandSchema, VirtualSchema};

use crate::world::{bought, doubles, doubles_of, entities, ints, ints_of, read, read_with, rows, store, times};

#[test]
fn s01_s06_rows_stay_and_null_keys_and_times_match_nothing() {
    let (store, engine) = bought();
    let found = read(&store, &["buys.n", "buys.spend"]);
    assert_eq!(found.num_rows(), entities().num_rows());
    assert_eq!(ints_of(&found, "user"), [Some(1), None, Some(2), Some(1), Some(1), Some(3), Some(1)]);
    assert_eq!(ints_of(&found, "n"), [Some(2), None, Some(1), Some(1), None, None, Some(2)]);
    assert_eq!(doubles_of(&found, "spend"), [Some(3.0), None, Some(8.0), Some(1.0), None, None, Some(3.0)]);
    // Those without a key or a time were never asked for.
    assert_eq!(*engine.asked.lock().unwrap(), [5]);
    let report = store.get_historical_features(&entities(), ["buys.n"], &HistoricalOptions::default()).unwrap();
    assert_eq!(report.report().null_times, 1);
    assert_eq!(report.report().null_keys, [("buys".to_owned(), 1)]);
    let strict = HistoricalOptions::default().with_strict(true);
    assert!(matches!(
        store.get_historical_features(&entities(), ["buys.n"], &strict),
        Err(Error::InvalidEntities { .. })
    ));
}

#[test]
fn entity_rows_that_match_nothing_need_no_engine_run() {
    let (store, engine) = bought();
    let nobody = rows([("user", ints(vec![None, Some(1)])), ("time", times(vec![Some(20), None]))]);
    for nobody in [nobody.clone(), nobody.slice(0, 0)] {
        let entities = EntityRows::at_times(nobody.clone(), "time").unwrap();
        let found = store.get_historical_features(&entities, ["buys.*"], &HistoricalOptions::default()).unwrap();
        let found = found.to_batch().unwrap();
        assert_eq!((ints_of(&found, "n"), found.num_rows()), (vec![None; nobody.num_rows()], nobody.num_rows()));
    }
    assert!(engine.asked.lock().unwrap().is_empty());
}

#[test]
fn features_of_all_sorts_stand_side_by_side() {
    let (store, _) = bought();
    let ratio = OnDemandSchema::builder("r").input("buys.spend").input("users.score").input("buys.n");
    let ratio = ratio.expression("mean", "spend / n").expression("both", "spend + score");
    store.register_on_demand(&ratio.build().unwrap()).unwrap();
    let service = FeatureService::builder("churn").reference("users.score").reference("r.mean").reference("buys.n");
    let wanted = varvite_schema::Definitions::try_new(vec![], vec![service.build().unwrap()]).unwrap();
    store.apply(&wanted).unwrap();
    let found = read(&store, &["r.both", "service:churn"]);
    let names: Vec<String> = found.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["user", "time", "both", "score", "mean", "n"]);
    assert_eq!(doubles_of(&found, "both")[..4], [Some(3.5), None, Some(8.25), Some(1.5)]);
    assert_eq!(doubles_of(&found, "mean"), [Some(1.5), None, Some(8.0), Some(1.0), None, None, Some(1.5)]);
    assert_eq!(doubles_of(&found, "score")[..4], [Some(0.5), None, Some(0.25), Some(0.5)]);
}

#[test]
fn s10_a_group_joins_twice_under_aliases() {
    let (store, _) = bought();
    let pairs = rows([("buyer", ints(vec![Some(1), Some(2)])), ("seller", ints(vec![Some(2), Some(1)]))]);
    let pairs = EntityRows::at(pairs, "1970-01-01T00:00:00.000030Z".parse().unwrap()).unwrap();
    let options = HistoricalOptions::default().with_full_names(true);
    let options = options.with_key("b", "user", "buyer").with_key("s", "user", "seller");
    let found = store.get_historical_features(&pairs, ["buys as b.n", "buys as s.n"], &options).unwrap();
    let found = found.to_batch().unwrap();
    assert_eq!((ints_of(&found, "b__n"), ints_of(&found, "s__n")), (vec![Some(3), Some(1)], vec![Some(1), Some(3)]));
    let plan =
        store.plan_historical(&pairs, ["buys as b.n"], &HistoricalOptions::default().with_key("b", "user", "buyer"));
    assert_eq!(plan.unwrap().to_string(), "buys@v1 as b by a query of purchases on (user = buyer): n");
}

#[test]
fn s11_s12_ids_are_read_as_of_one_time_and_never_the_future() {
    let (store, _) = bought();
    let store = store.with_clock(|| "1970-01-01T00:00:00.000020Z".parse().unwrap()).unwrap();
    let ids = [rows([("user", ints(vec![Some(2), Some(1), Some(1)]))])];
    let found = store.get_features(["buys.n"], &ids, None).unwrap().to_batch().unwrap();
    assert_eq!(ints_of(&found, "n"), [Some(1), Some(2), Some(2)]);
    let later = "1970-01-01T00:00:01Z".parse().unwrap();
    let found = store.get_features(["buys.n"], &ids, Some(later)).unwrap().to_batch().unwrap();
    assert_eq!(ints_of(&found, "n"), [Some(1), Some(2), Some(2)]);
}

#[test]
fn s02_s03_s05_dated_rows_win_by_time() {
    let (store, _) = store();
    let last = VirtualSchema::builder("last").entity_key("user").source("purchases").event_time("at").ttl(6_000);
    let last = last.sql("SELECT user, at, euros AS paid FROM purchases");
    store.define_virtual_features(&last.build().unwrap()).unwrap();
    let paid = |options: &HistoricalOptions| doubles_of(&read_with(&store, &["last.paid"], options), "paid");
    let options = HistoricalOptions::default();
    assert_eq!(paid(&options), [Some(2.0), None, None, Some(1.0), None, None, Some(2.0)]);
    assert_eq!(paid(&options.clone().with_tolerance_ns(0)), [None, None, None, Some(1.0), None, None, None]);
    assert_eq!(paid(&options.with_allow_exact_match(false)), [Some(2.0), None, None, None, None, None, Some(2.0)]);
}

#[test]
fn s19_keys_of_other_widths_are_equal_and_text_is_not() {
    let (store, _) = bought();
    let time = "1970-01-01T00:00:01Z".parse().unwrap();
    let narrow = rows([("user", Arc::new(Int32Array::from(vec![1, 2])) as _)]);
    let found = store.get_historical_features(
        &EntityRows::at(narrow, time).unwrap(),
        ["buys.n"],
        &HistoricalOptions::default(),
    );
    assert_eq!(ints_of(&found.unwrap().to_batch().unwrap(), "n"), [Some(3), Some(1)]);
    let text = rows([("user", Arc::new(StringArray::from(vec!["1"])) as _)]);
    let error =
        store.get_historical_features(&EntityRows::at(text, time).unwrap(), ["buys.n"], &HistoricalOptions::default());
    assert!(matches!(error, Err(Error::KeyTypeMismatch { .. })), "{error:?}");
}

#[test]
fn s07_times_keep_their_unit() {
    let seconds = AsOf::EachRow(Arc::new(TimestampSecondArray::from(vec![Some(253_402_300_799), None])));
    let found = seconds.instants(2).unwrap();
    assert_eq!(found, [Some("9999-12-31T23:59:59Z".parse().unwrap()), None]);
    assert!(AsOf::EachRow(doubles(vec![None])).instants(1).is_err());
}

#[test]
fn explain_says_why_and_how() {
    use Reason::{Found, NullKey, NullQueried};
    let (store, _) = bought();
    let found = store.explain(&entities(), ["buys.n"], &HistoricalOptions::default()).unwrap();
    let reasons: Vec<Reason> = found.values.iter().map(|value| value.reason).collect();
    assert_eq!(reasons, [Found, NullKey, Found, Found, NullKey, NullQueried, Found]);
    assert_eq!(found.queries[0].group, "buys@v1");
    let text = found.to_string();
    assert!(text.ends_with("buys@v1:\n  every row of each source for each of 5 rows\n  SELECT user, count(*) AS n, sum(euros) AS spend FROM purchases GROUP BY user"), "{text}");
}

#[test]
fn a_table_made_elsewhere_is_compared() {
    let (store, _) = bought();
    let table = rows([
        ("user", ints(vec![Some(1), Some(1)])),
        ("time", times(vec![Some(20), Some(20)])),
        ("n", ints(vec![Some(2), Some(3)])),
    ]);
    let table = EntityRows::at_times(table, "time").unwrap();
    let report = store.leak_check(&table, ["buys.n"], &HistoricalOptions::default()).unwrap();
    assert_eq!((report.columns[0].equal, report.columns[0].different), (1, 1));
}

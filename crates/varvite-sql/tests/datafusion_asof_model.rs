//! `ASOF JOIN` against a model that looks at every pair of rows.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;
use varvite_sql::{DataFusionExecutor, Limits, MemoryTable, Query, QueryExecutor};

/// Two keys and a time.
type Row = (Option<i32>, Option<u8>, Option<i64>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let some = |range: std::ops::Range<i64>| proptest::option::weighted(0.9, range);
    let row = (some(0..3), some(0..3), some(-10..10));
    let row = row.prop_map(|(a, b, t)| (a.map(|a| i32::try_from(a).unwrap()), b.map(|b| u8::try_from(b).unwrap()), t));
    proptest::collection::vec(row, 0..60)
}

/// The rows in batches of a few, their places as `id`. The other side has other types for the same values.
fn table(rows: &[Row], each: usize, is_left: bool) -> MemoryTable {
    let a: ArrayRef = if is_left {
        Arc::new(rows.iter().map(|row| row.0).collect::<Int32Array>())
    } else {
        Arc::new(rows.iter().map(|row| row.0.map(i64::from)).collect::<Int64Array>())
    };
    let b = rows.iter().map(|row| row.1.map(|key| ["", "b", "c'"][usize::from(key)])).collect::<StringArray>();
    let t: ArrayRef = if is_left {
        Arc::new(rows.iter().map(|row| row.2.map(|time| time * 1000)).collect::<TimestampNanosecondArray>())
    } else {
        Arc::new(rows.iter().map(|row| row.2).collect::<TimestampMicrosecondArray>())
    };
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let float = rows.iter().map(|row| row.2.map(|time| time as f64 / 4.0)).collect::<Float64Array>();
    let flag = rows.iter().map(|row| row.1.map(|key| key > 0)).collect::<BooleanArray>();
    let id = Int64Array::from_iter_values((0..).take(rows.len()));
    let columns: [(&str, ArrayRef, bool); 6] = [
        ("a", a, true),
        ("b", Arc::new(b), true),
        ("t", t, true),
        ("f", Arc::new(float), true),
        ("o", Arc::new(flag), true),
        ("id", Arc::new(id), false),
    ];
    let all = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let parts = (0..rows.len()).step_by(each).map(|at| all.slice(at, each.min(rows.len() - at))).collect();
    MemoryTable::try_new(all.schema(), parts).unwrap()
}

/// Whether a partner is one: of those with the same keys and on the right side of the time, none is nearer.
fn is_right(left: &Row, right: &[Row], keys: usize, sign: &str, partner: Option<i64>) -> bool {
    let same = |row: &Row| match keys {
        0 => true,
        1 => left.0.is_some() && left.0 == row.0,
        2 => left.0.is_some() && left.0 == row.0 && left.1.is_some() && left.1 == row.1,
        _ => left.1.is_some() && row.1.is_some() && (left.1 > Some(0)) == (row.1 > Some(0)),
    };
    let near = |row: &Row| match (left.2, row.2) {
        (Some(l), Some(r)) => match sign {
            ">=" => l >= r,
            ">" => l > r,
            "<=" => l <= r,
            _ => l < r,
        },
        _ => false,
    };
    let times = right.iter().filter(|row| same(row) && near(row)).filter_map(|row| row.2);
    let nearest = if sign.starts_with('>') { times.max() } else { times.min() };
    match partner {
        None => nearest.is_none(),
        Some(id) => {
            let row = &right[usize::try_from(id).unwrap()];
            same(row) && row.2 == nearest
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn each_row_has_its_nearest(
        left in rows(),
        right in rows(),
        each in (1_usize..40, 1_usize..20),
        keys in 0_usize..4,
        sign in 0_usize..4,
        is_float in any::<bool>(),
        partitions in 1_usize..5,
        batch_rows in 1_usize..20,
    ) {
        let sign = [">=", ">", "<=", "<"][sign];
        let on = ["", "ON l.a = r.a", "ON l.a = r.a AND r.b = l.b", "ON r.o = l.o"][keys];
        let time = if is_float { "f" } else { "t" };
        let sql = format!(
            "SELECT l.id, r.id AS partner FROM l ASOF JOIN r MATCH_CONDITION (l.{time} {sign} r.{time}) {on}"
        );
        let query = Query::new(sql)
            .with_table("l", table(&left, each.0, true))
            .with_table("r", table(&right, each.1, false));
        let executor = DataFusionExecutor::try_new().unwrap().with_partitions(NonZeroUsize::new(partitions).unwrap());
        let limits = Limits::default().with_batch_rows(batch_rows);
        let answer = executor.execute(&query, &limits).unwrap().collect_batch().unwrap();
        let ids = answer.column(0).as_primitive::<Int64Type>();
        let mut seen: Vec<i64> = ids.values().to_vec();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..).take(left.len()).collect::<Vec<i64>>(), "each row of the left comes once");
        for (id, partner) in ids.values().iter().zip(answer.column(1).as_primitive::<Int64Type>()) {
            let row = &left[usize::try_from(*id).unwrap()];
            prop_assert!(is_right(row, &right, keys, sign, partner), "{:?} {} {:?}: {:?}", row, sign, partner, right);
        }
    }
}

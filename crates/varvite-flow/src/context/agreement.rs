//! The promise that one graph gives one answer: a data set, batches of any size, row by row.

use arrow::array::{Array, RecordBatch};

use crate::graph::Dataflow;
use crate::row::lane::values_of;
use crate::value::Value;

/// Fits on all batches, then computes them together, batch by batch, and row by row, and compares to the bit. For
/// tests of graphs; what is asked for are nodes of rows.
///
/// # Panics
/// If answers differ, or one cannot be had.
pub fn assert_agreement(flow: &Dataflow, request: &[&str], batches: &[RecordBatch]) {
    let fitted = flow.fit_named(batches, request).unwrap_or_else(|error| panic!("cannot fit: {error}"));
    let text = serde_json::to_string(&fitted).unwrap_or_else(|error| panic!("cannot store: {error}"));
    let fitted = serde_json::from_str(&text).unwrap_or_else(|error| panic!("cannot read what was stored: {error}"));
    let Some(first) = batches.first() else { return };
    let all = arrow::compute::concat_batches(&first.schema(), batches);
    let all = all.unwrap_or_else(|error| panic!("batches do not fit together: {error}"));
    let offline =
        flow.run().fitted(&fitted).frame(&all).get_named(request).unwrap_or_else(|error| panic!("offline: {error}"));
    let mut stream = flow.stream_named(&fitted, request).unwrap_or_else(|error| panic!("stream: {error}"));
    let mut online = flow.online_named(&fitted, request).unwrap_or_else(|error| panic!("online: {error}"));
    let mut streamed: Vec<Vec<Value>> = vec![Vec::new(); request.len()];
    let mut rows: Vec<Vec<Value>> = vec![Vec::new(); request.len()];
    for batch in batches {
        let made = stream.push(batch).unwrap_or_else(|error| panic!("stream: {error}"));
        made.iter().zip(&mut streamed).for_each(|((_, value), all)| all.extend(values(value)));
        let columns: Vec<Vec<Value>> = online
            .required_inputs()
            .map(|(name, _)| batch.column_by_name(name).and_then(values_of).unwrap_or_default())
            .collect();
        for row in 0..batch.num_rows() {
            let given: Vec<Value> = columns.iter().map(|column| column.get(row).cloned().unwrap_or_default()).collect();
            let made = online.take_in(&given).unwrap_or_else(|error| panic!("row {row}: {error}"));
            made.iter().zip(&mut rows).for_each(|(value, all)| all.push(value.clone()));
        }
    }
    for ((name, value), (streamed, rows)) in offline.iter().zip(streamed.iter().zip(&rows)) {
        let offline = values(value);
        compare(name, "batches", &offline, streamed);
        compare(name, "rows", &offline, rows);
    }
}

fn values(value: &Value) -> Vec<Value> {
    match value {
        Value::Column(column) => values_of(column).unwrap_or_else(|| panic!("a column of {}", column.data_type())),
        other => panic!("{other:?} is no column: agreement is of nodes of rows"),
    }
}

fn compare(name: &str, how: &str, offline: &[Value], other: &[Value]) {
    assert_eq!(offline.len(), other.len(), "`{name}` by {how}: number of rows");
    for (row, (offline, other)) in offline.iter().zip(other).enumerate() {
        let same = match (offline, other) {
            (Value::F64(one), Value::F64(two)) => one.to_bits() == two.to_bits() || one.is_nan() && two.is_nan(),
            (one, two) => one == two,
        };
        assert!(same, "`{name}` by {how}, row {row}: {other:?}, offline {offline:?}");
    }
}

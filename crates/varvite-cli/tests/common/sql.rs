//! A store of bars by symbol and step, and questions about it.

use std::path::Path;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use varvite::prelude::*;
use varvite::{sublevel, toplevel};

use super::{Run, TempDir, command, folder};

#[sublevel]
struct Step {
    minutes: u32,
}

#[toplevel]
struct Bar {
    symbol: String,
    step: Step,
}

/// A folder with the store `prices`: AAPL every 5 and 15 minutes, MSFT every 5, six rows each at 0, 10, 20 ... in row groups
/// of two. Prices of AAPL are 100 and more, those of MSFT 200 and more.
pub fn with_prices() -> TempDir {
    let folder = folder();
    let store = Store::<Bar>::open(folder.path().join("prices")).unwrap();
    for (symbol, minutes, base) in [("AAPL", 5, 100.0), ("AAPL", 15, 100.0), ("MSFT", 5, 200.0)] {
        let ts = Arc::new(Int64Array::from(vec![0, 10, 20, 30, 40, 50])) as ArrayRef;
        let price = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(|more| base + more);
        let price = Arc::new(Float64Array::from(price.to_vec())) as ArrayRef;
        let rows = RecordBatch::try_from_iter([("ts", ts), ("price", price)]).unwrap();
        let key = Bar::new(symbol, Step::new(minutes).unwrap()).unwrap();
        let options = WriteOptions::ordered_on("ts").with_row_group_target_size(2);
        let _ = store.dataset(&key).unwrap().write(rows, &options).unwrap();
    }
    folder
}

/// Runs `varvite sql` with one query as one argument, and the words of `rest`.
pub fn ask(folder: &Path, query: &str, rest: &str) -> Run {
    let output = command(folder, "sql").arg(query).args(rest.split_whitespace()).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The rows of an answer as CSV, without the header.
pub fn rows(folder: &Path, query: &str, rest: &str) -> Vec<String> {
    let text = ask(folder, query, &format!("{rest} -o - --format csv")).ok();
    text.lines().skip(1).map(str::to_owned).collect()
}

//! A store of datasets by typed key: write two of them, list the keys, read a range, look at the folder.
//!
//! ```text
//! cargo run -p varvite --example 01_hello_store
//! ```

use std::error::Error;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch};
use varvite::arrow::datatypes::Float64Type;
use varvite::prelude::*;

/// The fields of a level make one folder: `AAPL-5`.
#[toplevel]
struct Bars {
    symbol: String,
    minutes: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = Store::<Bars>::open(folder.path())?;

    // A dataset appears with its first write, which says what it is ordered on.
    let options = WriteOptions::ordered_on("ts");
    for (symbol, price) in [("AAPL", 190.0), ("BTC/USDT", 60_000.0)] {
        let dataset = store.dataset(&Bars::new(symbol, 5)?)?;
        let report = dataset.write(bars(price)?, &options)?;
        println!("{symbol}\n{report}\n");
    }

    // The store is a sorted map that lives in folders.
    let keys = store.keys()?;
    assert_eq!(keys, [Bars::new("AAPL", 5)?, Bars::new("BTC/USDT", 5)?]);
    for key in &keys {
        println!("key {key}: symbol {}, folder {}/", key.symbol(), key.to_path());
    }

    // A range includes its start and excludes its end.
    let apple = store.get(&Bars::new("AAPL", 5)?)?.ok_or("it was just written")?;
    let rows = apple.read(&ScanOptions::default().with_range(300..900).with_columns(["close"]))?;
    let closes = rows.column(0).as_primitive::<Float64Type>().values();
    println!("\ncloses of AAPL at 300..900: {:?}", closes.to_vec());
    assert_eq!(closes.to_vec(), [191.0, 192.0]);

    // The files are plain Parquet, for any other tool; `_opdmd` is the log.
    println!("\nbelow the root:");
    let mut names = std::fs::read_dir(folder.path())?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    names.sort();
    println!("  {}", names.join("\n  "));
    assert!(names.iter().any(|name| name == "BTC%2FUSDT-5"));
    Ok(())
}

/// Four bars, five minutes apart.
fn bars(price: f64) -> Result<RecordBatch, varvite::arrow::error::ArrowError> {
    let ts = Int64Array::from(vec![0, 300, 600, 900]);
    let close: Float64Array = (0..4).map(|at| price + f64::from(at)).collect();
    RecordBatch::try_from_iter([("ts", Arc::new(ts) as ArrayRef), ("close", Arc::new(close))])
}

//! [`for_each_key`]: one job for every key of a store, several at a time.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;

use varvite_dataset::Dataset;
use varvite_key::Key;
use varvite_store::Store;

use crate::{Error, Result, StreamReport};

/// What became of each key, in order of keys.
#[derive(Debug)]
#[must_use = "a key that failed is no error of the call: look"]
pub struct KeysReport<K> {
    /// Keys with what was done.
    pub done: Vec<(K, StreamReport)>,
    /// Keys that failed, and why. Their datasets are where they last committed.
    pub failed: Vec<(K, Error)>,
}

/// Runs `work` once for each key of `store` that has a dataset, on up to `threads` threads. A key that fails does not keep the others
/// from being done.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use varvite_dataset::WriteOptions;
/// use varvite_key::toplevel;
/// use varvite_pipeline::{StepError, Stateful, StreamJob, for_each_key};
/// use varvite_store::Store;
///
/// #[toplevel]
/// struct Trades {
///     symbol: String,
/// }
///
/// # let folder = tempfile::tempdir()?;
/// let trades = Store::<Trades>::open(folder.path().join("trades"))?;
/// let counts = Store::<Trades>::open(folder.path().join("counts"))?;
/// # let rows = RecordBatch::try_from_iter([("at", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)])?;
/// # for symbol in ["A", "B"] {
/// #     trades.dataset(&Trades::new(symbol)?)?.write(rows.clone(), &WriteOptions::ordered_on("at"))?;
/// # }
/// let report = for_each_key(&trades, 2, |key, input| {
///     let output = counts.dataset(key).map_err(varvite_pipeline::Error::keys)?;
///     let job = StreamJob::new("counts", "trades", input, &output, WriteOptions::ordered_on("at"));
///     job.run(Stateful::new("count", 1, 0, |seen, rows: RecordBatch| {
///         *seen += rows.num_rows();
///         Ok::<_, StepError>(rows)
///     }))
/// })?;
/// assert_eq!((report.done.len(), report.failed.len()), (2, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Keys`] if keys cannot be listed: nothing was done.
pub fn for_each_key<K, F>(store: &Store<K>, threads: usize, work: F) -> Result<KeysReport<K>>
where
    K: Key + Send + Sync,
    F: Fn(&K, &Dataset) -> Result<StreamReport> + Sync,
{
    let keys = store.keys().map_err(Error::keys)?;
    let threads = threads.clamp(1, keys.len().max(1));
    let waiting = Mutex::new(keys.into_iter());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let one = |key: &K| match store.get(key).map_err(Error::keys)? {
        Some(dataset) => work(key, &dataset).map(Some),
        // Removed since keys were listed, or never written.
        None => Ok(None),
    };
    let worker = || std::iter::from_fn(next).map(|key| (one(&key), key)).collect::<Vec<_>>();
    let outcomes = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Vec<_>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    let mut report = KeysReport { done: Vec::new(), failed: Vec::new() };
    for (outcome, key) in outcomes {
        match outcome {
            Ok(Some(done)) => report.done.push((key, done)),
            Ok(None) => {}
            Err(error) => report.failed.push((key, error)),
        }
    }
    report.done.sort_by(|one, two| one.0.cmp(&two.0));
    report.failed.sort_by(|one, two| one.0.cmp(&two.0));
    Ok(report)
}

impl<K: Key> fmt::Display for KeysReport<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |of: fn(&StreamReport) -> u64| self.done.iter().map(|(_, report)| of(report)).sum::<u64>();
        let (rows_in, rows_out) = (sum(|report| report.rows_in), sum(|report| report.rows_out));
        write!(f, "{} keys: {rows_in} rows in, {rows_out} out", self.done.len())?;
        for (key, error) in &self.failed {
            write!(f, "\n{} failed: {error}", key.to_path())?;
        }
        Ok(())
    }
}

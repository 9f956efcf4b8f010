//! A sign of life for work that takes more than a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// A spinner with a count of rows on stderr. It shows after a second, on terminals, and never with `--json`.
pub(crate) struct Progress {
    bar: ProgressBar,
    finished: Arc<AtomicBool>,
}

impl Progress {
    /// Starts waiting; `of` rows are expected where that is known.
    pub(crate) fn start(what: &'static str, of: Option<u64>, json: bool) -> Self {
        let bar = ProgressBar::with_draw_target(of, ProgressDrawTarget::hidden());
        let template = match of {
            Some(_) => "{spinner} {msg} {wide_bar} {human_pos}/{human_len} rows, {elapsed}",
            None => "{spinner} {msg} {human_pos} rows, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        let finished = Arc::new(AtomicBool::new(false));
        if !json {
            show_later(bar.clone(), Arc::clone(&finished));
        }
        Self { bar, finished }
    }

    pub(crate) fn add(&self, rows: usize) {
        self.bar.inc(rows as u64);
    }

    /// What tells how many rows there are so far.
    #[cfg(feature = "asset")]
    pub(crate) fn setter(&self) -> impl Fn(u64) + Send + Sync + 'static {
        let bar = self.bar.clone();
        move |rows| bar.set_position(rows)
    }

    /// Counts the rows of `reader` as they are read.
    pub(crate) fn count(&self, reader: Box<dyn RecordBatchReader + Send>) -> Box<dyn RecordBatchReader + Send> {
        Box::new(Counted { reader, bar: self.bar.clone() })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finished.store(true, Ordering::Relaxed);
        self.bar.finish_and_clear();
    }
}

fn show_later(bar: ProgressBar, finished: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        if !finished.load(Ordering::Relaxed) {
            bar.set_draw_target(ProgressDrawTarget::stderr()); // draws nothing where that is no terminal
            bar.enable_steady_tick(Duration::from_millis(100));
        }
    });
}

struct Counted {
    reader: Box<dyn RecordBatchReader + Send>,
    bar: ProgressBar,
}

impl Iterator for Counted {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next();
        match &batch {
            Some(Ok(batch)) => self.bar.inc(batch.num_rows() as u64),
            Some(Err(_)) => {}
            None => self.bar.set_message("writing, read"),
        }
        batch
    }
}

impl RecordBatchReader for Counted {
    fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }
}

//! `varvite store intersections ROOT --key K...`

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use varvite::dataset::{Dataset, KeyRange, OrderedType, OrderedValue};
use varvite::store::{Catalog, Chunk, IntersectionOptions, Intersections};
use varvite::time::Period;

use super::{Outcome, open};
use crate::error::{Error, Result, similar};
use crate::output::format::count;
use crate::output::{print, print_json};

/// Walks over several datasets in lock step: one line a chunk
///
/// Every chunk holds the rows of each dataset in one range of the ordered column. Without --every and --max-rows, chunks
/// are cut where the stored row groups are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite store intersections prices --key XNAS-AAPL --key XNAS-MSFT --every 1D

JSON lines: {\"start\", \"end\", \"rows\": {key: number}}, open ends as null; the first chunk
counts the rows of --n-prev")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// A dataset, by its path as `store ls` prints it
    #[arg(long = "key", value_name = "PATH", required = true)]
    keys: Vec<String>,

    /// Smallest value of the ordered column
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    start: Option<String>,

    /// Smallest value that is beyond the range
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    end: Option<String>,

    /// So many rows before --start of each dataset as well
    #[arg(long, value_name = "N", default_value_t = 0)]
    n_prev: usize,

    /// Cuts chunks at the ends of periods, such as 1D or 1mo
    #[arg(long, value_name = "PERIOD")]
    every: Option<Period>,

    /// No dataset has more rows in a chunk, unless more share one value
    #[arg(long, value_name = "N")]
    max_rows: Option<usize>,

    /// Columns, in the order wanted
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    columns: Option<Vec<String>>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let catalog = open(&args.root)?;
    let datasets = args.keys.iter().map(|key| args.dataset(&catalog, key)).collect::<Result<Vec<_>>>()?;
    let ordered = datasets.iter().find_map(|(_, dataset)| dataset.snapshot()?.ordered_type.clone());
    let chunks = Intersections::over(datasets, &args.options())?;
    let lines = Lines { ordered, keys: &args.keys };
    let (mut chunks_seen, mut rows_seen) = (0_u64, 0_u64);
    for chunk in chunks {
        let chunk = chunk?;
        chunks_seen += 1;
        rows_seen += chunk.num_rows() as u64;
        if as_json { print_json(&lines.json(&chunk))? } else { print(&lines.text(&chunk))? }
    }
    if !as_json {
        let plural = crate::output::format::plural;
        print(&format!("{}, {}", plural(chunks_seen, "chunk"), plural(rows_seen, "row")))?;
    }
    Ok(Outcome::Done)
}

impl Args {
    fn dataset(&self, catalog: &Catalog, key: &str) -> Result<(String, Dataset)> {
        let unknown = || -> Result<Error> {
            let paths: Vec<String> = catalog.entries()?.into_iter().map(|entry| entry.path).collect();
            let suggestion = similar(key, paths.iter().map(String::as_str));
            Ok(Error::UnknownKey { root: self.root.display().to_string(), key: key.to_owned(), suggestion })
        };
        match catalog.dataset(key) {
            Ok(dataset) => Ok((key.to_owned(), dataset)),
            Err(varvite::store::Error::NotFound { .. }) => Err(unknown()?.into()),
            Err(error) => Err(error.into()),
        }
    }

    fn options(&self) -> IntersectionOptions<String> {
        let range = KeyRange { start: self.start.clone().map(Into::into), end: self.end.clone().map(Into::into) };
        let mut options = IntersectionOptions::default().with_range(range).with_n_prev(self.n_prev);
        options.every = self.every;
        options.max_rows = self.max_rows;
        options.columns.clone_from(&self.columns);
        options
    }
}

/// Prints chunks.
struct Lines<'a> {
    ordered: Option<OrderedType>,
    keys: &'a [String],
}

impl Lines<'_> {
    fn bound(&self, value: Option<&OrderedValue>) -> Option<String> {
        Some(self.ordered.as_ref()?.format(value?))
    }

    fn text(&self, chunk: &Chunk<String>) -> String {
        let range = chunk.range();
        let bound = |value: Option<&OrderedValue>| self.bound(value).unwrap_or_default();
        let mut text = format!("{:<42}", format!("{}..{}", bound(range.start.as_ref()), bound(range.end.as_ref())));
        for key in self.keys {
            let rows = chunk.get(key).map_or_else(|| "-".to_owned(), |rows| count(rows.num_rows() as u64));
            let _ = write!(text, "  {key} {rows:>7}");
        }
        text
    }

    fn json(&self, chunk: &Chunk<String>) -> Value {
        let rows: Map<String, Value> = chunk.iter().map(|(key, rows)| (key.clone(), rows.num_rows().into())).collect();
        let range = chunk.range();
        json!({"start": self.bound(range.start.as_ref()), "end": self.bound(range.end.as_ref()), "rows": rows})
    }
}

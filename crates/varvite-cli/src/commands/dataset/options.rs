//! What `write` and `replace` take beside their rows.

use std::sync::Arc;

use arrow::datatypes::Schema;
use clap::ValueEnum;
use varvite::dataset::{Compression, Dataset, Duplicates, RowGroupTarget, WriteOptions};

use super::columns;
use super::retention::RetentionArgs;

#[derive(Debug, clap::Args)]
pub(super) struct OptionArgs {
    /// The column that rows are ordered on, `event.ts` inside a struct; a new dataset needs it
    #[arg(long, value_name = "COLUMN")]
    ordered_on: Option<String>,

    /// What a row group aims for: a number of rows, or a period such as 1D or 1mo
    #[arg(long, value_name = "ROWS|PERIOD")]
    row_group_target_size: Option<RowGroupTarget>,

    /// Rows that agree in these columns and in the ordered one are the same row: the last written survives
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',', conflicts_with = "duplicates_on_all")]
    duplicates_on: Vec<String>,

    /// Rows that agree in all columns are the same row
    #[arg(long)]
    duplicates_on_all: bool,

    /// Repairs row groups off target beside the write if there are more than N
    #[arg(long, value_name = "N")]
    max_n_off_target_rgs: Option<usize>,

    /// Sets an entry of the key-value metadata
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,

    /// Removes an entry of the key-value metadata
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,

    /// Sorts the rows first; they are then held in memory
    #[arg(long)]
    sort: bool,

    /// Takes columns that are new or wider, and fills those that are missing with nulls
    #[arg(long)]
    pub(super) evolve: bool,

    /// How pages are compressed
    #[arg(long, value_enum)]
    compression: Option<CompressionArg>,

    #[command(flatten)]
    retention: RetentionArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CompressionArg {
    None,
    Snappy,
    Lz4,
    Zstd,
}

impl OptionArgs {
    /// The options for rows with the columns of `given`, if there are rows.
    pub(super) fn to_options(&self, dataset: &Dataset, given: Option<Arc<Schema>>) -> WriteOptions {
        let stored = dataset.snapshot().map(|snapshot| snapshot.settings.clone());
        let schema = given.or_else(|| dataset.schema());
        let column = |text: &String| columns::parse(text, schema.as_deref(), stored.as_ref());
        let mut options = WriteOptions::default().with_sort(self.sort).with_evolution(self.evolve);
        options.ordered_on = self.ordered_on.as_ref().map(column);
        options.row_group_target_size = self.row_group_target_size;
        options.compression = self.compression.map(Into::into);
        options.retention = self.retention.over(stored.as_ref());
        if self.duplicates_on_all {
            options = options.with_duplicates_on(Duplicates::AllColumns);
        } else if !self.duplicates_on.is_empty() {
            options = options.with_duplicates_on(Duplicates::on(self.duplicates_on.iter().map(column)));
        }
        if let Some(max) = self.max_n_off_target_rgs {
            options = options.with_max_n_off_target_rgs(max);
        }
        for (key, value) in &self.set {
            options = options.with_metadata(key, value);
        }
        self.unset.iter().fold(options, WriteOptions::without_metadata)
    }
}

impl From<CompressionArg> for Compression {
    fn from(compression: CompressionArg) -> Self {
        match compression {
            CompressionArg::None => Self::None,
            CompressionArg::Snappy => Self::Snappy,
            CompressionArg::Lz4 => Self::Lz4,
            CompressionArg::Zstd => Self::Zstd,
        }
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

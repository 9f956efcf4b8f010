//! Files that are not ours as tables of the engine.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::FileFormat as Format;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::SessionState;

use super::plain::plain_schema;
use crate::{Error, FileFormat, FileTable, Result};

/// A table of a file, a folder, a pattern or an address.
pub(super) async fn provider(name: &str, files: &FileTable, state: &SessionState) -> Result<Arc<dyn TableProvider>> {
    let refused = |reason: String| Error::InvalidTable { table: name.to_owned(), reason };
    let of = |error: datafusion::common::DataFusionError| refused(error.strip_backtrace());
    if let Some(path) = files.local_path().filter(|path| !is_pattern(path) && !path.exists()) {
        return Err(refused(format!("there is nothing at `{}`", path.display())));
    }
    let url = ListingTableUrl::parse(address(files)).map_err(of)?;
    let mut options = ListingOptions::new(format(files.format()));
    // Of a file or a pattern the name says what is read, whatever its ending.
    let ending = if url.is_collection() && url.get_glob().is_none() { files.format().name() } else { "" };
    options = options.with_file_extension(ending);
    let schema = if let Some(declared) = files.schema() {
        Arc::clone(declared)
    } else {
        let inferred = options.infer_schema(state, &url).await.map_err(of)?;
        if inferred.fields().is_empty() {
            let kind = files.format().name();
            return Err(refused(format!("there is no {kind} file with columns at `{}`", files.location())));
        }
        plain_schema(&inferred)
    };
    let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config).map_err(of)?))
}

fn format(of: FileFormat) -> Arc<dyn Format> {
    match of {
        FileFormat::Parquet => Arc::new(ParquetFormat::default()),
        FileFormat::Csv => Arc::new(CsvFormat::default().with_has_header(true)),
        FileFormat::Json => Arc::new(JsonFormat::default()),
    }
}

fn is_pattern(path: &std::path::Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// A folder's address ends with `/`.
fn address(files: &FileTable) -> String {
    let is_folder = files.local_path().is_some_and(|path| path.is_dir());
    let location = files.location();
    if is_folder && !location.ends_with('/') { format!("{location}/") } else { location.to_owned() }
}

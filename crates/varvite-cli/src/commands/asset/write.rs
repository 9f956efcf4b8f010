//! `varvite asset write ROOT ASSET INPUT...`

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use serde_json::json;
use varvite::asset::{
    AssetId, AssetInfo, AssetKind, AssetReport, AssetWrite, Catalog, Column, Error, LakeWrite, ModelSchema, Resolution,
    Span,
};
use varvite::time::Instant;

use super::name::{AssetName, name_of};
use super::options::{key_value, only, usage};
use super::{ASSET, Outcome, json, open_or_new};
use crate::error::{About, Error as CliError, Failure, Result};
use crate::input::{self, read_bytes};
use crate::output::format::bytes;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Writes rows of an asset: each interval that they lie in is replaced as a whole
///
/// INPUT is Parquet, CSV with a header line, an Arrow IPC file, JSON lines, or `-` for standard input. Several are read
/// one after the other. The first write registers the columns of the input; later ones are cast to those where nothing is
/// lost. Times without an offset are in UTC. Each partition is one commit. A name has one resolution, or is undated or a lake, unless --new says otherwise. Input
/// without rows is refused, unless --covering says which intervals have none.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite asset write catalog weather@1d day.csv --time ts --keys region
  varvite asset write catalog weather quiet.csv --covering 2024-01-01..2024-02-01
  varvite asset write catalog stations stations.csv --undated
  varvite asset write catalog exports export.zip --lake --date 2024-01-31

JSON: {\"root\", \"asset\", \"kind\", \"resolution\", \"version\", \"registered\", \"partitions\": [{\"keys\": {NAME: VALUE}, \"rows\", \
\"inserted\", \"deleted\", \"covered\": [{\"start\", \"end\"}], \"dataset_version\"}]}; with --lake \"date\", \"format\", \"bytes\" and \
\"path\" in place of \"registered\" and \"partitions\"")]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Args {
    /// The catalog's folder; it is made by the first write
    root: PathBuf,

    /// The asset, with its resolution and version where they are not clear: weather, weather@1d, weather@1d@v2
    #[arg(value_name = "ASSET")]
    asset: AssetName,

    /// Files with rows, `-` for standard input
    #[arg(value_name = "INPUT", required_unless_present = "covering")]
    inputs: Vec<PathBuf>,

    /// How long the intervals are: a count of s, m, h, d, w, M or y; a new asset needs it
    #[arg(long, value_name = "RESOLUTION")]
    resolution: Option<Resolution>,

    /// The column that says when a row is; a new asset needs it
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,

    /// The version of the columns. Default: the newest that there is, else 1
    #[arg(long, value_name = "N")]
    version: Option<u32>,

    /// Columns of a new asset by whose values it is partitioned
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    keys: Vec<String>,

    /// All intervals of this stretch are written, also those without rows
    #[arg(long, value_name = "START..END", allow_hyphen_values = true)]
    covering: Option<Span>,

    /// Only this partition is written: needed for one without rows
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    partition: Vec<(String, String)>,

    /// Adds the rows to those that are there; rows that equal each other are kept once
    #[arg(long)]
    merge: bool,

    /// Makes another asset of the name: of another resolution or kind than the one that is there
    #[arg(long)]
    new: bool,

    /// Rows without dates, which replace all that are there
    #[arg(long, conflicts_with_all = ["lake", "resolution", "time", "keys", "covering", "partition", "merge"])]
    undated: bool,

    /// A file as it is, dated
    #[arg(long, requires = "date", conflicts_with_all = ["resolution", "time", "keys", "covering", "partition", "merge"])]
    lake: bool,

    /// The date of a file
    #[arg(long, value_name = "TIME", requires = "lake")]
    date: Option<Instant>,

    /// The ending of a dated file, where its name does not say it
    #[arg(long, value_name = "ENDING", requires = "lake")]
    format: Option<String>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.asset.to_string();
    if let Some(date) = args.date {
        args.put(date, as_json).about_write_to_a(ASSET, &shown)?;
    } else {
        let written = args.write(as_json).about_write_to_a(ASSET, &shown)?;
        written.tell(&args.root.display().to_string(), as_json)?;
    }
    Ok(Outcome::Done)
}

/// What was written, and to which version of an asset.
pub(super) struct Written {
    pub(super) id: AssetId,
    pub(super) version: u32,
    pub(super) report: AssetReport,
    /// The columns that were registered, if they were.
    pub(super) columns: Vec<Column>,
}

impl Written {
    pub(super) fn tell(&self, root: &str, as_json: bool) -> Result<()> {
        if as_json {
            return print_json(&json::report(root, &self.id, self.version, &self.report));
        }
        let column = |column: &Column| format!("{} {}", column.name, column.data_type);
        let columns = self.columns.iter().map(column).collect::<Vec<_>>().join(", ");
        let columns = if columns.is_empty() { columns } else { format!("\n  columns: {columns}") };
        print(&format!("{}{columns}", self.report))
    }
}

impl Args {
    fn write(&self, as_json: bool) -> Result<Written> {
        let catalog = open_or_new(&self.root)?;
        let named = self.named(&catalog)?;
        let kind = self.kind(&named)?;
        let (id, version) = (AssetId::new(&self.asset.name, kind), self.version(kind, &named)?);
        self.refuse_another(&id, &named)?;
        let known = match catalog.schema_of(&id, version) {
            Ok(schema) => Some(schema.to_model(resolution_of(kind))?),
            Err(Error::AssetNotFound { .. } | Error::VersionNotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let progress = Progress::start("reading", None, as_json);
        let (given, rows) = self.rows(known.as_ref(), &progress)?;
        drop(progress);
        if rows.iter().all(|batch| batch.num_rows() == 0) && self.covering.is_none() && !self.undated {
            return Err(CliError::NoRows.into());
        }
        let schema = match known {
            Some(known) => self.agreeing(known)?,
            None => self.new_schema(kind, version, given.as_deref())?,
        };
        let report = if self.undated {
            catalog.replace_batches(&schema, &rows)
        } else {
            catalog.write_batches(&schema, &rows, &self.how())
        }
        .map_err(|error| self.placed(error))?;
        let columns = if report.registered { schema.columns } else { Vec::new() };
        Ok(Written { id, version, report, columns })
    }

    /// The rows, and their columns if there is an input.
    fn rows(&self, known: Option<&ModelSchema>, progress: &Progress) -> Result<(Option<SchemaRef>, Vec<RecordBatch>)> {
        if self.inputs.is_empty() {
            return Ok((None, Vec::new()));
        }
        let meant = known.map(ModelSchema::arrow);
        let reader = input::open(&self.inputs, meant.as_ref(), false)?;
        let (schema, rows) = input::collect(progress.count(reader))?;
        if known.is_none() {
            self.check_times(&schema)?;
        }
        Ok((Some(schema), rows))
    }

    /// An error of a row says where in the file it is, where there is one file.
    fn placed(&self, error: Error) -> Failure {
        let (Error::Decode { column, row, place, reason, .. }, [input]) = (&error, &self.inputs[..]) else {
            return error.into();
        };
        if place != "the rows given" || input.as_os_str() == "-" {
            return error.into();
        }
        let (column, reason, path) = (column.clone(), reason.clone(), input.display().to_string());
        match input::place_of(input, *row) {
            Some(place) => CliError::Cell { path, column, place, reason }.into(),
            None => error.into(),
        }
    }

    /// One cell that is no time makes its column one of strings: says which.
    fn check_times(&self, given: &Schema) -> Result<()> {
        let Some(Ok(time)) = self.time.as_ref().map(|name| given.field_with_name(name)) else { return Ok(()) };
        let files: Vec<PathBuf> = self.inputs.iter().filter(|input| input.as_os_str() != "-").cloned().collect();
        if files.is_empty() || *time.data_type() != DataType::Utf8 {
            return Ok(());
        }
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let meant = Arc::new(Schema::new(vec![time.clone().with_data_type(instant)]));
        input::collect(input::open(&files, Some(&meant), false)?).map(drop)
    }

    fn how(&self) -> AssetWrite {
        let mut how = if self.merge { AssetWrite::merge() } else { AssetWrite::replace() };
        how.covering = self.covering;
        self.partition.iter().fold(how, |how, (name, value)| how.partition(name, value))
    }

    /// The assets that there are of the name.
    fn named(&self, catalog: &Catalog) -> Result<Vec<AssetInfo>> {
        match catalog.describe(&self.asset.name) {
            Err(Error::AssetNotFound { .. }) => Ok(Vec::new()),
            found => Ok(found?),
        }
    }

    /// A slip of the name makes no second asset.
    fn refuse_another(&self, id: &AssetId, named: &[AssetInfo]) -> Result<()> {
        if self.new || named.is_empty() || named.iter().any(|info| info.id() == *id) {
            return Ok(());
        }
        let asset = id
            .resolution
            .as_ref()
            .map_or_else(|| format!("{} ({})", id.name, id.kind), |resolution| format!("{}@{resolution}", id.name));
        let known = named.iter().map(name_of).collect::<Vec<_>>().join(" or ");
        Err(CliError::OtherAsset { asset, known }.into())
    }

    fn kind(&self, named: &[AssetInfo]) -> Result<AssetKind> {
        if self.undated {
            return Ok(AssetKind::Persistent);
        }
        let said = match (self.asset.resolution, self.resolution) {
            (Some(name), Some(option)) if name != option => {
                return Err(usage(format!("`{}` is of another resolution than --resolution {option}", self.asset)));
            }
            (name, option) => name.or(option),
        };
        if let Some(resolution) = said {
            return Ok(AssetKind::Feature { resolution });
        }
        let known = named.iter().filter_map(|info| info.resolution.as_deref()).map(str::parse);
        let known: Vec<Resolution> = known.collect::<std::result::Result<_, Error>>()?;
        match known[..] {
            [resolution] => Ok(AssetKind::Feature { resolution }),
            [] if !named.is_empty() && !self.new => {
                let known = named.iter().map(name_of).collect::<Vec<_>>().join(" or ");
                Err(CliError::OtherAsset { asset: format!("{} (feature)", self.asset), known }.into())
            }
            [] => {
                let needs = usage("a new asset needs --resolution, or --undated for rows without dates");
                Err(needs.with_help(self.asset.slip()))
            }
            _ => {
                let names: Vec<String> = known.iter().map(|known| format!("{}@{known}", self.asset.name)).collect();
                Err(usage(format!("`{}` is several assets: name one, {}", self.asset.name, names.join(" or "))))
            }
        }
    }

    fn version(&self, kind: AssetKind, named: &[AssetInfo]) -> Result<u32> {
        match (self.asset.version, self.version) {
            (Some(name), Some(option)) if name != option => {
                return Err(usage(format!("`{}` is of another version than --version {option}", self.asset)));
            }
            (None, None) => {}
            (name, option) => return Ok(name.or(option).unwrap_or(1)),
        }
        let kind = AssetId::new(&self.asset.name, kind).kind;
        let versions = named.iter().filter(|info| info.kind == kind).flat_map(|info| &info.versions);
        Ok(versions.map(|info| info.version).max().unwrap_or(1))
    }

    /// The columns as they are registered, if what was said agrees with them.
    fn agreeing(&self, known: ModelSchema) -> Result<ModelSchema> {
        if self.time.is_some() && self.time != known.time {
            let time = known.time.unwrap_or_default();
            return Err(usage(format!("the time column is `{time}`: leave --time out, or write a new version")));
        }
        if !self.keys.is_empty() && self.keys != known.keys {
            let keys = if known.keys.is_empty() { "there are none".to_owned() } else { known.keys.join(", ") };
            return Err(usage(format!(
                "the partition keys are fixed ({keys}): leave --keys out, or write a new version"
            )));
        }
        Ok(known)
    }

    /// The columns of the input, to be registered.
    fn new_schema(&self, kind: AssetKind, version: u32, given: Option<&Schema>) -> Result<ModelSchema> {
        let Some(given) = given else {
            return Err(usage("a new asset needs an INPUT: its columns are registered"));
        };
        if !self.undated && self.time.is_none() {
            let names: Vec<&str> = given.fields().iter().map(|field| field.name().as_str()).collect();
            return Err(usage(format!("a new asset needs --time: one of the columns {}", names.join(", "))));
        }
        let named = self.time.iter().chain(&self.keys);
        let mut names = HashSet::new();
        if let Some(twice) = named.clone().find(|name| !names.insert(*name)) {
            return Err(usage(format!("the column `{twice}` is named twice by --time and --keys")));
        }
        for name in named.clone() {
            if given.column_with_name(name).is_none() {
                let names: Vec<&str> = given.fields().iter().map(|field| field.name().as_str()).collect();
                return Err(usage(format!("there is no column `{name}`: there are {}", names.join(", "))));
            }
        }
        let column = |field: &arrow::datatypes::FieldRef| {
            let nullable = field.is_nullable() && !named.clone().any(|name| name == field.name());
            Column::new(field.name(), field.data_type().clone(), nullable)
        };
        Ok(ModelSchema {
            asset: self.asset.name.clone(),
            kind,
            version,
            time: self.time.clone(),
            keys: self.keys.clone(),
            columns: given.fields().iter().map(column).collect(),
        })
    }

    /// Stores a file as it is.
    fn put(&self, date: Instant, as_json: bool) -> Result<()> {
        let input = only(&self.inputs, "--lake")?;
        let ending = input.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
        let Some(format) = self.format.clone().or(ending) else {
            return Err(usage(format!("the ending of `{}` is not clear: say --format", input.display())));
        };
        let catalog = open_or_new(&self.root)?;
        let named = self.named(&catalog)?;
        let id = AssetId::new(&self.asset.name, AssetKind::Lake);
        self.refuse_another(&id, &named)?;
        let version = self.version(AssetKind::Lake, &named)?;
        let file = LakeWrite::new(&self.asset.name, date, format).with_version(version);
        let entry = catalog.put(&file, read_bytes(input)?)?;
        if as_json {
            let facts = json!({"root": self.root, "date": entry.date.to_string(), "format": entry.format,
                "bytes": entry.bytes, "path": entry.path.to_string()});
            return print_json(&json::of_asset(&id, version, facts));
        }
        print(&format!("{} (lake) v{}: {} ({})", self.asset.name, file.version, entry.path, bytes(entry.bytes)))
    }
}

fn resolution_of(kind: AssetKind) -> Option<Resolution> {
    match kind {
        AssetKind::Feature { resolution } => Some(resolution),
        AssetKind::Lake | AssetKind::Persistent => None,
    }
}

//! `read`: all rows of a version, through a scan, into a Parquet file.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use parquet::arrow::ArrowWriter;
use varvite_dataset::ScanOptions;

use crate::OneVersion;
use crate::exit::Failure;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    one: OneVersion,
    /// The file to write.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut scan = arguments.one.open()?.scan(&ScanOptions::default())?;
    let mut writer = ArrowWriter::try_new(File::create(&arguments.out)?, scan.schema(), None)?;
    while let Some(batch) = scan.next_batch()? {
        writer.write(&batch)?;
    }
    writer.close()?;
    Ok(())
}

//! [`Failure`]: an error and the exit code that tells its kind.

use std::io::Write;
use std::process::ExitCode;

use varvite_dataset::Error;

/// Damage was detected.
const DAMAGE: u8 = 3;
/// There is no such dataset or version, or the version expired.
const GONE: u8 = 4;
/// Other writers were faster for too long.
const CONFLICT: u8 = 5;
/// The storage failed: a full disk, an I/O error, a missing permission.
const STORAGE: u8 = 6;
/// An unsafe key, path or link, or an unsupported format.
const REFUSED: u8 = 7;
/// Wrong usage.
const USAGE: u8 = 2;

/// Why a command did not work.
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    pub(crate) fn damage(message: impl Into<String>) -> Self {
        Self { code: DAMAGE, message: message.into() }
    }

    pub(crate) fn gone(message: impl Into<String>) -> Self {
        Self { code: GONE, message: message.into() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into() }
    }

    /// Prints the message; the code to exit with.
    pub(crate) fn report(&self) -> ExitCode {
        // Standard error may be what fails.
        let _ = writeln!(std::io::stderr(), "error: {}", self.message);
        ExitCode::from(self.code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: of_dataset(&error), message: chain(&error) }
    }
}

impl From<varvite_store::Error> for Failure {
    fn from(error: varvite_store::Error) -> Self {
        use varvite_store::Error as E;
        let code = match &error {
            E::Dataset { source, .. } => of_dataset(source),
            E::Storage { source, .. } => of_storage(source),
            E::Corrupt { .. } => DAMAGE,
            E::NotFound { .. } => GONE,
            _ => REFUSED,
        };
        Self { code, message: chain(&error) }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self { code: STORAGE, message: error.to_string() }
    }
}

impl From<parquet::errors::ParquetError> for Failure {
    /// Only the file that `read` makes is written without the engine.
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self { code: STORAGE, message: error.to_string() }
    }
}

impl From<arrow::error::ArrowError> for Failure {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self { code: DAMAGE, message: error.to_string() }
    }
}

fn of_dataset(error: &Error) -> u8 {
    match error {
        Error::Corrupt { .. } | Error::ResourceLimit { .. } | Error::Parquet { .. } | Error::Arrow { .. } => DAMAGE,
        Error::NotFound { .. } | Error::Dropped { .. } | Error::NoSuchVersion { .. } | Error::VersionExpired { .. } => {
            GONE
        }
        Error::Conflict { .. } => CONFLICT,
        Error::Storage { source, .. } => of_storage(source),
        Error::CommitUnknown { .. } => STORAGE,
        _ => REFUSED,
    }
}

fn of_storage(error: &varvite_storage::Error) -> u8 {
    use varvite_storage::Error as E;
    match error {
        E::NotFound { .. } | E::OutOfRange { .. } => DAMAGE,
        E::WrongKind { .. } | E::UnsafePath { .. } | E::UnsafeFilesystem { .. } => REFUSED,
        _ => STORAGE,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |message, cause| format!("{message}: {cause}"))
}

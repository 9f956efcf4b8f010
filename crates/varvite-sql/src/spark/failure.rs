//! [`Failures`]: what the server says, as errors of ours.

use spark_connect_core::error::SparkError;

use super::ENGINE;
use super::types::LOSSY;
use crate::Error;

/// How a server is started, for those who have none.
const HELP: &str = "Start one:\n  \
     pip install pyspark==4.2.1\n  \
     export SPARK_HOME=$(python3 -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__))')\n  \
     $SPARK_HOME/bin/spark-submit --class org.apache.spark.sql.connect.service.SparkConnectServer --master 'local[*]' \
     --conf spark.connect.grpc.binding.address=127.0.0.1 spark-internal";

/// What is known of a query when it fails.
pub(super) struct Failures {
    pub(super) address: String,
    pub(super) columns: Vec<String>,
}

impl Failures {
    /// The error of a server that is not there.
    pub(super) fn unavailable(address: &str, reason: &str) -> Error {
        let reason = format!("{address}: {reason}");
        Error::Unavailable { engine: ENGINE, reason, help: HELP.to_owned() }
    }

    /// An error of ours.
    pub(super) fn of(&self, error: SparkError) -> Error {
        const UNAVAILABLE: i32 = 14;
        if error.grpc_code == Some(UNAVAILABLE) {
            return Self::unavailable(&self.address, &error.get_message());
        }
        let message = error.get_message();
        let class = class(&message);
        let reason = || message.lines().next().unwrap_or_default().to_owned();
        match class {
            _ if message.contains(LOSSY) => {
                let at = message.find(LOSSY).map_or("", |at| &message[at + LOSSY.len()..]);
                let column = at.split(" SQLSTATE").next().unwrap_or_default();
                let what = format!("hold the nanoseconds of {column}");
                Error::Unsupported { engine: ENGINE, what }
            }
            "UNRESOLVED_COLUMN.WITH_SUGGESTION" | "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION" => {
                let column = message.split('`').nth(1).unwrap_or_default();
                Error::unknown_column(column, self.columns.iter().map(String::as_str))
            }
            "PARSE_SYNTAX_ERROR" => Error::Syntax { reason: reason() },
            "OPERATION_CANCELED" => Error::Cancelled,
            _ if message.contains("SQLSTATE: 42") || message.contains("SQLSTATE: 0A") => {
                Error::Refused { engine: ENGINE, reason: reason() }
            }
            _ => Error::Engine { engine: ENGINE, source: Box::new(error) },
        }
    }
}

/// The class of an error, with which its message begins: `[UNRESOLVED_COLUMN.WITH_SUGGESTION] ...`.
fn class(message: &str) -> &str {
    let inner = message.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    inner.map_or("", |(class, _)| class)
}

//! Functions whose answers depend on when or where they are asked, and functions that reach out of a query.

use sqlparser::ast::{Expr, Function, FunctionArguments, ObjectName, Value};

/// The time of asking, in any of the engines' spellings.
const CLOCKS: [&str; 22] = [
    "now",
    "today",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "current_localtime",
    "current_localtimestamp",
    "get_current_time",
    "get_current_timestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "clock_timestamp",
    "timeofday",
    "curdate",
    "curtime",
    "getdate",
    "sysdate",
    "systimestamp",
    "utc_timestamp",
    "current_timezone",
];

/// Clocks when called with so many arguments; plain functions with more.
const CLOCKS_OF: [(&str, usize); 2] = [("unix_timestamp", 0), ("age", 1)];

/// Text that a cast to a time takes for the time of asking.
const CLOCK_TEXTS: [&str; 4] = ["now", "today", "tomorrow", "yesterday"];

/// Another answer each time, or for each way of running.
const CHANCE: [&str; 25] = [
    "random",
    "rand",
    "randn",
    "randstr",
    "uniform",
    "shuffle",
    "setseed",
    "uuid",
    "uuid_string",
    "uuidv4",
    "uuidv7",
    "gen_random_uuid",
    "newid",
    "txid_current",
    "pg_backend_pid",
    "monotonically_increasing_id",
    "spark_partition_id",
    "current_user",
    "session_user",
    "user",
    "current_role",
    "current_schema",
    "current_schemas",
    "current_database",
    "current_catalog",
];

/// Code, files, the environment and other queries.
const REACHING: [&str; 31] = [
    "reflect",
    "try_reflect",
    "java_method",
    "getenv",
    "getvariable",
    "current_setting",
    "set_config",
    "current_query",
    "query",
    "query_table",
    "nextval",
    "currval",
    "lastval",
    "write_log",
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_parquet",
    "read_text",
    "read_blob",
    "parquet_scan",
    "glob",
    "sniff_csv",
    "input_file_name",
    "input_file_block_start",
    "input_file_block_length",
    "pg_read_file",
    "lo_import",
    "lo_export",
    "dblink",
];

/// The function's own name, without the schema before it and whatever its case.
fn own_name(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_lowercase()).unwrap_or_default()
}

/// The name of a function that reaches out of the query.
pub(super) fn reaching(function: &Function) -> Option<String> {
    let name = own_name(&function.name);
    (REACHING.contains(&name.as_str()) || name.starts_with("ai_") || name.starts_with("http_")).then_some(name)
}

/// How an expression is written that answers otherwise when it is asked again.
pub(super) fn volatile(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Function(function) => {
            let name = own_name(&function.name);
            let is_volatile = CLOCKS.contains(&name.as_str())
                || CHANCE.contains(&name.as_str())
                || CLOCKS_OF.contains(&(name.as_str(), num_args(&function.args)));
            let sign = if matches!(function.args, FunctionArguments::None) { "" } else { "()" };
            is_volatile.then(|| format!("{name}{sign}"))
        }
        Expr::TypedString(typed) => clock_text(&typed.value.value),
        Expr::Cast { expr, .. } => match expr.as_ref() {
            Expr::Value(value) => clock_text(&value.value),
            _ => None,
        },
        Expr::Identifier(name) if name.quote_style.is_none() => {
            let name = name.value.to_lowercase();
            (name.starts_with("current_") && (CLOCKS.contains(&name.as_str()) || CHANCE.contains(&name.as_str())))
                .then_some(name)
        }
        _ => None,
    }
}

fn clock_text(value: &Value) -> Option<String> {
    let Value::SingleQuotedString(text) = value else { return None };
    CLOCK_TEXTS.contains(&text.trim().to_lowercase().as_str()).then(|| format!("'{text}' as a time"))
}

fn num_args(args: &FunctionArguments) -> usize {
    match args {
        FunctionArguments::None => 0,
        FunctionArguments::Subquery(_) => 1,
        FunctionArguments::List(list) => list.args.len(),
    }
}

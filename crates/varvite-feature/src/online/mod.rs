//! Online values: the newest row of each key, looked up in microseconds.
//!
//! An [`OnlineStore`] is one file beside the histories. [`OnlineStore::materialize`] brings the newest rows of a group
//! into it, by commits, so that late rows are not passed over (S16). An [`OnlineLookup`] is prepared once and asked often;
//! it gives values with a [`ValueStatus`] and the time that they are from. At any time it answers what a read of the
//! history as of that time would, provided the history is materialized up to it (S15).
//!
//! # What is deliberately absent
//! - Older rows: as soon as a newer row is materialized, times before it are answered with
//!   [`NotFound`](ValueStatus::NotFound), never with a value of the future.
//! - Several processes that write one file: whoever serves also materializes.

mod database;
mod key;
mod lookup;
mod materialize;
mod row;
mod state;
mod status;
mod store;
mod times;
mod value;
mod view;

pub use key::KeyPart;
pub use lookup::{LookupOptions, OnlineColumn, OnlineLookup, OnlineScalar, OnlineValue, ValueStatus};
pub use materialize::{DEFAULT_CHUNK_ROWS, MaterializeOptions, MaterializeProgress, MaterializeReport, Rebuild};
pub use status::GroupStatus;
pub use store::OnlineStore;

/// Writes an instant as RFC 3339.
#[allow(clippy::ref_option, reason = "the form that serde asks for")]
fn as_text<S: serde::Serializer>(instant: &Option<varvite_time::Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => serializer.collect_str(instant),
        None => serializer.serialize_none(),
    }
}

//! The suite of every engine, on `DataFusion`.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::num::NonZeroUsize;

use varvite_sql::DataFusionExecutor;

#[test]
fn datafusion_answers_as_every_engine() {
    let executor = DataFusionExecutor::try_new().unwrap();
    suite::suite(&executor);
    for partitions in [1, 3] {
        suite::suite(&executor.clone().with_partitions(NonZeroUsize::new(partitions).unwrap()));
    }
}

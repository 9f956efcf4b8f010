//! The repository's pages, so that `cargo test --doc` compiles and runs every Rust block in them.

#[cfg(feature = "flow")]
#[doc = include_str!("../../../README.md")]
mod readme {}

#[doc = include_str!("../../../docs/format.md")]
mod format {}

#[doc = include_str!("../../../docs/guide/01-keys-and-stores.md")]
mod keys_and_stores {}

#[doc = include_str!("../../../docs/guide/02-writing-late-and-corrected-rows.md")]
mod writing_late_and_corrected_rows {}

#[doc = include_str!("../../../docs/guide/03-reading.md")]
mod reading {}

#[doc = include_str!("../../../docs/guide/04-walking-several-datasets.md")]
mod walking_several_datasets {}

#[doc = include_str!("../../../docs/guide/05-when-something-goes-wrong.md")]
mod when_something_goes_wrong {}

#[doc = include_str!("../../../docs/guide/06-changing-and-going-back.md")]
mod changing_and_going_back {}

#[cfg(feature = "online")]
#[doc = include_str!("../../../docs/guide/07-a-training-set-that-does-not-leak.md")]
mod a_training_set_that_does_not_leak {}

#[cfg(feature = "online")]
#[doc = include_str!("../../../docs/guide/08-late-data.md")]
mod late_data {}

#[cfg(feature = "online")]
#[doc = include_str!("../../../docs/guide/09-from-batch-to-online.md")]
mod from_batch_to_online {}

#[cfg(feature = "asset")]
#[doc = include_str!("../../../docs/guide/10-asset-collections.md")]
mod asset_collections {}

#[cfg(feature = "flow")]
#[doc = include_str!("../../../docs/guide/11-features-as-functions.md")]
mod features_as_functions {}

#[cfg(feature = "flow")]
#[doc = include_str!("../../../docs/guide/12-fit-stream-online.md")]
mod fit_stream_online {}

#[cfg(all(feature = "asset", feature = "online", feature = "text-files"))]
#[doc = include_str!("../../../docs/guide/13-streams-that-resume.md")]
mod streams_that_resume {}

#[cfg(feature = "sql")]
#[doc = include_str!("../../../docs/guide/14-features-without-copies.md")]
mod features_without_copies {}
